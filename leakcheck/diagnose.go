package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// diagnose names what the leaks are consistent with: the fingerprint is which
// ways leak, whether upstreams do, and whether they come back late.
func (j *judge) diagnose() {
	if j.leaked == 0 && j.stuck == 0 {
		return
	}
	seen := j.seen(j.split())
	if seen.only(loadgen.Vanish, loadgen.Stall) && seen.sweepable() && j.findUnswept() {
		seen = seen.without(loadgen.Vanish)
		if len(seen.leaking) == 0 {
			return
		}
	}
	if !j.certain(seen) {
		j.tell(seen, fingerprints[len(fingerprints)-1])
		return
	}
	if seen.alsoOverstay() {
		j.name(seen.with(loadgen.Overstay))
		seen = seen.without(loadgen.Overstay)
	}
	if seen.alsoComplete() {
		j.name(seen.with(loadgen.Complete))
		seen = seen.without(loadgen.Complete)
		seen.completes = false
	}
	j.name(seen)
}

// seen is the fingerprint of some ways that leak and some that do not.
func (j *judge) seen(leaking, clean []loadgen.Disconnect) fingerprint {
	upstreamsGone, goOn := j.cancelled(leaking)
	return fingerprint{
		leaking: leaking, clean: clean,
		sessions: j.leaked, late: j.leaked == j.late, few: j.few(leaking), part: j.part(leaking),
		trickling: j.trickling(), stepwise: j.stepwise(), inLine: j.inLine(),
		completes: slices.Contains(leaking, loadgen.Complete),
		completed: slices.Contains(clean, loadgen.Complete),
		beaten:    j.beaten(), due: j.due(), ended: j.ended(), warmedUp: j.warmedUp(), more: j.more(),
		upstreams: j.knows(Upstreams), upstreamsGone: upstreamsGone, goOn: goOn,
		took: j.e.Took, heartbeat: j.heartbeat(), patient: j.patient(), silent: j.silence(leaking), hangups: hangups(leaking, clean),
		some: j.some(), written: j.written(leaking), sockets: j.sockets(),
	}
}

// certain tells whether a fingerprint says the same whatever the ways do of which other
// clients let nobody tell: of what leaks among them the first that was seen may be a part.
func (j *judge) certain(seen fingerprint) bool {
	unclear := j.unclear()
	if j.byID || j.leaked == 0 || len(seen.leaking) == 0 {
		return true
	}
	for some := range 1 << len(unclear) {
		f := seen
		f.leaking, f.clean = slices.Clone(seen.leaking), slices.Clone(seen.clean)
		for i, d := range unclear {
			if some&(1<<i) != 0 {
				f.leaking = append(f.leaking, d)
			} else {
				f.clean = append(f.clean, d)
			}
		}
		f.completes, f.completed = slices.Contains(f.leaking, loadgen.Complete), slices.Contains(f.clean, loadgen.Complete)
		f.hangups = hangups(f.leaking, f.clean)
		same := f.alsoOverstay() == seen.alsoOverstay() && f.alsoComplete() == seen.alsoComplete()
		if !same || f.known().finding.Code != seen.known().finding.Code {
			return false
		}
	}
	return true
}

// name finds what a fingerprint is known for.
func (j *judge) name(seen fingerprint) { j.tell(seen, seen.known()) }

// tell finds what a known fingerprint says of one that was seen.
func (j *judge) tell(seen fingerprint, as known) {
	f := as.finding
	f.Severity, f.Evidence = SeverityError, j.leakEvidence(seen.leaking)+as.told(seen)
	if f.Code != NoUpstreamCancel {
		f.Disconnects = seen.leaking
	}
	if f.Code == Leak && len(seen.more) > 0 {
		f.Hint += "; to learn which defence is missing, " + listed(seen.more)
	}
	j.find(f)
}

// part tells whether more sessions came back in time than stayed, of those that left in the
// ways that leak.
func (j *judge) part(leaking []loadgen.Disconnect) bool {
	balance := 0
	for _, row := range j.report.Disconnects {
		if slices.Contains(leaking, row.Name) {
			balance += row.Reclaimed - row.Leaked
		}
	}
	return balance > 0
}

// few tells whether no more than one session of ten stayed past its window, of those
// that left in the ways that leak.
func (j *judge) few(leaking []loadgen.Disconnect) bool {
	left := 0
	for _, row := range j.report.Disconnects {
		if slices.Contains(leaking, row.Name) {
			left += row.Left
		}
	}
	return j.leaked*10 <= left
}

// trickling tells whether a good part of the sessions that stayed came back while they
// were watched: a queue that others fill too may not empty at all.
func (j *judge) trickling() bool { return j.late >= 10 && 10*j.late >= j.leaked }

