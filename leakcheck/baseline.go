package leakcheck

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// baselineReads is how many readings the baseline is made of.
const baselineReads = 5

// crowdedBaseline is how long it takes at least where sessions of others are there, which may
// come and go.
const crowdedBaseline = 3 * time.Second

// readBaseline starts the watchers and waits for their first readings.
func (r *run) readBaseline(ctx context.Context) bool {
	r.start = time.Now()
	names := map[string]int{}
	for i, p := range r.config.Probes {
		// The watchers outlive ctx: what is known when a run is interrupted is
		// known of every probe. release ends them.
		r.watchers = append(r.watchers, watch(context.WithoutCancel(ctx), p, unique(p.Series(), names), r.before[i], r.config.Poll, r.start))
	}
	began := time.Now()
	return r.during(ctx, Baseline, func() bool {
		length := baselineReads * r.config.Poll
		if slices.ContainsFunc(r.watchers, (*watcher).crowded) {
			length = max(length, crowdedBaseline)
		}
		return time.Since(began) > length && (r.read(1) || r.failing() != "")
	})
}

// unique gives a name that was taken before a number: "sessions 2".
func unique(series []Series, taken map[string]int) []Series {
	series = slices.Clone(series)
	for i := range series {
		s := &series[i]
		if taken[s.Name]++; taken[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s %d", s.Name, taken[s.Name])
		}
	}
	return series
}
