package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// loss is a stream that was to stay and whose session was ended.
type loss struct {
	loadgen.Record
	// unlisted says that the stream is open at the client and its session is not
	// in the list.
	unlisted bool
}

func (l loss) String() string {
	if l.unlisted {
		return name(l.Record) + " was open at the client and not in the list"
	}
	return fmt.Sprintf("%s ended %s after it had opened: %s", name(l.Record), seconds(l.age()), how(l.Record))
}

func (l loss) age() time.Duration { return l.Ended - l.Connected }

// controls judges the streams that stay, the successors of refreshed ones among
// them. One counts as killed only while it was alive on our side: the server
// ended it before its timeout, or lists it no more although it is open.
func (j *judge) controls() {
	killed, successors, through := j.losses()
	switch {
	case j.mostOf(through) && inSweeps(through): // answers that are through are of one age
		killed = append(killed, through...)
	default:
		j.report.Controls.Ended = len(through)
	}
	if j.e.Server == nil && atOneAge(killed) {
		j.report.Controls.TimedOut += len(killed)
		killed = nil
	}
	if j.e.Crashed != 0 || j.e.Restarted != 0 || j.unreachable() != 0 || j.allCut(killed) {
		return
	}
	missing := j.missing()
	j.report.Controls.Killed = len(killed) + len(successors) + missing
	if swept := append(slices.Clone(killed), successors...); inSweeps(swept) {
		killed, successors = swept, nil
	}
	j.findKilled(killed)
	j.findSuccessors(successors)
	if missing > 0 && len(successors) == 0 {
		j.find(lostSuccessors(missing, fmt.Sprintf("%s fewer were counted than streams were open when the refreshed pages had come back", count(missing, "session"))))
	}
	j.sweepUnseen()
}

// losses parts the streams that were to stay and did not by what ended them:
// killed, successors that were, and those whose answer was through. What was
// kept, or reached the timeout, it counts.
func (j *judge) losses() (killed, successors, through []loss) {
	for _, r := range j.e.Records {
		if !r.Control() || r.Opened == 0 {
			continue
		}
		l := loss{Record: r, unlisted: j.unlisted(r)}
		switch {
		case r.Live() && !l.unlisted:
			j.kept(r)
		case r.End == loadgen.Failed || r.End == loadgen.Released:
		case !l.unlisted && j.timedOut(r):
			if r.Succeeds == "" {
				j.report.Controls.TimedOut++
			}
		case !l.unlisted && r.End == loadgen.Completed && !j.e.Endless:
			through = append(through, l)
		case r.Succeeds != "":
			successors = append(successors, l)
		default:
			killed = append(killed, l)
		}
	}
	return killed, successors, through
}

// allCut finds that everything that was open broke at one moment: a restart, or
// a proxy that went away, is no sweep.
func (j *judge) allCut(killed []loss) bool {
	if len(killed) == 0 {
		return false
	}
	at := killed[0].Ended
	open, cut := 0, 0
	for _, r := range j.e.Records {
		if r.Control() || r.Opened == 0 || r.Opened > at || (r.End != loadgen.Open && r.Ended < at-alike/2) {
			continue
		}
		open++
		if r.End == loadgen.Cut && r.Ended < at+alike/2 {
			cut++
		}
	}
	if open == 0 || float64(cut) < enoughSeen*float64(open) {
		return false
	}
	j.find(Finding{
		Code: ServerRestarted, Severity: SeverityError,
		Summary:  "everything that was open broke at one moment: the server was started again, or a proxy before it went away",
		Evidence: fmt.Sprintf("%s and %s, %s into the run", count(cut, "stream"), count(len(killed), "control"), seconds(at)),
		Hint:     "look for the server's last words, and run again",
	})
	return true
}

// kept counts a control that is open and listed; a successor is none of those
// that were asked for.
func (j *judge) kept(r loadgen.Record) {
	if r.Succeeds == "" {
		j.report.Controls.Kept++
	}
}

// findKilled tells what killed controls have in common.
func (j *judge) findKilled(killed []loss) {
	if len(killed) == 0 {
		return
	}
	f := Finding{
		Code: ControlsKilled, Severity: SeverityError,
		Summary:  fmt.Sprintf("%s of clients that were there and reading %s ended", count(len(killed), "session"), were(len(killed))),
		Evidence: killed[0].String(),
		Hint:     "look for what ends sessions besides their own streams: limits, sweeps, clean-ups by key",
	}
	switch {
	case inSweeps(killed):
		f.Code = SweepKillsLive
		f.Summary += " at one moment: consistent with a sweep that does not look at the last activity"
		f.Hint = "let the sweep spare whoever acknowledged a write lately"
	case atOneSilence(killed):
		f.Code = IdleCut
		f.Summary += " after the same length of silence: consistent with an idle limit of the server or of a proxy before it"
		f.Hint = "send heartbeats more often than that, or raise the limit"
	}
	j.find(f)
}

// findSuccessors tells of the streams that opened when others were refreshed.
func (j *judge) findSuccessors(lost []loss) {
	if len(lost) > 0 {
		j.find(lostSuccessors(len(lost), lost[0].String()))
	}
}

func lostSuccessors(n int, evidence string) Finding {
	return Finding{
		Code: RefreshKillsSuccessor, Severity: SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Refresh},
		Summary: fmt.Sprintf("%s of refreshed pages %s lost to the old stream's late clean-up: consistent with a removal by key, without a look at whose entry it is",
			count(n, "session"), were(n)),
		Evidence: evidence,
		Hint:     "remove an entry only if it is still your own: compare and delete",
	}
}

