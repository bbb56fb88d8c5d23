package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// changes are the findings of a comparison under the words that tell them.
func changes(c *leakcheck.Comparison) []change {
	return []change{{"gone", c.Gone}, {"new", c.New}, {"still there", c.Same}}
}

type change struct {
	Name     string
	Findings []leakcheck.Finding
}

// side is one of the two reports of a comparison.
type side struct {
	Name string
	*leakcheck.Report
}

func sides(c *leakcheck.Comparison) []side { return []side{{"before", c.Before}, {"after", c.After}} }

// ComparisonHeadline says in one sentence what became of the verdict and of the
// findings.
func ComparisonHeadline(c *leakcheck.Comparison) string {
	return fmt.Sprintf("%s before, %s after: %s gone, %d new, %d still there",
		c.Before.Verdict, c.After.Verdict, plural(len(c.Gone), "1 finding", "%s findings"), len(c.New), len(c.Same))
}

// changeHeads are the columns of the table of a comparison, changeRows its cells.
var changeHeads = []string{"way", "leaked before", "after", "late before", "after", "reclaim p50 before", "after", "p99 before", "after"}

func changeRows(c *leakcheck.Comparison) [][]string {
	all := make([][]string, len(c.Disconnects))
	for i, way := range c.Disconnects {
		before, after := figures(way.Before), figures(way.After)
		all[i] = []string{string(way.Name)}
		for k := range before {
			all[i] = append(all[i], before[k], after[k])
		}
	}
	return all
}

// figures are what is compared of a way: "-" is what is not known.
func figures(row *leakcheck.Row) []string {
	if row == nil {
		return []string{"-", "-", "-", "-"}
	}
	p50, p99 := "-", "-"
	if q := row.Reclaim; q != nil {
		p50, p99 = length(q.P50), length(q.P99)
	}
	return []string{fmt.Sprintf("%s of %s", comma(row.Leaked), comma(row.Left)), comma(row.Late), p50, p99}
}

// TextComparison writes a comparison for people, its headline as the last line.
func TextComparison(w io.Writer, c *leakcheck.Comparison, style Style) error {
	c = printable(c)
	var b bytes.Buffer
	for _, s := range sides(c) {
		fmt.Fprintf(&b, "%-6s  %s: %s\n", s.Name, style.paint(bold+";"+colourOf(s.Verdict), string(s.Verdict)), Headline(s.Report))
		fmt.Fprintf(&b, "        %s, %s, took %s\n", s.Target, day(s.Started), length(s.Took))
	}
	if len(c.Disconnects) > 0 {
		b.WriteByte('\n')
		table(&b, changeHeads, changeRows(c))
	}
	for _, change := range changes(c) {
		for _, f := range change.Findings {
			var text bytes.Buffer
			finding(&text, f, style)
			fmt.Fprintf(&b, "\n%s: %s", change.Name, bytes.TrimLeft(text.Bytes(), "\n"))
		}
	}
	if len(c.Worse) > 0 {
		b.WriteByte('\n')
	}
	for _, worse := range c.Worse {
		fmt.Fprintf(&b, "worse: %s\n", worse.Summary)
	}
	fmt.Fprintf(&b, "\n%s\n", ComparisonHeadline(c))
	_, err := w.Write(b.Bytes())
	return err
}

func markdownComparison(w io.Writer, c *leakcheck.Comparison) error {
	c = printable(c)
	var b bytes.Buffer
	fmt.Fprintf(&b, "## %s\n\n", prose(ComparisonHeadline(c)))
	for _, s := range sides(c) {
		fmt.Fprintf(&b, "- %s: %s %s: %s (%s, %s, took %s)\n", s.Name, markOf(s.Verdict), prose(string(s.Verdict)), prose(Headline(s.Report)),
			code(s.Target), day(s.Started), length(s.Took))
	}
	if len(c.Disconnects) > 0 {
		b.WriteString("\n### Sessions by way of leaving\n\n")
		markdownTable(&b, changeHeads, changeRows(c))
	}
	if len(c.Worse) > 0 {
		b.WriteString("\n### Worse\n\n")
	}
	for _, worse := range c.Worse {
		fmt.Fprintf(&b, "- %s\n", prose(worse.Summary))
	}
	for _, change := range changes(c) {
		markdownFindings(&b, "Findings "+change.Name, change.Findings)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// jsonComparison writes both reports in full, each in the form of
// [leakcheck.Schema].
func jsonComparison(w io.Writer, c *leakcheck.Comparison) error {
	return writeJSON(w, completed(c))
}

func htmlComparison(w io.Writer, c *leakcheck.Comparison) error {
	return writePage(w, "comparison", completed(c))
}

// completed is a comparison of complete reports.
func completed(c *leakcheck.Comparison) *leakcheck.Comparison {
	full := *c
	before, after := complete(c.Before), complete(c.After)
	full.Before, full.After = &before, &after
	full.Worse = list(c.Worse)
	return &full
}
