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
	before          int // the warm-up
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
		c.before += t.Before
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
		total := Reading{Sent: r.Sent, At: r.At, Output: &Output{Direct: true}}
		for _, n := range newest {
			total.Count += n.Count
			total.Output = total.Output.plus(n.Output)
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
// before the run, the strangers that came since, and the streams that had
// connected when the answer came, less those whose windows had passed when it was
// asked for.
func (c curve) excess(r Reading, e *Evidence) int {
	allowed := c.baseline + e.newStrangers(r.At)
	for _, rec := range e.Records {
		there := rec.Connected != 0 && rec.Connected <= r.At
		passed := rec.End != loadgen.Open && !e.undecided(way(rec)) && rec.Ended+e.window(rec) < r.Sent
		if there && !passed {
			allowed++
		}
	}
	return r.Count - allowed
}

// newStrangers is how many sessions of others had come by a moment, where a list
// of ids tells.
func (e *Evidence) newStrangers(at time.Duration) int {
	most := 0
	for _, t := range e.Tracks {
		if t.Role != Sessions || !t.byID() {
			continue
		}
		now := 0
		for _, r := range t.Readings {
			if r.At > at {
				break
			}
			now = r.Strangers
		}
		most += max(0, now-t.Baseline)
	}
	return most
}

// swing is how far other clients moved the count while nothing of the run's had
// left: before the run, and while it opened and held.
func (c curve) swing(e *Evidence) int {
	swing := c.noise
	first := firstEnded(e.Records)
	for _, r := range c.readings {
		if first == 0 || r.At < first {
			swing = max(swing, c.excess(r, e))
		}
	}
	return swing
}

// firstEnded is when the first stream ended; zero where none has.
func firstEnded(records []loadgen.Record) time.Duration {
	var first time.Duration
	for _, r := range records {
		if r.End != loadgen.Open && (first == 0 || r.Ended < first) {
			first = r.Ended
		}
	}
	return first
}

// overdue is how many sessions were there after their windows at the worst
// moment, and how many of them came back in the end. Nobody can tell which. What
// is within the swing of other clients accuses nobody.
func (c curve) overdue(e *Evidence) (leaked, late int) {
	swing := c.swing(e)
	for _, r := range c.readings {
		leaked = max(leaked, c.excess(r, e)-swing)
	}
	if leaked == 0 {
		return 0, 0
	}
	return leaked, leaked - max(0, c.excess(c.last(), e)-swing)
}

// remaining is how many sessions the last reading shows above what was before
// the run and the streams that were open then, whatever their windows.
func (c curve) remaining(e *Evidence) int {
	last := c.last()
	open := 0
	for _, r := range e.Records {
		if r.Connected != 0 && r.Connected <= last.At && (r.End == loadgen.Open || r.Ended > last.Sent) {
			open++
		}
	}
	return max(0, last.Count-c.baseline-c.swing(e)-open-e.newStrangers(last.At))
}

// reclaims matches streams that left with falls of the count, first come first
// served: the time of each, as far as they are back.
func (c curve) reclaims(records []loadgen.Record) []time.Duration {
	var came, ended []time.Duration
	for _, rec := range records {
		if rec.Connected != 0 {
			came = append(came, rec.Connected)
		}
		if gone(rec) {
			ended = append(ended, rec.Ended)
		}
	}
	slices.Sort(came)
	slices.Sort(ended)
	var times []time.Duration
	for _, r := range c.readings {
		by, _ := slices.BinarySearch(came, r.At+1)
		back := min(by-(r.Count-c.baseline), len(ended))
		for len(times) < back && ended[len(times)] <= r.At { // else the count is behind the streams that come
			times = append(times, r.At-ended[len(times)])
		}
	}
	return times
}

// mostLive is the highest number of streams that were open at one moment,
// controls among them. Early ones leave before anybody can look.
func mostLive(records []loadgen.Record) int {
	var steps []step
	for _, r := range records {
		if r.Opened == 0 || r.Disconnect == loadgen.Early {
			continue
		}
		steps = append(steps, step{r.Opened, 1})
		if r.End != loadgen.Open {
			steps = append(steps, step{r.Ended, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by))
	})
	now, most := 0, 0
	for _, s := range steps {
		now += s.by
		most = max(most, now)
	}
	return most
}
