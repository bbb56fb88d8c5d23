package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/guptarohit/asciigraph"

	"github.com/sse-tool/sse-tool/leakcheck"
)

const (
	curveWidth  = 64
	curveHeight = 8
)

// curve draws the sessions over time; it is empty where nothing was read.
func curve(r *leakcheck.Report) string {
	points := sessionsOverTime(r, curveWidth)
	if points == nil {
		return ""
	}
	return asciigraph.Plot(points,
		// No more rows than sessions: else two rows have the same number.
		asciigraph.Height(min(curveHeight, max(1, int(slices.Max(points))))),
		asciigraph.LowerBound(0),
		asciigraph.Precision(0),
		asciigraph.XAxisRange(0, r.Took),
		asciigraph.XAxisTickCount(5),
		asciigraph.XAxisValueFormatter(moment),
		asciigraph.Caption("sessions over time"),
	)
}

// moment writes a place on the axis of time; below 100 s to a tenth, or the
// marks of a short run would have the same number.
func moment(seconds float64) string {
	if seconds >= 100 {
		return fmt.Sprintf("%.0fs", seconds)
	}
	return fmt.Sprintf("%gs", math.Round(seconds*10)/10)
}

// sessionsOverTime samples the sum of all session probes at n moments of a run:
// a reading holds until the next one.
func sessionsOverTime(r *leakcheck.Report, n int) []float64 {
	counts := map[string]int{}
	for _, p := range r.Probes {
		if p.Role == leakcheck.Sessions {
			counts[p.Name] = p.Baseline
		}
	}
	if len(counts) == 0 || len(r.Readings) == 0 || r.Took <= 0 {
		return nil
	}
	points := make([]float64, n)
	next := 0
	for i := range points {
		for until := r.Took * float64(i+1) / float64(n); next < len(r.Readings) && r.Readings[next].At <= until; next++ {
			if _, ok := counts[r.Readings[next].Probe]; ok {
				counts[r.Readings[next].Probe] = r.Readings[next].Count
			}
		}
		for _, c := range counts {
			points[i] += float64(c)
		}
	}
	return points
}
