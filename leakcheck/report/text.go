package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// Style says whether a text report may use a terminal's colours.
type Style bool

// The styles.
const (
	Plain    Style = false
	Coloured Style = true
)

// The colours of a terminal (ECMA-48, SGR).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

func (s Style) paint(colour, text string) string {
	if s == Plain {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Text writes a report for people: a table by way, the curve of sessions, the
// findings, and the verdict as the last line, where the eye is when a command
// has ended.
func Text(w io.Writer, r *leakcheck.Report, style Style) error {
	r = printable(r)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", r.Target)
	if len(r.Disconnects) > 0 {
		b.WriteByte('\n')
		table(&b, wayHeads, wayRows(r.Disconnects))
	}
	if c := curve(r); c != "" {
		fmt.Fprintf(&b, "\n%s\n", c)
	}
	b.WriteByte('\n')
	facts(&b, r)
	measured(&b, r)
	for _, f := range r.Findings {
		finding(&b, f, style)
	}
	leakedIDs(&b, r.Disconnects)
	notJudged(&b, r)
	fmt.Fprintf(&b, "\n%s: %s\n", style.paint(bold+";"+colourOf(toneOf(r)), string(r.Verdict)), Headline(r))
	_, err := w.Write(b.Bytes())
	return err
}

func colourOf(v leakcheck.Verdict) string {
	switch v {
	case leakcheck.Clean:
		return green
	case leakcheck.Inconclusive:
		return yellow
	default:
		return red
	}
}

// wayHeads are the columns of the table by way, wayRows its cells.
var wayHeads = []string{"way", "left", "reclaimed", "leaked", "late", "unknown", "window", "reclaim p50", "p99", "max"}

func wayRows(rows []leakcheck.Row) [][]string {
	all := make([][]string, len(rows))
	for i, row := range rows {
		p50, p99, most := "-", "-", "-"
		if q := row.Reclaim; q != nil {
			p50, p99, most = length(q.P50), length(q.P99), length(q.Max)
		}
		all[i] = []string{
			string(row.Name), comma(row.Left), comma(row.Reclaimed), comma(row.Leaked), comma(row.Late), comma(row.Unknown),
			length(row.Window), p50, p99, most,
		}
	}
	return all
}

// table writes rows in columns that are set to the right, but for the first.
func table(w *bytes.Buffer, heads []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range append([][]string{heads}, rows...) {
		fmt.Fprintf(t, "%s\t%s\t\n", pad(cells[0]), strings.Join(cells[1:], "\t"))
	}
	_ = t.Flush() // w is a buffer
}

// pad makes a word as wide as the widest, so that a column that is set to the
// right stands at the left.
func pad(word string) string { return fmt.Sprintf("%-10s", word) }

// facts writes what the run was made of.
func facts(w *bytes.Buffer, r *leakcheck.Report) {
	for _, f := range runFacts(r) {
		fmt.Fprintf(w, "%-11s %s\n", f.Name, f.Text)
	}
	for _, p := range r.Probes {
		fmt.Fprintf(w, "%-11s %s (%s, %s)\n", p.Name, probeCounts(p), p.Spec, readBy(p))
	}
	for _, f := range slopeFacts(r) {
		fmt.Fprintf(w, "%-11s %s\n", f.Name, f.Text)
	}
}

// probeCounts says what a probe read.
func probeCounts(p leakcheck.ProbeSummary) string {
	return fmt.Sprintf("%s before, %s at the most, %s at the end%s",
		amount(p.Role, p.Baseline), amount(p.Role, p.Peak), amount(p.Role, p.End), some(p.Failures, map[bool]string{true: "reading failed", false: "readings failed"}[p.Failures == 1]))
}

// fact is a thing that is told of a run.
type fact struct{ Name, Text string }

func runFacts(r *leakcheck.Report) []fact {
	c, s := r.Controls, r.Streams
	all := []fact{
		{"took", length(r.Took)},
		{"controls", fmt.Sprintf("%d kept, %d killed%s", c.Kept, c.Killed,
			some(c.TimedOut, "opened again at the timeout")+some(c.Ended, "opened again at the end of their answer"))},
		{"streams", fmt.Sprintf("%s of %s opened%s%s%s%s%s", comma(s.Opened), comma(s.Planned), some(s.Completed, "completed"),
			some(s.Rejected, "rejected"), some(s.CutByServer, "cut"), some(s.Failed, "failed"), some(s.Untried, "could not leave"))},
	}
	if g := r.Generations; g != nil {
		all = append(all, wasteFacts(g)...)
	}
	all = append(all, askedFacts(r)...)
	for _, l := range latencies(r) {
		all = append(all, fact{l.name, fmt.Sprintf("p50 %s, p99 %s, max %s", length(l.P50), length(l.P99), length(l.Max))})
	}
	return all
}

// askedFacts say what came of the thresholds and of the run that this one was held
// against.
func askedFacts(r *leakcheck.Report) (all []fact) {
	for _, t := range r.Thresholds {
		text := "held: " + t.Summary
		if t.Broken {
			text = "broken: " + t.Summary
		}
		all = append(all, fact{"threshold", fmt.Sprintf("%s (--fail-if %s)", text, t.FailIf)})
	}
	if c := r.Compared; c != nil {
		all = append(all, fact{"compared", fmt.Sprintf("with the run of %s, which was %s", day(c.Started), c.Verdict)})
	}
	return all
}

// wasteFacts say what the upstreams generated, and for whom.
func wasteFacts(g *leakcheck.Generations) []fact {
	tokens, replies := comma(g.Wasted), comma(g.Completed)+" completed"
	switch {
	case g.Wasted == 0:
		tokens = "none"
	case !g.Counted:
		tokens = "about " + tokens
	}
	if g.RanOut > 0 {
		replies += fmt.Sprintf(", at least %s of them for users who had left", comma(g.RanOut))
	}
	return []fact{
		{"waste", fmt.Sprintf("the upstream generated %s of its %s for users who had left", tokens, plural(g.Tokens, "1 token", "%s tokens"))},
		{"replies", fmt.Sprintf("%s; %s cut short", replies, comma(g.Cancelled))},
	}
}

// latency is one of the figures that were measured on the streams.
type latency struct {
	name string
	*leakcheck.Quantiles
	buckets []loadgen.Bucket
}

// latencies are those that were measured.
func latencies(r *leakcheck.Report) []latency {
	l := r.Latency
	return slices.DeleteFunc([]latency{
		{"connect", l.Connect, l.ConnectHistogram},
		{"first event", l.FirstEvent, l.FirstEventHistogram},
		{"event gap", l.Gap, l.GapHistogram},
		{"heartbeat", l.HeartbeatGap, l.HeartbeatGapHistogram},
	}, func(l latency) bool { return l.Quantiles == nil })
}

// readBy says what a probe's answers have.
func readBy(p leakcheck.ProbeSummary) string {
	if p.IDs {
		return "by id"
	}
	return "by count"
}

// some is a part of a list that says nothing of what there is none of.
func some(n int, what string) string {
	if n == 0 {
		return ""
	}
	return ", " + comma(n) + " " + what
}

func finding(w *bytes.Buffer, f leakcheck.Finding, style Style) {
	colour := yellow
	if f.Severity == leakcheck.SeverityError {
		colour = red
	}
	fmt.Fprintf(w, "\n%s %s%s\n", style.paint(colour, string(f.Severity)), style.paint(bold, string(f.Code)), ofWays(f))
	fmt.Fprintf(w, "  %s\n", f.Summary)
	if f.Evidence != "" {
		fmt.Fprintf(w, "  seen: %s\n", f.Evidence)
	}
	if f.Hint != "" {
		fmt.Fprintf(w, "  try:  %s\n", f.Hint)
	}
	for _, fix := range f.Fixes {
		fmt.Fprintf(w, "  in %s: %s\n", fix.Framework, fix.Text)
	}
}

// ofWays names the ways of a finding behind its code.
func ofWays(f leakcheck.Finding) string {
	if len(f.Disconnects) == 0 {
		return ""
	}
	return " (" + names(f.Disconnects) + ")"
}

// shownIDs is how many leaked sessions of a way are named.
const shownIDs = 4

func leakedIDs(w *bytes.Buffer, rows []leakcheck.Row) {
	for _, row := range rows {
		if len(row.LeakedIDs) == 0 {
			continue
		}
		ids := row.LeakedIDs[:min(len(row.LeakedIDs), shownIDs)]
		fmt.Fprintf(w, "\nleaked by %s", row.Name)
		if row.Leaked > len(ids) {
			fmt.Fprintf(w, " (%d of %s; --report json=PATH has more)", len(ids), comma(row.Leaked))
		}
		fmt.Fprintln(w)
		for pair := range slices.Chunk(ids, 2) {
			line := strings.Join(pair, "  ")
			if strings.HasPrefix(strings.TrimSpace(line), "::") { // where a line begins so it is a command to GitHub's runner
				line = "id " + line
			}
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
}

func notJudged(w *bytes.Buffer, r *leakcheck.Report) {
	if len(r.NotJudged) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", judgedOf(r))
	for _, n := range byReason(r) {
		fmt.Fprintf(w, "  not judged: %s\n    %s\n    try: %s\n", n.Name, n.Why, n.How)
	}
}

// byReason puts what was not judged for the same reason together.
func byReason(r *leakcheck.Report) []leakcheck.NotJudged {
	var all []leakcheck.NotJudged
	for _, n := range r.NotJudged {
		if last := len(all) - 1; last >= 0 && all[last].Why == n.Why {
			all[last].Name += ", " + n.Name
			continue
		}
		all = append(all, n)
	}
	return all
}

// judgedOf says how many ways were judged.
func judgedOf(r *leakcheck.Report) string {
	ways := len(r.Judged)
	for _, n := range r.NotJudged {
		if _, err := loadgen.ParseDisconnect(n.Name); err == nil {
			ways++
		}
	}
	return fmt.Sprintf("%d of %d ways judged", len(r.Judged), ways)
}

func comma(n int) string { return humanize.Comma(int64(n)) }

// plural says one of a thing, or how many; many has a %s for the number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, comma(n))
}

// length writes a time to at most three digits: "4 s", "120 ms", "1m40s". Each
// form begins where the one before would round to a digit more.
func length(seconds float64) string {
	switch {
	case seconds >= 99.5:
		const most = math.MaxInt64 / int64(time.Second) // that a Duration can hold
		return time.Duration(min(seconds, float64(most)) * float64(time.Second)).Round(time.Second).String()
	case seconds >= 9.995 || seconds == float64(int(seconds)):
		return fmt.Sprintf("%.0f s", seconds)
	case seconds >= 0.9995:
		return fmt.Sprintf("%.2f s", seconds)
	case seconds >= 0.00995:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	default:
		return fmt.Sprintf("%.1f ms", seconds*1000)
	}
}

// day is a moment for people.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func names(ds []loadgen.Disconnect) string {
	all := make([]string, len(ds))
	for i, d := range ds {
		all[i] = string(d)
	}
	return strings.Join(all, ", ")
}
