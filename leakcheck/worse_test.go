package leakcheck

import (
	"testing"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestWorse(t *testing.T) {
	find := func(s Severity, codes ...Code) (all []Finding) {
		for _, c := range codes {
			all = append(all, Finding{Code: c, Severity: s})
		}
		return all
	}
	leaked := func(n, left int) []Row { return []Row{{Name: loadgen.Close, Left: left, Leaked: n}} }
	for name, tt := range map[string]struct {
		before, after Report
		want          string
		outcome       Outcome
	}{
		"the same":            {Report{Verdict: Clean}, Report{Verdict: Clean}, "", Passed},
		"leaks as before":     {Report{Verdict: Leaking, Disconnects: leaked(5, 50)}, Report{Verdict: Leaking, Disconnects: leaked(5, 50)}, "", Passed},
		"leaks less":          {Report{Verdict: Leaking, Disconnects: leaked(5, 50)}, Report{Verdict: Leaking, Disconnects: leaked(4, 50)}, "", Passed},
		"leaks the same part": {Report{Verdict: Leaking, Disconnects: leaked(5, 50)}, Report{Verdict: Leaking, Disconnects: leaked(10, 100)}, "", Passed},
		"leaks more": {Report{Verdict: Leaking, Disconnects: leaked(5, 50)}, Report{Verdict: Leaking, Disconnects: leaked(6, 50)},
			"close leaked 6 of 50, 5 of 50 before", Failed},
		"leaks in a way that was not taken": {Report{Verdict: Leaking}, Report{Verdict: Leaking, Disconnects: leaked(1, 1500)},
			"close leaked 1 of 1,500, 0 of 0 before", Failed},
		"began to leak": {Report{Verdict: Clean, Disconnects: leaked(0, 50)}, Report{Verdict: Leaking, Findings: find(SeverityError, Leak, Leak), Disconnects: leaked(5, 50)},
			"the verdict is leaking, clean before; the error leak is new; close leaked 5 of 50, 0 of 50 before", Failed},
		"another error": {Report{Verdict: Leaking, Findings: find(SeverityError, Leak)}, Report{Verdict: Leaking, Findings: find(SeverityError, NoRemove)},
			"the error no-remove is new", Failed},
		"a warning became an error": {Report{Verdict: Leaking, Findings: find(SeverityWarning, NoUpstreamCancel)}, Report{Verdict: Leaking, Findings: find(SeverityError, NoUpstreamCancel)},
			"the error no-upstream-cancel is new", Failed},
		"a new warning": {Report{Verdict: Clean}, Report{Verdict: Clean, Findings: find(SeverityWarning, Noise)}, "", Passed},
		"judged no more": {Report{Verdict: Clean, Judged: []string{"close", "stall"}}, Report{Verdict: Clean, Judged: []string{"close"}},
			"stall was judged before, and is not", Failed},
		"more killed": {Report{Verdict: OverReaping, Controls: Controls{Kept: 9, Killed: 1}}, Report{Verdict: OverReaping, Controls: Controls{Kept: 8, Killed: 2}},
			"2 controls killed, 1 before", Failed},
		"crashed": {Report{Verdict: Leaking}, Report{Verdict: Crashed}, "the verdict is crashed, leaking before", Failed},
		"healed":  {Report{Verdict: Crashed, Findings: find(SeverityError, HasCrashed)}, Report{Verdict: Clean}, "", Passed},
		"proves nothing any more": {Report{Verdict: Clean}, Report{Verdict: Inconclusive, Findings: find(SeverityError, ProbeBlind)},
			"the verdict is inconclusive, clean before; the error probe-blind is new", Unproved},
		"proves nothing again":        {Report{Verdict: Inconclusive, Findings: find(SeverityError, ProbeBlind)}, Report{Verdict: Inconclusive, Findings: find(SeverityError, ProbeBlind)}, "", Unproved},
		"proves nothing after a leak": {Report{Verdict: Leaking}, Report{Verdict: Inconclusive}, "", Unproved},
		"leaks after it proved nothing": {Report{Verdict: Inconclusive}, Report{Verdict: Leaking, Disconnects: leaked(5, 50)},
			"the verdict is leaking, inconclusive before; close leaked 5 of 50, 0 of 0 before", Failed},
		"a threshold, broken as before": {
			Report{Verdict: Clean, Findings: find(SeverityError, BrokenThreshold)},
			Report{Verdict: Clean, Findings: find(SeverityError, BrokenThreshold), Thresholds: []ThresholdResult{{Broken: true}}}, "", Failed},
		"a threshold, newly broken": {Report{Verdict: Clean}, Report{Verdict: Inconclusive, Findings: find(SeverityError, BrokenThreshold), Thresholds: []ThresholdResult{{Broken: true}}},
			"the verdict is inconclusive, clean before", Failed},
	} {
		findings := len(tt.after.Findings)
		tt.after.CompareWith(&tt.before)
		if got := tt.after.Compared.Summary(); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
		if got := tt.after.Outcome(); got != tt.outcome {
			t.Errorf("%s: %s, want %s", name, got, tt.outcome)
		}
		if told := len(tt.after.Findings) > findings; told != (tt.want != "") {
			t.Errorf("%s: a finding: %v", name, told)
		}
		if c := Compare(&tt.before, &tt.after); len(c.Worse) != len(tt.after.Compared.Worse) {
			t.Errorf("%s: compared %v", name, c.Worse)
		}
	}
}

func TestOutcome(t *testing.T) {
	for v, want := range map[Verdict]Outcome{Clean: Passed, Leaking: Failed, OverReaping: Failed, Crashed: Failed, Inconclusive: Unproved} {
		if got := (&Report{Verdict: v}).Outcome(); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
		held := &Report{Verdict: v, Thresholds: []ThresholdResult{{}}}
		if got := held.Outcome(); got != want {
			t.Errorf("%s, with a threshold that was held: %s, want %s", v, got, want)
		}
		held.Thresholds[0].Broken = true
		if got := held.Outcome(); got != Failed {
			t.Errorf("%s, with a broken threshold: %s", v, got)
		}
	}
}
