package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// curve is the count of one role over time: the sum of all its tracks, as
// replicas add up.
type curve struct {
	baseline, noise int
	readings        []Reading
}

// sum adds the tracks of a role up: at each reading the newest count of every
// track. It starts when every track has been read.
func sum(tracks []Track) curve {
	var c curve
	type read struct {
		track int
		Reading
	}
	var all []read
	for i, t := range tracks {
		c.baseline += t.Baseline
		c.noise += t.noise()
		for _, r := range t.Readings {
			all = append(all, read{i, r})
		}
	}
	slices.SortStableFunc(all, func(a, b read) int { return cmp.Compare(a.At, b.At) })
	newest := make([]*Reading, len(tracks))
	for _, r := range all {
		newest[r.track] = &r.Reading
		if slices.Contains(newest, nil) {
			continue
		}
		total := Reading{Sent: r.Sent, At: r.At}
		for _, n := range newest {
			total.Count += n.Count
		}
		c.readings = append(c.readings, total)
	}
	return c
}

// peak is the highest count.
func (c curve) peak() int {
	peak := 0
	for _, r := range c.readings {
		peak = max(peak, r.Count)
	}
	return peak
}

// last is the newest reading; the zero reading where there is none.
func (c curve) last() Reading { return Track{Readings: c.readings}.last() }

// excess is how far a reading is above everything that may be there: what was
// before the run, the streams that had connected when the answer came, less
// those whose windows had passed when it was asked for.
func (c curve) excess(r Reading, e *Evidence) int {
	allowed := c.baseline + c.noise
	for _, rec := range e.Records {
		there := rec.Connected != 0 && rec.Connected <= r.At
		passed := rec.End != loadgen.Open && rec.Ended+e.Windows[way(rec)] < r.Sent
		if there && !passed {
			allowed++
		}
	}
	return r.Count - allowed
}

// overdue is how many sessions were there after their windows at the worst
// moment, and how many of them came back in the end. Nobody can tell which.
func (c curve) overdue(e *Evidence) (leaked, late int) {
	for _, r := range c.readings {
		leaked = max(leaked, c.excess(r, e))
	}
	if leaked == 0 {
		return 0, 0
	}
	return leaked, leaked - max(0, c.excess(c.last(), e))
}

// reclaims matches streams that left with falls of the count, first come first
// served: the time of each, as far as they are back.
func (c curve) reclaims(records []loadgen.Record) []time.Duration {
	var connected, ended []time.Duration
	for _, rec := range records {
		if rec.Connected != 0 {
			connected = append(connected, rec.Connected)
		}
		if gone(rec) {
			ended = append(ended, rec.Ended)
		}
	}
	slices.Sort(connected)
	slices.Sort(ended)
	var times []time.Duration
	for _, r := range c.readings {
		came, _ := slices.BinarySearch(connected, r.At+1)
		back := min(came-(r.Count-c.baseline), len(ended))
		for len(times) < back {
			times = append(times, max(0, r.At-ended[len(times)]))
		}
	}
	return times
}