// sweepUnseen tells when the run was too short for a sweep to show what it
// spares.
func (j *judge) sweepUnseen() {
	every := j.e.limits().SweepEvery
	var lived time.Duration
	for _, r := range j.e.Records {
		if r.Control() && r.Opened != 0 {
			lived = max(lived, j.e.Took-r.Opened)
		}
	}
	n := NotJudged{Name: "over-reaping"}
	switch {
	case j.report.Controls.Killed > 0 || j.e.Interrupted != "" || (every != 0 && lived >= every):
		return
	case lived == 0:
		n.Why, n.How = "no stream stayed", "have some stay: --controls 10"
	case every == 0:
		n.Why = fmt.Sprintf("nobody knows how often this server sweeps: what it does at least every %s spared the controls", seconds(lived))
		n.How = fmt.Sprintf("where it sweeps more seldom, hold for longer than from one sweep to the next: --disconnect close --hold %s", minutes(2*lived))
	default:
		n.Why = fmt.Sprintf("the controls lived %s, and the server sweeps every %s", seconds(lived), every)
		n.How = fmt.Sprintf("hold longer: --hold %s", (every + 5*time.Second).Round(time.Second))
	}
	j.report.NotJudged = append(j.report.NotJudged, n)
}

// minutes rounds up, to two at least, and writes it as a flag takes it.
func minutes(d time.Duration) string {
	return fmt.Sprintf("%dm", max(2, (d+time.Minute-1)/time.Minute))
}

// unlisted tells whether a stream's session is not in a list that has had the time to
// show it: now, or when the server ended the stream.
func (j *judge) unlisted(r loadgen.Record) bool {
	over := r.Succeeds != "" && (r.End == loadgen.Completed || r.End == loadgen.Cut)
	if !j.byID || j.blind[Sessions] || (!r.Live() && !over) {
		return false
	}
	until := j.e.Took
	if over {
		until = r.Ended
		if timeout := j.e.limits().Timeout; timeout != 0 { // of which a busy client hears late
			until = min(until, r.Connected+timeout)
		}
	}
	since := until - max(5*j.e.Poll, 500*time.Millisecond)
	s := sighted(j.tracks(Sessions), r.N)
	if s.First == 0 {
		return r.Succeeds != "" && r.Opened < since
	}
	return s.Gone != 0 && s.Gone < since
}

// timedOut tells whether a stream that the server ended had the age of the
// server's timeout.
func (j *judge) timedOut(r loadgen.Record) bool {
	timeout := j.e.limits().Timeout
	return timeout != 0 && r.Ended-r.Connected >= timeout-min(timeoutSlack, timeout/5)
}

const (
	// timeoutSlack is how far the age that a client measures may be from the
	// one that the server does.
	timeoutSlack = time.Second
	// alike is how far apart times may be that are taken for the same.
	alike = time.Second
	// distinct is how far apart ages are at least that are taken for different.
	distinct = 100 * time.Millisecond
)

// inSweeps tells whether streams of different ages ended together: at the first
// of the moments at which any did. Those that opened again are of one age when
// the next sweep comes.
func inSweeps(lost []loss) bool {
	if len(lost) < 2 {
		return false
	}
	first := slices.MinFunc(lost, func(a, b loss) int { return cmp.Compare(a.Ended, b.Ended) })
	together := slices.DeleteFunc(slices.Clone(lost), func(l loss) bool { return l.Ended > first.Ended+alike/2 })
	ages := spreadOf(together, loss.age)
	ends := spreadOf(together, func(l loss) time.Duration { return l.Ended })
	return len(together) > 1 && ages >= distinct && ends < ages/2
}

// mostOf tells whether the first of these ended together with half or more of all
// that were to stay and were open then. Answers are of any length: a few of them come to
// their end at about one time by chance.
func (j *judge) mostOf(lost []loss) bool {
	if len(lost) == 0 {
		return false
	}
	first := slices.MinFunc(lost, func(a, b loss) int { return cmp.Compare(a.Ended, b.Ended) }).Ended
	open, together := 0, 0
	for _, r := range j.e.Records {
		if !r.Control() || r.Opened == 0 || r.Opened > first || (r.End != loadgen.Open && r.Ended < first) {
			continue
		}
		open++
		if r.End != loadgen.Open && r.Ended <= first+alike/2 {
			together++
		}
	}
	return 2*together >= open
}

// atOneAge tells whether streams that opened at different moments ended at the
// same age: a timeout that the server does not tell of.
func atOneAge(lost []loss) bool {
	ages := spreadOf(lost, loss.age)
	ends := spreadOf(lost, func(l loss) time.Duration { return l.Ended })
	return len(lost) > 1 && ages < alike && ages < ends/2
}

// atOneSilence tells whether streams ended the same time after something had
// come.
func atOneSilence(lost []loss) bool {
	silence := func(l loss) time.Duration { return l.Ended - l.Heard }
	return len(lost) > 1 && silence(lost[0]) > alike && spreadOf(lost, silence) < silence(lost[0])/5
}

// spreadOf is how far apart a figure of lost streams is. Those that are still
// open have no end.
func spreadOf(lost []loss, figure func(loss) time.Duration) time.Duration {
	var low, high time.Duration
	for i, l := range lost {
		if l.unlisted {
			return 0
		}
		v := figure(l)
		if i == 0 {
			low, high = v, v
		}
		low, high = min(low, v), max(high, v)
	}
	return high - low
}

func name(r loadgen.Record) string {
	if r.Session != "" {
		return "session " + r.Session
	}
	return "stream " + r.ID
}

func how(r loadgen.Record) string {
	if r.Err != "" {
		return r.Err
	}
	return "the server ended the response"
}
