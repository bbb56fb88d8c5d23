package report

import (
	"bytes"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

func text(t *testing.T, r *leakcheck.Report, style Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, r, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextGolden(t *testing.T) {
	for name, r := range reports() {
		golden(t, name+".txt", []byte(text(t, r, Plain)))
		golden(t, name+".ansi", []byte(text(t, r, Coloured)))
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// The rules of a text that people read in a terminal or paste into an issue.
func TestTextLines(t *testing.T) {
	for name, r := range reports() {
		plain := text(t, r, Plain)
		if strings.Contains(plain, "\x1b") {
			t.Errorf("%s: colours in a plain text", name)
		}
		if got := colours.ReplaceAllString(text(t, r, Coloured), ""); got != plain {
			t.Errorf("%s: colours are not all that differs:\n%s\n%s", name, got, plain)
		}
		if !strings.HasSuffix(plain, "\n") || strings.HasSuffix(plain, "\n\n") || strings.Contains(plain, "\n\n\n") {
			t.Errorf("%s: blank lines:\n%q", name, plain)
		}
		lines := strings.Split(strings.TrimSuffix(plain, "\n"), "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, string(r.Verdict)+": ") {
			t.Errorf("%s: the last line is no verdict: %s", name, last)
		}
		for i, line := range lines {
			if strings.TrimRight(line, " \t") != line {
				t.Errorf("%s:%d: trailing blanks: %q", name, i+1, line)
			}
			if strings.ContainsRune(line, '\t') {
				t.Errorf("%s:%d: a tab: %q", name, i+1, line)
			}
			if n := utf8.RuneCountInString(line); n > 120 && !mayBeLong(r, line) {
				t.Errorf("%s:%d: %d columns: %s", name, i+1, n, line)
			}
		}
	}
}

// mayBeLong tells whether a line is a URL's, a fact's or a finding's.
func mayBeLong(r *leakcheck.Report, line string) bool {
	if strings.Contains(line, "://") {
		return true
	}
	for _, f := range r.Facts {
		if strings.Contains(line, f.Value) || strings.Contains(line, f.Evidence) {
			return true
		}
	}
	for _, f := range r.Findings {
		for _, fix := range f.Fixes {
			if strings.Contains(line, fix.Text) {
				return true
			}
		}
		for _, part := range []string{f.Summary, f.Evidence, f.Hint} {
			if strings.Contains(line, part) {
				return true
			}
		}
	}
	return false
}

// The header and the rows of the table end their columns at the same places.
func TestTextTableIsAligned(t *testing.T) {
	r := leaking()
	r.Disconnects = append(r.Disconnects, leakcheck.Row{
		Name: loadgen.Disconnect("half-close"), Left: 1_234_567, Reclaimed: 1_234_567, Window: 3600,
		Reclaim: &leakcheck.Quantiles{P50: 0.0004, P99: 99.99, Max: 12345.6},
	})
	lines := strings.Split(text(t, r, Plain), "\n")[2:] // behind the target
	ends := func(line string) []int {
		// Two blanks part columns; one is within a cell ("4 s").
		var all []int
		for _, m := range regexp.MustCompile(`\S(  |$)`).FindAllStringIndex(line, -1) {
			all = append(all, m[0])
		}
		return all
	}
	want := ends(lines[0])
	if len(want) != 10 {
		t.Fatalf("%d columns: %q", len(want), lines[0])
	}
	for _, line := range lines[1 : len(r.Disconnects)+1] {
		if got := ends(line); len(got) != len(want) || !equalFrom(got, want, 1) {
			t.Errorf("columns at %v, the header's at %v:\n%s\n%s", got, want, lines[0], line)
		}
	}
}

// equalFrom compares all but the first column, which is set to the left.
func equalFrom(a, b []int, from int) bool {
	for i := from; i < len(b); i++ {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestHeadline(t *testing.T) {
	row := func(left, reclaimed, leaked, unknown int) []leakcheck.Row {
		return []leakcheck.Row{{Name: loadgen.Close, Left: left, Reclaimed: reclaimed, Leaked: leaked, Unknown: unknown}}
	}
	findings := []leakcheck.Finding{
		{Severity: leakcheck.SeverityWarning, Summary: "a warning"},
		{Severity: leakcheck.SeverityError, Summary: "an error"},
		{Severity: leakcheck.SeverityError, Summary: "another error"},
	}
	for _, c := range []struct {
		name string
		r    leakcheck.Report
		want string
	}{
		{"clean", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(2500, 2500, 0, 0), Controls: leakcheck.Controls{Kept: 10}},
			"all 2,500 sessions came back in time, and all 10 controls lived on"},
		{"clean in two ways", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: append(row(2, 2, 0, 0), row(3, 3, 0, 0)...)},
			"all 5 sessions came back in time"},
		{"clean but for some", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(50, 48, 0, 2), Controls: leakcheck.Controls{Kept: 10}},
			"48 of 50 sessions came back in time, 2 prove nothing, and all 10 controls lived on"},
		{"clean but for one", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(50, 49, 0, 1)},
			"49 of 50 sessions came back in time, 1 proves nothing"},
		{"clean of one", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(1, 1, 0, 0), Controls: leakcheck.Controls{Kept: 1}},
			"the session came back in time, and the control lived on"},
		{"leaking", leakcheck.Report{Verdict: leakcheck.Leaking, Disconnects: row(2500, 830, 1670, 0), Findings: findings},
			"1,670 of 2,500 sessions stayed past their windows"},
		{"leaking one", leakcheck.Report{Verdict: leakcheck.Leaking, Disconnects: row(1, 0, 1, 0), Findings: findings},
			"1 of 1 sessions stayed past their windows"},
		{"leaking upstreams", leakcheck.Report{Verdict: leakcheck.Leaking, Disconnects: row(2500, 2500, 0, 0), Findings: findings}, "an error"},
		{"over-reaping", leakcheck.Report{Verdict: leakcheck.OverReaping, Disconnects: row(5, 5, 0, 0), Controls: leakcheck.Controls{Killed: 7}, Findings: findings},
			"7 of the sessions whose streams stayed were ended"},
		{"over-reaping one", leakcheck.Report{Verdict: leakcheck.OverReaping, Controls: leakcheck.Controls{Killed: 1}},
			"1 of the sessions whose streams stayed was ended"},
		{"crashed", leakcheck.Report{Verdict: leakcheck.Crashed, Findings: findings}, "an error"},
		{"inconclusive", leakcheck.Report{Verdict: leakcheck.Inconclusive, Judged: []string{"close"}, Findings: findings}, "an error"},
		{"inconclusive with warnings alone", leakcheck.Report{Verdict: leakcheck.Inconclusive, Judged: []string{"close"}, Findings: findings[:1]}, "see the findings"},
		{"nothing judged", leakcheck.Report{Verdict: leakcheck.Inconclusive, Findings: findings[:1]}, "no way of leaving could be judged"},
		{"nothing at all", leakcheck.Report{}, "no way of leaving could be judged"},
		{"clean by count", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(50, 50, 0, 0), Probes: []leakcheck.ProbeSummary{{Series: leakcheck.Series{Role: leakcheck.Sessions}}}},
			"the number of sessions is back where it was in time, after 50 streams left"},
		{"clean by count, but for a way that nothing decides", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: append(row(250, 250, 0, 0), row(100, 0, 0, 100)...),
			Controls: leakcheck.Controls{Kept: 10}, Probes: []leakcheck.ProbeSummary{{Series: leakcheck.Series{Role: leakcheck.Sessions}}}},
			"the number of sessions is back in time after 250 of 350 streams, 100 prove nothing, and all 10 controls lived on"},
		{"clean by count, but for one", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(2, 1, 0, 1), Probes: []leakcheck.ProbeSummary{{Series: leakcheck.Series{Role: leakcheck.Sessions}}}},
			"the number of sessions is back in time after 1 of 2 streams, 1 proves nothing"},
		{"clean, with answers that ended", leakcheck.Report{Verdict: leakcheck.Clean, Disconnects: row(50, 50, 0, 0), Controls: leakcheck.Controls{Kept: 10, Ended: 10}},
			"all 50 sessions came back in time"},
	} {
		if c.r.Probes == nil {
			c.r.Probes = []leakcheck.ProbeSummary{{Series: leakcheck.Series{Role: leakcheck.Sessions}, IDs: true}}
		}
		if got := Headline(&c.r); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A length has at most three digits, and its unit is the one that its digits
// are of once they are rounded.
func TestLength(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    string
	}{
		{0, "0 s"},
		{0.00001, "0.0 ms"},
		{0.0004, "0.4 ms"},
		{0.0012, "1.2 ms"},
		{0.00994, "9.9 ms"},
		{0.00999, "10 ms"},
		{0.01, "10 ms"},
		{0.0996, "100 ms"},
		{0.104, "104 ms"},
		{0.9994, "999 ms"},
		{0.9996, "1.00 s"},
		{1, "1 s"},
		{1.005, "1.00 s"},
		{1.5, "1.50 s"},
		{4, "4 s"},
		{9.994, "9.99 s"},
		{9.996, "10 s"},
		{10, "10 s"},
		{35, "35 s"},
		{59.9, "60 s"},
		{90, "90 s"},
		{99.4, "99 s"},
		{99.99, "1m40s"},
		{100, "1m40s"},
		{149.6, "2m30s"},
		{950, "15m50s"},
		{3600, "1h0m0s"},
		{12345.6, "3h25m46s"},
		{time.Duration(math.MaxInt64).Seconds(), "2562047h47m16s"},
		{1e300, "2562047h47m16s"},
	} {
		if got := length(c.seconds); got != c.want {
			t.Errorf("length(%v): got %q, want %q", c.seconds, got, c.want)
		}
	}
	number := regexp.MustCompile(`^(\d+(?:\.\d+)?) (ms|s)$`)
	for exp := -5.0; exp < 2; exp += 0.0003 {
		s := length(math.Pow(10, exp))
		m := number.FindStringSubmatch(s)
		if s == "1m40s" {
			continue
		}
		if m == nil || len(strings.ReplaceAll(m[1], ".", "")) > 3 {
			t.Fatalf("length(%v) = %q", math.Pow(10, exp), s)
		}
	}
}

