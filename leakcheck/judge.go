package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Judge comes to a verdict. It is a pure function of the evidence.
func Judge(e *Evidence) *Report {
	j := judge{e: e, blind: map[Role]bool{}, report: &Report{
		Schema: Schema, Tool: e.Tool, Target: e.Target, Started: e.Started,
		Took: e.Took.Seconds(), Interrupted: e.Interrupted,
		Judged: []string{}, NotJudged: []NotJudged{}, Findings: []Finding{}, Disconnects: []Row{},
	}}
	j.byID = j.canMatch()
	j.sumUp()
	j.health()
	j.opened()
	j.probes()
	j.sessions()
	j.unnamed()
	j.upstreams()
	j.warmUp()
	j.generations()
	j.slopes()
	j.controls()
	j.noisy()
	j.refused()
	j.pressure()
	j.diagnose()
	j.proven()
	j.loop()
	j.judged()
	j.undecided()
	j.histories()
	j.facts()
	j.nameParts()
	j.fixes()
	j.verdict()
	return j.report
}

// judge is one judgement under way. Its methods read the evidence and write the
// report, each its own part, in the order of [Judge].
type judge struct {
	e      *Evidence
	report *Report
	// byID says that sessions are told apart by their ids.
	byID bool
	// blind has the roles whose probes did not rise with the streams.
	blind map[Role]bool
	// leaked and late are the totals of sessions; stuck is what remained of
	// upstreams.
	leaked, late, stuck int
	// stray is how many sessions of streams without a row remained.
	stray int
	// noises are what others do to the counts that show the streams.
	noises []noiseOf
	// grown says that workers, descriptors or memory grew with every round.
	grown bool
}

func (j *judge) find(f Finding) { j.report.Findings = append(j.report.Findings, f) }

// tracks are those of one role.
func (j *judge) tracks(r Role) []Track {
	return slices.DeleteFunc(slices.Clone(j.e.Tracks), func(t Track) bool { return t.Role != r })
}

func (j *judge) canMatch() bool {
	tracks := j.tracks(Sessions)
	return len(tracks) > 0 && !slices.ContainsFunc(tracks, func(t Track) bool { return !t.byID() })
}

// health finds what befell the run as a whole.
func (j *judge) health() {
	switch {
	case j.e.Crashed != 0:
		j.find(Finding{
			Code: HasCrashed, Severity: SeverityError,
			Summary:  fmt.Sprintf("the server died %s into the run", seconds(j.e.Crashed)),
			Evidence: j.e.CrashedWhy,
			Hint:     "look for its last words: a panic, an out-of-memory kill, a descriptor limit",
		})
	case j.e.Restarted == 0 && j.unreachable() != 0:
		j.find(Finding{
			Code: ServerRestarted, Severity: SeverityError,
			Summary:  "nobody answered at a probe's address for a moment: if that was a restart, that sessions are gone proves nothing",
			Evidence: fmt.Sprintf("%s into the run", seconds(j.unreachable())),
			Hint:     "look for the server's last words, and run again",
		})
	case j.e.Restarted != 0:
		j.find(Finding{
			Code: ServerRestarted, Severity: SeverityError,
			Summary:  "the server began another life during the run: that its sessions are gone proves nothing",
			Evidence: fmt.Sprintf("%s into the run its start time or its count of opened sessions was another", seconds(j.e.Restarted)),
			Hint:     "look for its last words, and run again",
		})
	}
	if j.e.Interrupted != "" {
		j.find(Finding{
			Code: WasInterrupted, Severity: SeverityError,
			Summary:  fmt.Sprintf("interrupted while %s: this is what was seen so far", j.e.Interrupted),
			Evidence: fmt.Sprintf("%s into the run", seconds(j.e.Took)),
			Hint:     "run again, to the end",
		})
	}
}

// unreachable is when a probe's address was first refused; zero where it never
// was.
func (j *judge) unreachable() time.Duration {
	for _, t := range j.e.Tracks {
		if t.Unreachable != 0 {
			return t.Unreachable
		}
	}
	return 0
}

// enough is the share of the streams that have to open, to be shown by a probe,
// and to be shown without a break, for a verdict.
const (
	enoughOpened = 0.8
	enoughListed = 0.95
	enoughSeen   = 0.9
)

// opened finds streams that did not open, broke, or were through too early.
func (j *judge) opened() {
	s := j.report.Streams
	if j.e.Interrupted == "" && j.e.Crashed == 0 && float64(s.Opened) < enoughOpened*float64(s.Planned) {
		j.find(Finding{
			Code: FewOpened, Severity: SeverityError,
			Summary:  fmt.Sprintf("%s of %s opened, which is too few", thousands(s.Opened), count(s.Planned, "stream")),
			Evidence: j.refusals(),
			Hint:     "open fewer (-n) or more slowly (--ramp), or raise the server's limits",
		})
	} else if refused := s.Planned - s.Opened; refused > 0 && j.e.Interrupted == "" && j.e.Crashed == 0 {
		j.find(Finding{
			Code: IsRejected, Severity: SeverityWarning,
			Summary:  fmt.Sprintf("%s did not open", count(refused, "stream")),
			Evidence: j.refusals(),
			Hint:     "open fewer (-n) or more slowly (--ramp), or raise the server's limits",
		})
	}
	if s.CutByServer > 0 && j.e.Crashed == 0 {
		severity := SeverityWarning
		if float64(s.CutByServer) > (1-enoughOpened)*float64(s.Opened) {
			severity = SeverityError
		}
		j.find(Finding{
			Code: CutByServer, Severity: severity,
			Summary:  fmt.Sprintf("%s broke before %s to leave: they are not judged", count(s.CutByServer, "stream"), map[bool]string{true: "it was", false: "they were"}[s.CutByServer == 1]),
			Evidence: j.first(func(r loadgen.Record) bool { return r.End == loadgen.Cut }),
			Hint:     "look for a limit or a restart at the server or at a proxy before it",
		})
	}
	j.endedEarly()
	j.unfinished()
	j.lost()
}

