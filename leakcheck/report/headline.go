package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Headline says in one sentence what a report comes to.
func Headline(r *leakcheck.Report) string {
	text := verdictHeadline(r)
	var broken []string
	for _, t := range r.Thresholds {
		if t.Broken {
			broken = append(broken, t.FailIf)
		}
	}
	if len(broken) > 0 {
		text += "; broken: " + strings.Join(broken, ", ")
	}
	switch c := r.Compared; {
	case c == nil || r.Verdict == leakcheck.Inconclusive: // which proves nothing, not even that
	case len(c.Worse) > 0:
		text += "; worse than before"
	default:
		text += "; no worse than before"
	}
	return text
}

func verdictHeadline(r *leakcheck.Report) string {
	left, leaked, unknown := 0, 0, 0
	for _, row := range r.Disconnects {
		left += row.Left
		leaked += row.Leaked
		unknown += row.Unknown
	}
	switch r.Verdict {
	case leakcheck.Clean:
		return cleanHeadline(r, left, unknown)
	case leakcheck.Leaking:
		if leaked > 0 {
			return fmt.Sprintf("%s of %s sessions stayed past their windows", comma(leaked), comma(left))
		}
	case leakcheck.OverReaping:
		return plural(r.Controls.Killed, "1 of the sessions whose streams stayed was ended", "%s of the sessions whose streams stayed were ended")
	case leakcheck.Crashed, leakcheck.Inconclusive:
	}
	for _, f := range r.Findings {
		if f.Severity == leakcheck.SeverityError && !asked(f) {
			return f.Summary
		}
	}
	if len(r.Judged) == 0 {
		return "no way of leaving could be judged"
	}
	return "see the findings"
}

// asked tells whether a finding is about what was asked of a run besides its verdict:
// a threshold, or that it be no worse than another.
func asked(f leakcheck.Finding) bool {
	return f.Code == leakcheck.BrokenThreshold || f.Code == leakcheck.GotWorse
}

// toneOf is the verdict that a report looks like. It is its own, but for one that
// fails although it is clean, and one that passes although it is not.
func toneOf(r *leakcheck.Report) leakcheck.Verdict {
	switch r.Outcome() {
	case leakcheck.Failed:
		if r.Verdict == leakcheck.Clean || r.Verdict == leakcheck.Inconclusive {
			return leakcheck.Leaking
		}
	case leakcheck.Passed:
		if r.Verdict != leakcheck.Clean {
			return leakcheck.Inconclusive
		}
	case leakcheck.Unproved:
	}
	return r.Verdict
}

// cleanHeadline says no more than was seen: a number that is back where it was is not
// every session, and is not that of streams which prove nothing.
func cleanHeadline(r *leakcheck.Report, left, unknown int) string {
	text := plural(left, "the session came back in time", "all %s sessions came back in time")
	switch {
	case unknown > 0 && byID(r):
		text = fmt.Sprintf("%s of %s sessions came back in time", comma(left-unknown), comma(left))
	case unknown > 0:
		text = fmt.Sprintf("the number of sessions is back in time after %s of %s streams", comma(left-unknown), comma(left))
	case !byID(r):
		text = "the number of sessions is back where it was in time, after " + plural(left, "1 stream", "%s streams") + " left"
	}
	if unknown > 0 {
		text += plural(unknown, ", 1 proves nothing", ", %s prove nothing")
	}
	if r.Controls.Kept > 0 && r.Controls.Ended == 0 {
		text += plural(r.Controls.Kept, ", and the control lived on", ", and all %s controls lived on")
	}
	return text
}

// byID tells whether the sessions were told apart.
func byID(r *leakcheck.Report) bool {
	return slices.ContainsFunc(r.Probes, func(p leakcheck.ProbeSummary) bool { return p.Role == leakcheck.Sessions && p.IDs })
}
