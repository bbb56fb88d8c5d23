package leakcheck

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// TestingT is what [Verify] needs of a *testing.T.
type TestingT interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Verify makes one check within a Go test, writes what it saw into the test's log,
// and fails the test unless the verdict is clean. It tells whether it is.
//
// The defaults suit a server that runs in the test's own process and notices by
// itself when a client has gone: 20 streams within 100 ms that stay for 200 ms, two
// controls, by close, reset, early and refresh; a probe read every 10 ms; a window
// of 2 s. On a healthy server that takes about a second and a half, on one that
// leaks twice the window more. What c sets is taken instead; Plan.Controls below
// zero is none.
func Verify(t TestingT, c Config) bool {
	t.Helper()
	report, err := Run(t.Context(), c.forTest())
	if report == nil {
		t.Errorf("leakcheck: %v", err)
		return false
	}
	if report.Verdict != Clean {
		t.Errorf("leakcheck: %s", report)
		return false
	}
	t.Logf("leakcheck: %s", report)
	return true
}

// forTest fills in what Verify documents.
func (c Config) forTest() Config {
	p := &c.Plan
	p.Streams = cmp.Or(p.Streams, 20)
	p.Controls = max(0, cmp.Or(p.Controls, 2))
	if p.Rate == 0 {
		p.Ramp = cmp.Or(p.Ramp, 100*time.Millisecond)
	}
	p.Hold = cmp.Or(p.Hold, 200*time.Millisecond)
	if len(p.Mix) == 0 {
		p.Mix = loadgen.Even(loadgen.Close, loadgen.Reset, loadgen.Early, loadgen.Refresh)
	}
	c.Poll = cmp.Or(c.Poll, 10*time.Millisecond)
	if c.Windows.All == 0 && !c.Windows.Timeout {
		c.Windows.All = 2 * time.Second
	}
	return c
}

// String is the report in a few lines: the verdict, a line for each way, and the
// findings with what was seen and what to do.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, after %.2f s at %s", r.Verdict, r.Took, r.Target)
	for _, row := range r.Disconnects {
		fmt.Fprintf(&b, "\n  %s: %d left, %d reclaimed, %d leaked (%d late), %d unknown; window %.2f s",
			row.Name, row.Left, row.Reclaimed, row.Leaked, row.Late, row.Unknown, row.Window)
		if row.Reclaim != nil {
			fmt.Fprintf(&b, ", the slowest took %.2f s", row.Reclaim.Max)
		}
		if len(row.LeakedIDs) > 0 {
			fmt.Fprintf(&b, "\n    leaked: %s", strings.Join(row.LeakedIDs, " "))
		}
	}
	fmt.Fprintf(&b, "\n  controls: %d kept, %d killed", r.Controls.Kept, r.Controls.Killed)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n  %s %s: %s\n    seen: %s\n    try: %s", f.Severity, f.Code, f.Summary, f.Evidence, f.Hint)
		for _, fix := range f.Fixes {
			fmt.Fprintf(&b, "\n    in %s: %s", fix.Framework, fix.Text)
		}
	}
	for _, f := range r.Facts {
		fmt.Fprintf(&b, "\n  measured: %s: %s (%s)", f.Name, f.Value, f.Evidence)
	}
	for _, n := range r.NotJudged {
		fmt.Fprintf(&b, "\n  not judged: %s: %s\n    try: %s", n.Name, n.Why, n.How)
	}
	return b.String()
}