// lost finds streams that were open and that we lost, or whose answer was not
// well formed.
func (j *judge) lost() {
	by := map[string]int{}
	n := 0
	for _, r := range j.e.Records {
		if !r.Control() && r.Opened != 0 && r.End == loadgen.Failed {
			by[r.Err]++
			n++
		}
	}
	if n == 0 {
		return
	}
	severity := SeverityWarning
	if float64(n) > (1-enoughOpened)*float64(j.report.Streams.Opened) {
		severity = SeverityError
	}
	j.find(Finding{
		Code: Lost, Severity: severity,
		Summary:  fmt.Sprintf("%s %s lost before they were to leave: they are not judged", count(n, "stream"), were(n)),
		Evidence: tally(by),
		Hint:     "sse-tool reads HTTP/1.1 and event streams with events of up to 16 MiB; curl -N shows what the server sends",
	})
}

// unfinished warns of streams that were to complete and were still going on
// when the patience had an end. Where none completed the way is not judged, and
// that is said there.
func (j *judge) unfinished() {
	n, of := 0, 0
	goesOn := func(r loadgen.Record) bool {
		return r.Disconnect == loadgen.Complete && r.Opened != 0 && r.End == loadgen.Untried
	}
	for _, r := range j.e.Records {
		if r.Disconnect == loadgen.Complete && r.Opened != 0 {
			of++
		}
		if goesOn(r) {
			n++
		}
	}
	if n == 0 || n == of {
		return
	}
	j.find(Finding{
		Code: Unfinished, Severity: SeverityWarning, Disconnects: []loadgen.Disconnect{loadgen.Complete},
		Summary:  fmt.Sprintf("%s of %s that were to complete did not end by themselves: they are not judged", thousands(n), count(of, "stream")),
		Evidence: j.first(goesOn),
		Hint:     "ask for a shorter answer, or hold longer: --hold",
	})
}

// endedEarly warns of streams that were over although they were to leave.
func (j *judge) endedEarly() {
	n, of := 0, 0
	through := func(r loadgen.Record) bool {
		return r.Disconnect != loadgen.Complete && r.End == loadgen.Completed
	}
	for _, r := range j.e.Records {
		if !r.Control() && r.Disconnect != loadgen.Complete {
			of++
		}
		if !r.Control() && through(r) {
			n++
		}
	}
	if n == 0 {
		return
	}
	ended := "ended by themselves"
	if j.e.Endless {
		ended = "were ended by the server"
	}
	j.find(Finding{
		Code: EndedEarly, Severity: SeverityWarning, Disconnects: []loadgen.Disconnect{loadgen.Complete},
		Summary:  fmt.Sprintf("%s of %s that were to leave otherwise %s first and are judged as completed", thousands(n), count(of, "stream"), ended),
		Evidence: j.first(through),
		Hint:     j.liveLonger(),
	})
}

// refusals says how the streams that did not open were answered: "503: 40,
// failed: 2".
func (j *judge) refusals() string {
	by := map[string]int{}
	for _, r := range j.e.Records {
		switch {
		case r.Control() || r.Opened != 0 || (r.End != loadgen.Rejected && r.End != loadgen.Failed):
		case r.Status != 0 && r.Status != 200:
			by[fmt.Sprintf("status %d", r.Status)]++
		default:
			by[r.Err]++
		}
	}
	return tally(by)
}

// first is what the first of the streams that are so told; controls are none of them.
func (j *judge) first(is func(loadgen.Record) bool) string {
	for _, r := range j.e.Records {
		if !r.Control() && is(r) {
			return fmt.Sprintf("%s, for one, ended %s after it had opened: %s", name(r), seconds(r.Ended-r.Opened), how(r))
		}
	}
	return ""
}

// proven finds ways of which too much proves nothing.
func (j *judge) proven() {
	if j.e.Interrupted != "" || j.e.Crashed != 0 {
		return
	}
	for _, row := range j.report.Disconnects {
		old := 0
		for _, r := range j.e.Records {
			if gone(r) && way(r) == row.Name && j.e.tooOld(r) {
				old++
			}
		}
		if float64(old) <= (1-enoughOpened)*float64(row.Left) {
			continue
		}
		j.find(Finding{
			Code: TooOld, Severity: SeverityError, Disconnects: []loadgen.Disconnect{row.Name},
			Summary:  fmt.Sprintf("%s of %s left so late that the server's timeout may have taken their sessions", thousands(old), count(row.Left, "stream")),
			Evidence: fmt.Sprintf("timeout %s, window %s", seconds(j.e.limits().Timeout), seconds(j.e.Windows[row.Name])),
			Hint:     "open faster (--ramp), hold shorter (--hold), or test a server with a longer timeout",
		})
	}
}

// verdict gives the first that holds.
func (j *judge) verdict() {
	r := j.report
	r.Verdict = Clean
	bad := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == SeverityError })
	switch {
	case j.e.Crashed != 0:
		r.Verdict = Crashed
	case j.leaked > 0 || j.stuck > 0 || j.stray > 0 || j.grown:
		r.Verdict = Leaking
	case r.Controls.Killed > 0 && j.e.Restarted == 0:
		r.Verdict = OverReaping
	case bad || len(r.Judged) == 0:
		r.Verdict = Inconclusive
	}
}
