package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// quantiles sums up times; nil where there are none. The slice is sorted in
// place.
func quantiles(times []time.Duration) *Quantiles {
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	at := func(percent int) float64 {
		return times[(len(times)*percent+99)/100-1].Seconds()
	}
	return &Quantiles{Min: times[0].Seconds(), P50: at(50), P90: at(90), P99: at(99), Max: at(100)}
}

// measured turns a load's figure into a report's; nil where it was never
// measured.
func measured(q loadgen.Quantiles) *Quantiles {
	if q.Count == 0 {
		return nil
	}
	return &Quantiles{Min: q.Min, P50: q.P50, P90: q.P90, P99: q.P99, Max: q.Max}
}
