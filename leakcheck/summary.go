package leakcheck

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// maxReadings is how many readings a report holds.
const maxReadings = 2000

// sumUp writes the parts of the report that are only counted.
func (j *judge) sumUp() {
	c := loadgen.Count(j.e.Records)
	j.report.Streams = Streams{
		Planned: c.Planned, Opened: c.Opened, Rejected: c.Rejected,
		CutByServer: c.Cut, Completed: c.Completed, Failed: c.Failed, Untried: c.Untried,
	}
	for _, r := range j.e.Records {
		if r.Disconnect == loadgen.Stall && r.End == loadgen.Left {
			j.report.Streams.Stalled++
		}
	}
	figures := j.e.Latency
	j.report.Latency = Latency{
		Connect:      measured(figures[loadgen.Connect]),
		FirstEvent:   measured(figures[loadgen.FirstEvent]),
		Gap:          measured(figures[loadgen.Gap]),
		HeartbeatGap: measured(figures[loadgen.HeartbeatGap]),

		ConnectHistogram:      j.e.Histograms[loadgen.Connect],
		FirstEventHistogram:   j.e.Histograms[loadgen.FirstEvent],
		GapHistogram:          j.e.Histograms[loadgen.Gap],
		HeartbeatGapHistogram: j.e.Histograms[loadgen.HeartbeatGap],
	}
	j.report.Probes = []ProbeSummary{}
	for _, t := range j.e.Tracks {
		j.report.Probes = append(j.report.Probes, ProbeSummary{
			Series: t.Series, Baseline: t.Baseline, Peak: curve{readings: t.Readings}.peak(), End: t.last().Count,
			IDs: t.byID(), Failures: t.Failures,
		})
	}
	j.report.Readings = thin(j.e.Tracks)
}

// thin puts the readings of all tracks in one row, at most maxReadings: of more
// than that every second one goes, until they fit. The first, the highest and the last
// of each track stay.
func thin(tracks []Track) []ReadingAt {
	type reading struct {
		ReadingAt
		stays bool
	}
	var all []reading
	for _, t := range tracks {
		peak := curve{readings: t.Readings}.peak()
		for i, r := range t.Readings {
			last := i == len(t.Readings)-1
			if i > 0 && !last && t.Readings[i-1].Count == r.Count {
				continue
			}
			highest := r.Count == peak
			if highest {
				peak = -1 // once is enough
			}
			all = append(all, reading{ReadingAt{At: round(r.At), Probe: t.Name, Count: r.Count}, i == 0 || last || highest})
		}
	}
	slices.SortStableFunc(all, func(a, b reading) int { return cmp.Compare(a.At, b.At) })
	for before := 0; len(all) > maxReadings && len(all) != before; {
		before = len(all)
		kept := all[:0]
		for i, r := range all {
			if i%2 == 0 || r.stays {
				kept = append(kept, r)
			}
		}
		all = kept
	}
	readings := make([]ReadingAt, len(all))
	for i, r := range all {
		readings[i] = r.ReadingAt
	}
	return readings
}

// round is a moment to the millisecond, in seconds.
func round(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// tally writes what happened how often, the most frequent first.
func tally(by map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s: %s", k, thousands(by[k])))
	}
	const most = 5
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d other kinds", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}
