package report

import (
	"bytes"
	"html/template"
	"math"
	"slices"

	"github.com/go-analyze/charts/chartdraw"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// A chart's elements have classes and no colours: the page's style gives those,
// in light and dark. The class of a series is its first argument below.

// line is a series that is drawn as a line, or with a class that fills it, as an
// area.
func line(class string, xs, ys []float64) chartdraw.ContinuousSeries {
	return chartdraw.ContinuousSeries{
		Style: classed(class), YAxis: chartdraw.YAxisSecondary, // the one at the left
		XValues: xs, YValues: ys,
	}
}

// box is a filled rectangle that stands on zero.
func box(class string, left, right, height float64) chartdraw.ContinuousSeries {
	return line(class, []float64{left, left, right, right}, []float64{0, height, height, 0})
}

// classed is a style that leaves everything to CSS. The library draws what has a
// colour and a width, so it gets some.
func classed(class string) chartdraw.Style {
	return chartdraw.Style{
		ClassName: class, StrokeWidth: 1, StrokeColor: chartdraw.ColorBlack, FillColor: chartdraw.ColorBlack,
		FontStyle: chartdraw.FontStyle{FontSize: chartFont},
	}
}

const chartFont = 9 // points; the style has the same in pixels

// axis is one axis of a chart: its bounds and its marks.
type axis struct {
	from, to float64
	ticks    []chartdraw.Tick
}

// bounded are the marks with one at each bound: the library takes the outermost
// marks for the bounds.
func (a axis) bounded() []chartdraw.Tick {
	return slices.Concat([]chartdraw.Tick{{Value: a.from}}, a.ticks, []chartdraw.Tick{{Value: a.to}})
}

// frame is the size of a chart, in pixels.
type frame struct{ width, height int }

// svg draws a chart.
func svg(size frame, x, y axis, series ...chartdraw.Series) template.HTML {
	c := chartdraw.Chart{
		Width: size.width, Height: size.height,
		Background: classed("blank"), Canvas: classed("blank"),
		XAxis: chartdraw.XAxis{
			Style: classed("axis"), Range: &chartdraw.ContinuousRange{Min: x.from, Max: x.to},
			GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden(),
		},
		YAxis: chartdraw.YAxis{Style: chartdraw.Hidden(), Range: &chartdraw.ContinuousRange{Min: y.from, Max: y.to}},
		YAxisSecondary: chartdraw.YAxis{
			Style: classed("axis"), Range: &chartdraw.ContinuousRange{Min: y.from, Max: y.to},
			GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden(), Zero: chartdraw.GridLine{Style: chartdraw.Hidden()},
		},
		Series: series,
	}
	c.Background.Padding = chartdraw.Box{Top: 10, Left: 4, Right: 14, Bottom: 4, IsSet: true}
	c.XAxis.Ticks, c.YAxisSecondary.Ticks = x.bounded(), y.bounded()
	var b bytes.Buffer
	if err := c.Render(chartdraw.SVG, &b); err != nil {
		return "" // there is nothing to draw
	}
	return template.HTML(b.String())
}

// counts is the axis of a number of sessions, from zero to a round number above
// the highest.
func counts(highest int) axis {
	step := roundStep(float64(max(highest, 1)) / 4)
	a := axis{to: step * math.Ceil(float64(max(highest, 1))/step)}
	for v := 0.0; v <= a.to; v += step {
		a.ticks = append(a.ticks, chartdraw.Tick{Value: v, Label: comma(int(v))})
	}
	return a
}

// roundStep is the smallest of 1, 2, 5, 10, 20 and so on that is not below v.
func roundStep(v float64) float64 {
	for step := 1.0; ; step *= 10 {
		for _, by := range []float64{1, 2, 5} {
			if step*by >= v {
				return step * by
			}
		}
	}
}

// timeline is the axis of a run's time, with about so many marks.
func timeline(took float64, marks int) axis {
	a := axis{to: took}
	step := roundStep(took*10/float64(marks)) / 10
	for v := 0.0; v <= took; v += step {
		a.ticks = append(a.ticks, chartdraw.Tick{Value: v, Label: moment(v)})
	}
	return a
}

// decades is the axis of times that differ by orders of magnitude: its values are
// logarithms.
func decades(shortest, longest float64) axis {
	a := axis{from: math.Floor(log(shortest)), to: math.Ceil(log(longest))}
	if a.from == a.to {
		a.to++
	}
	for v := a.from; v <= a.to; v++ {
		a.ticks = append(a.ticks, chartdraw.Tick{Value: v, Label: length(math.Pow(10, v))})
	}
	return a
}

// log is a time's place on the axis of decades, which begins at a tenth of a
// millisecond.
func log(seconds float64) float64 { return math.Log10(max(seconds, 0.0001)) }

// steps are the corners of a count that holds until the next one, up to an end.
func steps(points []leakcheck.CountAt, end float64) (xs, ys []float64) {
	xs, ys = []float64{0}, []float64{0}
	if len(points) > 0 && points[0].At == 0 {
		ys[0] = float64(points[0].Count)
	}
	for _, p := range points {
		at := min(p.At, end)
		xs = append(xs, at, at)
		ys = append(ys, ys[len(ys)-1], float64(p.Count))
	}
	return append(xs, end), append(ys, ys[len(ys)-1])
}
