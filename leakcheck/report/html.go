package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"

	"github.com/sse-tool/sse-tool/leakcheck"
)

//go:embed page.tmpl
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"comma": comma, "length": length, "headline": Headline, "names": names, "facts": runFacts, "slopes": slopeFacts, "counts": probeCounts,
	"readBy": readBy, "judgedOf": judgedOf, "notJudged": byReason, "heads": func() []string { return wayHeads }, "rows": wayRows,
	"overview": overviews, "wayChart": wayChart, "reclaims": reclaimChart, "latencies": latencyChart, "fell": fell,
	"tone":      toneOf,
	"upstreams": func(r *leakcheck.Report) bool { return ofRole(r, leakcheck.Upstreams) != nil },
	"left":      leftOf, "day": day,
	"comparisonHeadline": ComparisonHeadline, "sides": sides, "changes": changes,
	"changeHeads": func() []string { return changeHeads }, "changeRows": changeRows, "beside": beside,
}).Parse(pageText))

// HTML writes a report as one page that needs nothing else: no script, no font, no
// network. The report stands in it as JSON, too, in the element with the id
// "report".
func HTML(w io.Writer, r *leakcheck.Report) error {
	full := complete(r)
	return writePage(w, "report", &full)
}

func writePage(w io.Writer, name string, model any) error {
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, name, printable(model)); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// overviews draws the same twice: the style shows the one that fits the screen.
func overviews(r *leakcheck.Report) map[string]template.HTML {
	chart := overview(r, broad, r.Took)
	if chart == "" {
		return nil
	}
	return map[string]template.HTML{"Broad": chart, "Narrow": overview(r, narrow, r.Took)}
}

// beside draws both runs of a comparison on one axis of time.
func beside(c *leakcheck.Comparison, r *leakcheck.Report) template.HTML {
	return overview(r, narrow, max(c.Before.Took, c.After.Took))
}

// reclaimChart draws how long the sessions of each way took to come back.
func reclaimChart(r *leakcheck.Report) template.HTML {
	var all []times
	for _, row := range r.Disconnects {
		if row.Reclaim == nil {
			continue
		}
		t := times{name: string(row.Name), q: row.Reclaim, window: row.Window}
		for _, h := range r.History {
			if h.Name == row.Name {
				t.buckets = h.Reclaims
			}
		}
		all = append(all, t)
	}
	return timesChart(all)
}

func latencyChart(r *leakcheck.Report) template.HTML {
	var all []times
	for _, l := range latencies(r) {
		all = append(all, times{name: l.name, q: l.Quantiles, buckets: l.buckets})
	}
	return timesChart(all)
}

// leftOf is the row of a way's history.
func leftOf(r *leakcheck.Report, h leakcheck.History) leakcheck.Row {
	for _, row := range r.Disconnects {
		if row.Name == h.Name {
			return row
		}
	}
	return leakcheck.Row{Name: h.Name}
}

// fell sums up what the page shows large.
func fell(r *leakcheck.Report) (sum leakcheck.Row) {
	for _, row := range r.Disconnects {
		sum.Left += row.Left
		sum.Reclaimed += row.Reclaimed
		sum.Leaked += row.Leaked
		sum.Late += row.Late
		sum.Unknown += row.Unknown
	}
	return sum
}
