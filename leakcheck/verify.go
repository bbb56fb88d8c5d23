package leakcheck

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

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
		t.Errorf("leakcheck: %s", inALine(err.Error()))
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
// findings with what was seen and what to do. What a server says ends no line.
func (r *Report) String() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(inALine(fmt.Sprintf(format, args...)))
	}
	line("%s, after %.2f s at %s", r.Verdict, r.Took, r.Target)
	for _, row := range r.Disconnects {
		took := ""
		if row.Reclaim != nil {
			took = fmt.Sprintf(", the slowest took %.2f s", row.Reclaim.Max)
		}
		line("  %s: %d left, %d reclaimed, %d leaked (%d late), %d unknown; window %.2f s%s",
			row.Name, row.Left, row.Reclaimed, row.Leaked, row.Late, row.Unknown, row.Window, took)
		if len(row.LeakedIDs) > 0 {
			line("    leaked: %s", strings.Join(row.LeakedIDs, " "))
		}
	}
	line("  controls: %d kept, %d killed", r.Controls.Kept, r.Controls.Killed)
	for _, f := range r.Findings {
		line("  %s %s: %s", f.Severity, f.Code, f.Summary)
		line("    seen: %s", f.Evidence)
		line("    try: %s", f.Hint)
		for _, fix := range f.Fixes {
			line("    in %s: %s", fix.Framework, fix.Text)
		}
	}
	for _, f := range r.Facts {
		line("  measured: %s: %s (%s)", f.Name, f.Value, f.Evidence)
	}
	for _, n := range r.NotJudged {
		line("  not judged: %s: %s", n.Name, n.Why)
		line("    try: %s", n.How)
	}
	return b.String()
}

// inALine writes a blank for what is no visible character: it may end the line, or move
// the cursor of a terminal.
func inALine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
