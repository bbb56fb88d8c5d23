package report

import (
	"bytes"
	"encoding/xml"
	"slices"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func asJUnit(t *testing.T, r *leakcheck.Report) junitSuite {
	t.Helper()
	var b bytes.Buffer
	if err := JUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.junitTotals != got.Suite.junitTotals {
		t.Errorf("the file sums up %+v, its suite %+v", got.junitTotals, got.Suite.junitTotals)
	}
	return got.Suite
}

// A CI system is green where the run passes, and nowhere else; a case ends in one
// way.
func TestJUnitIsRedUnlessClean(t *testing.T) {
	all := reports()
	all["nothing judged"] = &leakcheck.Report{Verdict: leakcheck.Inconclusive}
	all["nothing told"] = &leakcheck.Report{Verdict: leakcheck.Crashed}
	for name, r := range all {
		s := asJUnit(t, r)
		red, skipped := 0, 0
		seen := map[string]bool{}
		for _, c := range s.Cases {
			if count(c.Skipped)+count(c.Error)+count(c.Failure) > 1 {
				t.Errorf("%s: %s ends in several ways", name, c.Name)
			}
			if seen[c.Class+c.Name] {
				t.Errorf("%s: two cases are called %s", name, c.Name)
			}
			seen[c.Class+c.Name] = true
			red += count(c.Error) + count(c.Failure)
			skipped += count(c.Skipped)
		}
		if s.Tests != len(s.Cases) || s.Failures+s.Errors != red || s.Skipped != skipped {
			t.Errorf("%s: %+v for %d cases, %d red, %d skipped", name, s.junitTotals, len(s.Cases), red, skipped)
		}
		if (red == 0) != (r.Outcome() == leakcheck.Passed) {
			t.Errorf("%s: %s, and %d cases are red", name, r.Outcome(), red)
		}
		if r.Verdict == leakcheck.Inconclusive && s.Failures > 0 || r.Verdict != leakcheck.Inconclusive && s.Errors > 0 {
			t.Errorf("%s: %s, with %d failures and %d errors", name, r.Verdict, s.Failures, s.Errors)
		}
		if n := len(r.NotJudged); n != skipped {
			t.Errorf("%s: %d not judged, %d skipped", name, n, skipped)
		}
	}
}

// A finding stands in the cases that it is about, and in the run's where there
// is none.
func TestJUnitFindings(t *testing.T) {
	for name, want := range map[string][]string{
		"leaking": {"complete", "close", "reset"}, "worse": {"complete", "close", "reset", "no worse than before"}, "no-worse": {},
		"broken-threshold": {"ttfe.p99>20ms", "reclaim.vanish.p99>5s"}, "crashed": {"run"}, "over-reaping": {"run"}, "inconclusive": {"sessions"},
	} {
		var got []string
		for _, c := range asJUnit(t, reports()[name]).Cases {
			if c.red() {
				got = append(got, c.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v are red, not %v", name, got, want)
		}
	}
}
