package report

import (
	"slices"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// junitAsked has a case for each threshold, and one for the run that a run was held
// against. They are failures under any verdict: they are asked of the figures, and
// not of what the run proves.
func junitAsked(r *leakcheck.Report) []junitCase {
	var cases []junitCase
	for _, t := range r.Thresholds {
		c := junitCase{Class: "sse-tool.thresholds", Name: t.FailIf, Time: decimal(0)}
		if slices.ContainsFunc(cases, func(other junitCase) bool { return other.Name == c.Name }) {
			continue // given twice
		}
		if t.Broken {
			c.Failure = &junitResult{Type: string(leakcheck.BrokenThreshold), Message: t.Summary}
		}
		cases = append(cases, c)
	}
	if r.Compared == nil {
		return cases
	}
	c := junitCase{Class: "sse-tool.compared", Name: "no worse than before", Time: decimal(0)}
	if r.Verdict == leakcheck.Inconclusive {
		c.Skipped = &junitResult{Message: "the run is inconclusive: it proves nothing, not even that"}
	} else if len(r.Compared.Worse) > 0 {
		c.Failure = &junitResult{Type: string(leakcheck.GotWorse), Message: r.Compared.Summary()}
	}
	return append(cases, c)
}
