package leakcheck

import (
	"fmt"
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// probes finds readings on which no verdict can stand: a probe that did not
// rise with the streams, that ended below where it began, or that did not
// answer when it mattered.
func (j *judge) probes() {
	if j.e.Crashed != 0 || len(j.e.Records) == 0 {
		return
	}
	for _, role := range Roles() {
		tracks := j.tracks(role)
		if len(tracks) == 0 || !role.PerStream() {
			continue
		}
		j.silent(tracks)
		switch {
		case j.belowZero(role):
			j.wrong(role, tracks)
		case role == Sessions && j.byID:
			j.blindToIDs(tracks)
		default:
			j.blindToCount(role, tracks)
		}
	}
}

// failingTooLong is how many readings in a row may fail at the end of a run.
const failingTooLong = 3

func (j *judge) silent(tracks []Track) {
	for _, t := range tracks {
		if t.Failing < failingTooLong || j.belowZero(t.Role) {
			continue
		}
		j.find(Finding{
			Code: ProbeFailed, Severity: SeverityError, Role: t.Role,
			Summary:  fmt.Sprintf("probe %s stopped answering: nothing is known of what came then", t.Name),
			Evidence: fmt.Sprintf("%s failed in a row, the last with: %s", count(t.Failing, "reading"), t.LastError),
			Hint:     "give the probe a port or a thread of its own, so that it answers under load",
		})
	}
}

// belowZero tells whether a count of a role was below zero, more often than by a mishap.
func (j *judge) belowZero(role Role) bool {
	return slices.ContainsFunc(j.tracks(role), func(t Track) bool { return t.BelowZero >= failingTooLong })
}

// countTheMap is what helps where a counter is wrong.
const countTheMap = "count what the session map holds in place of a counter of its own, or give a probe that lists ids"

// wrong finds a count that went below zero: nothing that it says decides anything.
func (j *judge) wrong(role Role, tracks []Track) {
	j.blind[role] = true
	below, of, last := 0, 0, ""
	for _, t := range tracks {
		below, of = below+t.BelowZero, of+t.Failures
		if t.BelowZero > 0 {
			last = t.LastError
		}
	}
	j.find(Finding{
		Code: CounterWrong, Severity: SeverityError, Role: role,
		Summary:  fmt.Sprintf("the count of %s went below zero: consistent with a counter that takes some ends off twice, and hides as many leaks", role),
		Evidence: fmt.Sprintf("%s below zero, of %s that failed; the last: %s", count(below, "reading"), thousands(of), last),
		Hint:     countTheMap,
	})
}

// blindToIDs holds the ids that were listed against the streams that opened, and
// against themselves: a list that changes its mind is one of several.
func (j *judge) blindToIDs(tracks []Track) {
	seen, opened, returned := 0, 0, 0
	for _, r := range j.e.Records {
		if r.Opened == 0 || r.Disconnect == loadgen.Early || r.Succeeds != "" { // these may go unlisted
			continue
		}
		opened++
		s := sighted(tracks, r.N)
		if s.First != 0 {
			seen++
		}
		if s.Returned && r.Disconnect != loadgen.Refresh { // its name may be its successor's by now
			returned++
		}
	}
	switch {
	case float64(seen) < enoughListed*float64(opened):
		j.isBlind(Sessions, j.unless("did not show enough of the streams: it looks at something else, at one of several workers, or too seldom"),
			fmt.Sprintf("of %s that opened it listed %s", count(opened, "stream"), thousands(seen)))
	case float64(returned) > (1-enoughSeen)*float64(opened):
		j.isBlind(Sessions, "changes its mind from one reading to the next: there are several workers behind its address",
			fmt.Sprintf("%s were listed, then not, and then again", count(returned, "session")))
	}
}

// blindToCount holds the rise of a count against the streams that were open at
// its plateau, and those against all that were open at once.
func (j *judge) blindToCount(role Role, tracks []Track) {
	c := sum(tracks)
	open, plateau, before := 0, 0, 0
	for _, t := range tracks {
		open = max(open, t.PlateauOpen)
		plateau += t.Plateau
		before += min(t.Before, t.Low)
	}
	most := mostLive(j.e.Records)
	saw := fmt.Sprintf("with %s open it read %s, %s before", count(open, "stream"), thousands(plateau), thousands(before))
	switch rise := float64(plateau - before); {
	case most == 0 && !slices.ContainsFunc(j.e.Records, gone): // there was nothing to see
	case most == 0:
		j.isBlind(role, "was not shown a single open stream: nobody knows whether it sees any",
			"every stream left before it had opened, and there were no controls")
	case j.twice(tracks):
		j.isBlind(role, "is a sum of places that each show all of the streams, and the same twice is no count", saw)
	case float64(open) < enoughOpened*float64(most):
		j.isBlind(role, j.unless("was not read while the streams were open"),
			fmt.Sprintf("%s %s open at once, %s at the best reading", count(most, "stream"), were(most), thousands(open)))
	case rise+float64(c.noise) < enoughListed*float64(open):
		j.isBlind(role, j.unless("did not rise with the streams: it looks at something else, or at one of several workers"), saw)
	case j.tooMuch(c, before):
		j.isBlind(role, "rose by more than the streams: it counts something else too, or the same twice", saw)
	default:
		j.settled(role, before)
	}
}

// unless is why a probe did not see the streams, unless they had ended before it could.
func (j *judge) unless(why string) string {
	if j.overAtOnce() {
		return overUnseen
	}
	return why
}

// overUnseen is why nobody could see streams that came to their end at once.
const overUnseen = "was not read while the streams were open: their answers ended at once"

// overAtOnce tells whether most of the streams came to their end by themselves before a
// count could be sure to show them.
func (j *judge) overAtOnce() bool {
	n, of := 0, 0
	for _, r := range j.e.Records {
		if r.Control() || r.Opened == 0 {
			continue
		}
		of++
		if r.End == loadgen.Completed && r.Ended-r.Opened < settleTime(j.e.Poll) {
			n++
		}
	}
	return 2*n > of
}

// twice tells whether more than one of the tracks that are summed rose by all of the
// streams: replicas would share them.
func (j *judge) twice(tracks []Track) bool {
	all := 0
	for _, t := range tracks {
		if t.PlateauOpen > 1 && float64(t.Plateau-min(t.Before, t.Low)) >= enoughListed*float64(t.PlateauOpen) {
			all++
		}
	}
	return all > 1
}

// tooMuch tells whether a count rose by more than the streams that had connected, before
// the first of them left: what comes later may be what others leave.
func (j *judge) tooMuch(c curve, before int) bool {
	first := firstEnded(j.e.Records)
	most, strangers := 0, 0
	for _, r := range c.readings {
		if first == 0 || r.At < first {
			most, strangers = max(most, r.Count), max(strangers, j.e.newStrangers(r.At))
		}
	}
	ours := 0
	for _, r := range j.e.Records {
		if r.Connected != 0 && (first == 0 || r.Connected <= first) {
			ours++
		}
	}
	return float64(most-before) > tooMuchSeen*float64(ours)+float64(2*c.noise+j.e.WarmUpStayed+strangers)
}

// tooMuchSeen is the rise, in streams that had ever connected, above which a
// count does not count streams.
const tooMuchSeen = 1.25

// settled finds what makes a count, which does show the streams, worth less than
// it seems.
func (j *judge) settled(role Role, before int) {
	j.miscounted(role, sum(j.tracks(role)))
	c := j.ofRun(role)
	n := c.others(j.e)
	if c.alone {
		before = c.baseline - c.noise
	}
	if end := c.last().Count; end < before-n.up-n.margin {
		j.find(Finding{
			Code: BelowBaseline, Severity: SeverityError, Role: role,
			Summary:  fmt.Sprintf("%s ended below where they began: other clients left during the run, or the count is wrong", role),
			Evidence: fmt.Sprintf("%s at the end, %s before", thousands(end), thousands(before)),
			Hint:     "run when nobody else does, or give a probe that lists ids",
		})
	}
	j.noises = append(j.noises, noiseOf{role, n, max(0, c.unclaimed(c.last(), j.e))})
}

// miscounted finds a count that is lower than the streams that are open: others
// can only add to it. The last ones may be slow to be counted, and a few are
// nobody's fault.
func (j *judge) miscounted(role Role, c curve) {
	last, open := c.last(), 0
	for _, r := range j.e.Records {
		if r.Live() && r.Opened < last.Sent {
			open++
		}
	}
	if role != Sessions || j.missing() > 0 || float64(last.Count) >= enoughSeen*float64(open) || j.report.Streams.Opened == 0 {
		return
	}
	j.find(Finding{
		Code: CounterWrong, Severity: SeverityError, Role: role,
		Summary:  "the count is lower than the streams that are open: consistent with a counter that takes some ends off twice, and hides as many leaks; or with live sessions that are removed",
		Evidence: fmt.Sprintf("%s at the end, with %s open", thousands(last.Count), count(open, "stream")),
		Hint:     countTheMap,
	})
}

// warmUp tells when the warm-up's sessions make a baseline that counts them
// worthless: they may go at any time, and a leak would hide in their place.
func (j *judge) warmUp() {
	if j.e.WarmUpStayed == 0 || j.byID || j.leaked > 0 || j.stuck > 0 || j.blind[Sessions] || j.e.Crashed != 0 || len(j.e.Records) == 0 {
		return // a leak says what stayed of the warm-up
	}
	role := Sessions
	if c := sum(j.tracks(Upstreams)); c.baseline-c.before == j.e.WarmUpStayed {
		if s := sum(j.tracks(Sessions)); s.baseline <= s.before {
			role = Upstreams
		}
	}
	j.find(Finding{
		Code: WarmUpStayed, Severity: SeverityError, Role: role,
		Summary:  fmt.Sprintf("%s of the warm-up stayed past the window: the count before the run is not to be trusted", role),
		Evidence: fmt.Sprintf("%s more than before the warm-up", count(j.e.WarmUpStayed, string(role[:len(role)-1]))),
		Hint:     "run when nobody else does, give a longer --window, or a probe that lists ids",
	})
}

// isBlind finds a probe that cannot be relied on: what it reads decides nothing.
func (j *judge) isBlind(role Role, why, evidence string) {
	j.blind[role] = true
	hint := "give the probe of the server that serves the streams, one --probe for each worker or replica; or hold longer, --hold"
	switch {
	case why == overUnseen:
		hint = j.liveLonger()
	case j.twice(j.tracks(role)):
		hint = "keep one of them, and give the others a role of their own: --probe descriptors=sockets"
	}
	j.find(Finding{
		Code: ProbeBlind, Severity: SeverityError, Role: role,
		Summary:  fmt.Sprintf("probe %s %s", role, why),
		Evidence: evidence,
		Hint:     hint,
	})
}
