package leakcheck

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Worse is one thing that is worse in a run than in an earlier one.
type Worse struct {
	// Disconnect is the way that it is about, Code the finding; both are empty where
	// it is about the run.
	Disconnect loadgen.Disconnect `json:"disconnect,omitempty"`
	Code       Code               `json:"code,omitempty"`
	// Summary says what it is.
	Summary string `json:"summary"`
}

// Compared is the earlier run that one was held against, and what came of it.
type Compared struct {
	Target  string    `json:"target"`
	Started time.Time `json:"started"`
	Verdict Verdict   `json:"verdict"`
	// Worse is what is worse now.
	Worse []Worse `json:"worse"`
}

// verdict is the earlier run's; that of none is as good as any.
func (c *Compared) verdict() Verdict {
	if c == nil {
		return Clean
	}
	return c.Verdict
}

// CompareWith holds a report against an earlier one: it gets Compared, and a finding
// where something got worse. From then on [Report.Outcome] is about that alone.
func (r *Report) CompareWith(before *Report) {
	r.Compared = &Compared{Target: before.Target, Started: before.Started, Verdict: before.Verdict, Worse: worse(before, r)}
	if len(r.Compared.Worse) == 0 {
		return
	}
	r.Findings = append(r.Findings, Finding{
		Code: GotWorse, Severity: SeverityError,
		Summary:  "worse than the run before: " + r.Compared.Summary(),
		Evidence: fmt.Sprintf("held against the run of %s, which was %s", before.Started.UTC().Format("2006-01-02 15:04:05 UTC"), before.Verdict),
		Hint:     "sse-tool report OLD.json NEW.json shows both side by side",
	})
}

// Summary says in one line what got worse; it is empty where nothing did.
func (c *Compared) Summary() string {
	all := make([]string, len(c.Worse))
	for i, w := range c.Worse {
		all[i] = w.Summary
	}
	return strings.Join(all, "; ")
}

// verdicts go from the best to the worst. That nothing is proven is better than a
// leak that is.
var verdicts = []Verdict{Clean, Inconclusive, OverReaping, Leaking, Crashed}

// worse lists what is worse in a run than in one before it: the verdict, errors that
// are new, ways that were judged then and are not now, a larger share of a way's
// sessions that leaked, or of the controls that were killed.
func worse(before, after *Report) []Worse {
	all := []Worse{}
	if slices.Index(verdicts, after.Verdict) > slices.Index(verdicts, before.Verdict) {
		all = append(all, Worse{Summary: fmt.Sprintf("the verdict is %s, %s before", after.Verdict, before.Verdict)})
	}
	for _, f := range after.Findings {
		if f.judges() && !erred(before, f.Code) && !slices.ContainsFunc(all, func(w Worse) bool { return w.Code == f.Code }) {
			all = append(all, Worse{Code: f.Code, Summary: fmt.Sprintf("the error %s is new", f.Code)})
		}
	}
	for _, name := range before.Judged {
		if !slices.Contains(after.Judged, name) {
			all = append(all, Worse{Disconnect: loadgen.Disconnect(name), Summary: name + " was judged before, and is not"})
		}
	}
	for _, row := range after.Disconnects {
		then := before.row(row.Name)
		if then == nil {
			then = &Row{}
		}
		if more(row.Leaked, row.Left, then.Leaked, then.Left) {
			all = append(all, Worse{Disconnect: row.Name, Summary: fmt.Sprintf("%s leaked %s of %s, %s of %s before", row.Name,
				thousands(row.Leaked), thousands(row.Left), thousands(then.Leaked), thousands(then.Left))})
		}
	}
	now, then := after.Controls, before.Controls
	if more(now.Killed, now.Kept+now.Killed, then.Killed, then.Kept+then.Killed) {
		all = append(all, Worse{Code: ControlsKilled, Summary: fmt.Sprintf("%s killed, %s before", count(now.Killed, "control"), thousands(then.Killed))})
	}
	return all
}

// judges tells whether a finding is an error of the run itself: a bound that was
// given is no measure of an earlier run.
func (f Finding) judges() bool {
	return f.Severity == SeverityError && f.Code != BrokenThreshold && f.Code != GotWorse
}

// erred tells whether a run had that finding as an error.
func erred(r *Report, code Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code && f.judges() })
}

// more tells whether a share is larger than another; one of nothing is none at all.
func more(n, of, then, ofThen int) bool {
	if ofThen == 0 {
		return n > 0
	}
	return float64(n)*float64(ofThen) > float64(then)*float64(of)
}
