package report

import (
	"cmp"
	"html/template"
	"math"
	"slices"

	"github.com/go-analyze/charts/chartdraw"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// overview draws the sessions and upstreams over a run, with the time in which
// streams left and the windows behind it, on an axis that goes on until a moment.
// It is empty where nothing was read.
func overview(r *leakcheck.Report, size frame, until float64) template.HTML {
	if len(r.Readings) == 0 || r.Took <= 0 {
		return ""
	}
	highest := 0
	var lines []chartdraw.Series
	for _, role := range []leakcheck.Role{leakcheck.Sessions, leakcheck.Upstreams} {
		points := ofRole(r, role)
		if points == nil {
			continue
		}
		for _, p := range points {
			highest = max(highest, p.Count)
		}
		xs, ys := steps(points, r.Took)
		lines = append(lines, line(string(role), xs, ys))
	}
	y := counts(highest)
	return svg(size, timeline(until, size.width/90), y, append(leaving(r, r.History, y.to), lines...)...)
}

// The sizes of charts. Text keeps its size only where a chart is shown about as
// wide as it was drawn.
var (
	broad  = frame{960, 300}
	narrow = frame{480, 240}
)

// ofRole is the sum of what a role's probes read; nil where nothing was.
func ofRole(r *leakcheck.Report, role leakcheck.Role) []leakcheck.CountAt {
	newest := map[string]int{}
	total := 0
	for _, p := range r.Probes {
		if p.Role == role {
			newest[p.Name] = p.Baseline
			total += p.Baseline
		}
	}
	if !slices.ContainsFunc(r.Readings, func(reading leakcheck.ReadingAt) bool { _, ok := newest[reading.Probe]; return ok }) {
		return nil
	}
	points := []leakcheck.CountAt{{Count: total}}
	for _, reading := range r.Readings {
		if before, ok := newest[reading.Probe]; ok {
			total += reading.Count - before
			newest[reading.Probe] = reading.Count
			points = append(points, leakcheck.CountAt{At: reading.At, Count: total})
		}
	}
	return points
}

// leaving marks when streams left, and until when their sessions may remain.
func leaving(r *leakcheck.Report, histories []leakcheck.History, top float64) []chartdraw.Series {
	var left, windows []leakcheck.Span
	for _, h := range histories {
		spans := h.Left
		if len(spans) == 0 {
			spans = []leakcheck.Span{{From: h.LeftFrom, Until: h.LeftUntil}}
		}
		for _, s := range spans {
			until := min(s.Until+windowOf(r, h), r.Took)
			windows = append(windows, leakcheck.Span{From: s.Until, Until: max(s.Until, until)})
			left = append(left, leakcheck.Span{From: s.From, Until: max(s.Until, s.From+r.Took/200)}) // at least as wide as a line
		}
	}
	var all []chartdraw.Series
	for _, s := range together(windows) {
		all = append(all, box("window", s.From, s.Until, top))
	}
	for _, s := range together(left) {
		all = append(all, box("leaving", s.From, s.Until, top))
	}
	return all
}

// together makes one of those that overlap, or their colours would add up.
func together(all []leakcheck.Span) []leakcheck.Span {
	slices.SortFunc(all, func(a, b leakcheck.Span) int { return cmp.Compare(a.From, b.From) })
	var merged []leakcheck.Span
	for _, s := range all {
		if last := len(merged) - 1; last >= 0 && s.From <= merged[last].Until {
			merged[last].Until = max(merged[last].Until, s.Until)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func windowOf(r *leakcheck.Report, h leakcheck.History) float64 {
	for _, row := range r.Disconnects {
		if row.Name == h.Name {
			return row.Window
		}
	}
	return 0
}

// wayChart draws the sessions of one way; empty where nobody could tell them from
// others.
func wayChart(r *leakcheck.Report, h leakcheck.History) template.HTML {
	if len(h.Sessions) == 0 || r.Took <= 0 {
		return ""
	}
	highest := 0
	for _, p := range h.Sessions {
		highest = max(highest, p.Count)
	}
	y := counts(highest)
	series := leaving(r, []leakcheck.History{h}, y.to)
	xs, ys := steps(h.Sessions, r.Took)
	return svg(frame{360, 170}, timeline(r.Took, 4), y, append(series, line("sessions", xs, ys))...)
}

// times is a row of a chart of times: a line from the shortest to the longest, a
// bar from the median to the 99th percentile or, where they are known, the
// distribution itself, and a mark where a window ends.
type times struct {
	name    string
	q       *leakcheck.Quantiles
	buckets []loadgen.Bucket
	window  float64
}

func timesChart(rows []times) template.HTML {
	if len(rows) == 0 {
		return ""
	}
	shortest, longest := math.Inf(1), 0.0
	for _, row := range rows {
		shortest, longest = min(shortest, row.q.Min), max(longest, row.q.Max, row.window)
		if row.window > 0 {
			shortest = min(shortest, row.window)
		}
	}
	x := decades(shortest, longest)
	y := axis{to: float64(len(rows))}
	var series []chartdraw.Series
	for i, row := range rows {
		ground := float64(len(rows)-i) - 0.85
		y.ticks = append(y.ticks, chartdraw.Tick{Value: ground + 0.3, Label: row.name})
		series = append(series, row.draw(ground, x.from)...)
	}
	return svg(frame{narrow.width, 60 + 34*len(rows)}, x, y, series...)
}

func (t times) draw(ground, left float64) []chartdraw.Series {
	const height = 0.7
	at := func(seconds float64) float64 { return max(left, log(seconds)) }
	flat := func(class string, from, to, y float64) chartdraw.Series {
		return line(class, []float64{from, to}, []float64{y, y})
	}
	upright := func(class string, x, to float64) chartdraw.Series {
		return line(class, []float64{x, x}, []float64{ground, ground + to})
	}
	all := []chartdraw.Series{flat("whisker", at(t.q.Min), at(t.q.Max), ground)}
	most := 0
	for _, b := range t.buckets {
		most = max(most, b.Count)
	}
	for _, b := range t.buckets {
		from, to, top := at(b.From), at(b.To), ground+height*float64(b.Count)/float64(most)
		all = append(all, bar(from, to, ground, top))
	}
	if most == 0 {
		all = append(all, bar(at(t.q.P50), at(t.q.P99), ground, ground+height/2))
	}
	all = append(all, upright("median", at(t.q.P50), height))
	if t.window > 0 {
		all = append(all, upright("bound", at(t.window), height))
	}
	return all
}

// bar is a rectangle's outline, which the style fills.
func bar(from, to, ground, top float64) chartdraw.Series {
	return line("bar", []float64{from, from, to, to, from}, []float64{ground, top, top, ground, ground})
}