// full fails after so many bytes.
type full struct{ left int }

var errFull = errors.New("no space left on device")

func (w *full) Write(p []byte) (int, error) {
	if len(p) <= w.left {
		w.left -= len(p)
		return len(p), nil
	}
	n := w.left
	w.left = 0
	return n, errFull
}

func TestWriteErrors(t *testing.T) {
	for _, f := range Formats() {
		for _, left := range []int{0, 1, 1000} {
			if err := Write(&full{left}, f, leaking()); !errors.Is(err, errFull) {
				t.Errorf("%s after %d bytes: %v", f, left, err)
			}
		}
	}
	if err := Text(&full{}, leaking(), Coloured); !errors.Is(err, errFull) {
		t.Errorf("coloured: %v", err)
	}
}

// A report of nothing is still a report.
func TestTextOfNothing(t *testing.T) {
	if got := text(t, &leakcheck.Report{}, Coloured); !strings.HasSuffix(got, ": no way of leaving could be judged\n") {
		t.Errorf("%q", got)
	}
}

// A server that names its sessions like commands gives GitHub's runner, which takes them
// from every line, none.
func TestTextIsNoWorkflowCommand(t *testing.T) {
	r := leaking()
	r.Disconnects[0].LeakedIDs = []string{"::stop-commands::x", "::add-mask::y", "  ::error::z"}
	for line := range strings.Lines(text(t, r, Plain)) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("%q", line)
		}
	}
}