// stepwise tells whether the late sessions of each wave came back in a few steps, as a
// sweep takes them, or all at one age, as a timeout does.
func (j *judge) stepwise() bool {
	tracks := j.tracks(Sessions)
	if !j.byID {
		return !sum(tracks).queued(j.e)
	}
	steps, waves := map[time.Duration]bool{}, map[int]bool{}
	var youngest, oldest time.Duration
	for _, r := range j.e.Records {
		s := sighted(tracks, r.N)
		if !gone(r) || s.Gone == 0 || s.Last-r.Ended <= j.e.window(r) {
			continue
		}
		steps[s.Gone], waves[j.e.waveOf(r)] = true, true
		age := s.Gone - r.Connected
		if len(steps) == 1 && oldest == 0 {
			youngest = age
		}
		youngest, oldest = min(youngest, age), max(oldest, age)
	}
	return len(steps) <= maxSteps*len(waves) || oldest-youngest < alike
}

// waveOf is the number of the wave in which a stream opened.
func (e *Evidence) waveOf(r loadgen.Record) int {
	waves := e.waves()
	for i := len(waves) - 1; i > 0; i-- {
		if r.N >= waves[i].First {
			return i
		}
	}
	return 0
}

// findUnswept finds sessions that were listed after the sweep that should have
// taken them, because their clients had vanished. It tells whether there are any.
func (j *judge) findUnswept() bool {
	swept := j.e.limits().swept()
	if swept == 0 {
		return false
	}
	n := j.unswept(swept)
	if n == 0 {
		return false
	}
	j.find(Finding{
		Code: SweepNever, Severity: SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Vanish},
		Summary:  "sessions of clients that vanished outlive the server's sweeps: consistent with heartbeats that count as activity although nobody acknowledges them",
		Evidence: fmt.Sprintf("%s listed more than %s after the client had vanished: idle timeout, a sweep's period and %s", count(n, "session"), seconds(swept), seconds(slackKnown)),
		Hint:     "take as activity only what comes from the client: a pong, or bytes that its kernel acknowledged; and bound how long a write may stay unacknowledged (TCP_USER_TIMEOUT)",
	})
	return true
}

// unswept is how many sessions of clients that vanished were there for longer than that
// after they had.
func (j *judge) unswept(swept time.Duration) int {
	tracks := j.tracks(Sessions)
	n := 0
	if !j.byID {
		for _, i := range j.e.turns()[loadgen.Vanish] {
			if b := sum(tracks).ebb(j.e, i); j.e.waves()[i].Until-lastLeft(j.e.inWave(i)) > swept && !b.doubtful {
				n += b.leaked - b.late
			}
		}
		return n
	}
	for _, r := range j.e.Records {
		if gone(r) && way(r) == loadgen.Vanish && sighted(tracks, r.N).Last-r.Ended > swept {
			n++
		}
	}
	return n
}

// beaten tells whether heartbeats came over the streams that vanished, before they
// did, or so much else for most of their time that none was due.
func (j *judge) beaten() bool {
	return slices.ContainsFunc(j.e.Records, func(r loadgen.Record) bool {
		return way(r) == loadgen.Vanish && (r.Comments > 0 || 2*(r.Heard-r.FirstEvent) > r.Ended-r.FirstEvent)
	})
}

// maxSteps is how many moments a sweep has in the time that a wave is watched.
const maxSteps = 3

// split parts the ways that were judged into those that leak and those that do
// not.
func (j *judge) split() (leaking, clean []loadgen.Disconnect) {
	for _, row := range j.report.Disconnects {
		switch {
		case row.Leaked > 0:
			leaking = append(leaking, row.Name)
		case row.Reclaimed > 0:
			clean = append(clean, row.Name)
		}
	}
	return leaking, clean
}

// knows tells whether a role was looked at, by probes that saw the streams.
func (j *judge) knows(r Role) bool { return len(j.tracks(r)) > 0 && !j.blind[r] }

func (j *judge) leakEvidence(leaking []loadgen.Disconnect) string {
	left, others := 0, 0
	for _, row := range j.report.Disconnects {
		left += row.Left
		if !slices.Contains(leaking, row.Name) {
			others += row.Leaked
		}
	}
	text := fmt.Sprintf("%s of %s past the window", thousands(j.leaked-others), count(left, "session"))
	if j.leaked > left { // by their number alone
		text = fmt.Sprintf("%s past the window: of %s that left, and of controls that ended or streams that broke", count(j.leaked, "session"), count(left, "stream"))
	}
	if j.late > 0 {
		text += fmt.Sprintf(", %s of them back in the end", thousands(j.late))
	}
	if len(leaking) > 0 {
		text += "; left by " + ways(leaking)
	}
	if j.knows(Upstreams) {
		text += fmt.Sprintf("; %s past the window", count(j.stuck, "upstream"))
	}
	if c := sum(j.tracks(Sessions)); !j.byID && j.leaked > 0 && c.neverFell() {
		text += "; the count never fell, as a total never does"
	}
	if _, clean := j.split(); j.warmedUp() && !slices.ContainsFunc(clean, loses) {
		text += fmt.Sprintf("; the %s of the warm-up, whose streams closed, came back", count(j.e.WarmUpReturned, "session"))
	}
	if j.e.WarmUpStayed > 0 {
		text += fmt.Sprintf("; %s of the warm-up stayed already", thousands(j.e.WarmUpStayed))
	}
	return text
}

// neverFell tells whether no reading was below the one before.
func (c curve) neverFell() bool {
	return slices.IsSortedFunc(c.readings, func(a, b Reading) int { return cmp.Compare(a.Count, b.Count) })
}
