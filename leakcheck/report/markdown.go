package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Markdown writes a report in the Markdown of GitHub and GitLab: the verdict,
// the findings, a table by way, and what else was measured.
func Markdown(w io.Writer, r *leakcheck.Report) error {
	r = printable(r)
	var b bytes.Buffer
	fmt.Fprintf(&b, "## %s %s: %s\n\n", markOf(toneOf(r)), prose(string(r.Verdict)), prose(Headline(r)))
	fmt.Fprintf(&b, "%s, %s, %s\n", code(r.Target), day(r.Started), prose(r.Tool))
	markdownFindings(&b, "Findings", r.Findings)
	if len(r.Disconnects) > 0 {
		b.WriteString("\n### Sessions by way of leaving\n\n")
		markdownTable(&b, wayHeads, wayRows(r.Disconnects))
	}
	markdownNotJudged(&b, r)
	markdownMeasured(&b, r)
	b.WriteString("\n### The run\n\n")
	markdownFacts(&b, r)
	markdownIDs(&b, r.Disconnects)
	_, err := w.Write(b.Bytes())
	return err
}

func markOf(v leakcheck.Verdict) string {
	switch v {
	case leakcheck.Clean:
		return "✅"
	case leakcheck.Inconclusive:
		return "⚠️"
	default:
		return "❌"
	}
}

func markdownFindings(w *bytes.Buffer, title string, findings []leakcheck.Finding) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintf(w, "\n### %s\n\n", title)
	for _, f := range findings {
		fmt.Fprintf(w, "- **%s** %s%s: %s\n", prose(string(f.Severity)), code(string(f.Code)), prose(ofWays(f)), prose(f.Summary))
		if f.Evidence != "" {
			fmt.Fprintf(w, "  - seen: %s\n", prose(f.Evidence))
		}
		if f.Hint != "" {
			fmt.Fprintf(w, "  - try: %s\n", prose(f.Hint))
		}
		for _, fix := range f.Fixes {
			fmt.Fprintf(w, "  - in %s: %s\n", prose(string(fix.Framework)), prose(fix.Text))
		}
	}
}

func markdownNotJudged(w *bytes.Buffer, r *leakcheck.Report) {
	if len(r.NotJudged) == 0 {
		return
	}
	fmt.Fprintf(w, "\n### Not judged (%s)\n\n", judgedOf(r))
	for _, n := range byReason(r) {
		fmt.Fprintf(w, "- **%s**: %s; try: %s\n", prose(n.Name), prose(n.Why), prose(n.How))
	}
}

func markdownFacts(w *bytes.Buffer, r *leakcheck.Report) {
	for _, f := range runFacts(r) {
		fmt.Fprintf(w, "- %s: %s\n", f.Name, prose(f.Text))
	}
	for _, p := range r.Probes {
		fmt.Fprintf(w, "- %s: %s (%s, %s)\n", prose(p.Name), probeCounts(p), code(p.Spec), readBy(p))
	}
	for _, f := range slopeFacts(r) {
		fmt.Fprintf(w, "- %s: %s\n", f.Name, prose(f.Text))
	}
}

// markdownIDs folds the leaked sessions away: there may be many.
func markdownIDs(w *bytes.Buffer, rows []leakcheck.Row) {
	for _, row := range rows {
		if len(row.LeakedIDs) == 0 {
			continue
		}
		ids := make([]string, len(row.LeakedIDs))
		for i, id := range row.LeakedIDs {
			ids[i] = code(id)
		}
		fmt.Fprintf(w, "\n<details><summary>leaked by %s (%d of %s)</summary>\n\n%s\n\n</details>\n",
			prose(string(row.Name)), len(ids), comma(row.Leaked), strings.Join(ids, " "))
	}
}

// markdownTable writes a table whose first column is set to the left, and those
// of numbers to the right.
func markdownTable(w *bytes.Buffer, heads []string, rows [][]string) {
	line := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(w, "| %s ", strings.ReplaceAll(prose(c), "|", `\|`))
		}
		w.WriteString("|\n")
	}
	line(heads)
	w.WriteString("|:--" + strings.Repeat("|--:", len(heads)-1) + "|\n")
	for _, cells := range rows {
		line(cells)
	}
}

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"~", `\~`, "#", `\#`, "$", `\$`, "@", "&#64;", "!", `\!`)

// prose escapes what Markdown would take for more than text. A pipe is none but
// in tables, which escape it.
func prose(s string) string { return markup.Replace(s) }

// code writes a code span, between more backticks than stand in it (CommonMark
// 6.1).
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if s == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}
