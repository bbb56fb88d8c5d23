package leakcheck

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// gauge is what a reading comes to.
type gauge func(Reading) int

// between are the readings of a time, and at every step what the newest one said: a
// reading that says the same is not kept, and means more as windows pass. Where none came
// for long nobody knows.
func (c curve) between(from, until, step time.Duration) []Reading {
	var all []Reading
	step = max(step, time.Millisecond)
	for at := from; at <= until; at += step {
		i := c.after(at)
		if i == 0 {
			continue
		}
		newest := c.readings[i-1]
		if at <= newest.At+step || (i < len(c.readings) && c.readings[i].Count == newest.Count && at <= c.readings[i].Sent) {
			all = append(all, Reading{Sent: at, At: at, Count: newest.Count})
		}
	}
	for _, r := range c.readings {
		if r.At > from && r.At <= until {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Reading) int { return cmp.Compare(a.At, b.At) })
	return all
}

// bounds are a gauge's least and most over some readings.
func bounds(of gauge, readings []Reading) (lowest, highest int) {
	for i, r := range readings {
		v := of(r)
		if i == 0 {
			lowest, highest = v, v
		}
		lowest, highest = min(lowest, v), max(highest, v)
	}
	return lowest, highest
}

// lowest is the least below which a gauge stayed for a span, or to the end, over some
// readings: a count that lags is behind for one of them or two.
func lowest(of gauge, readings []Reading, span time.Duration) int {
	if len(readings) == 0 {
		return 0
	}
	_, end := bounds(of, readings[max(0, len(readings)-3):]) // it may have paused then
	return min(end, -sustained(func(r Reading) int { return -of(r) }, readings, span))
}

// sustained is the most above which a gauge stayed for a span, over some readings.
func sustained(of gauge, readings []Reading, span time.Duration) int {
	values := make([]int, len(readings))
	for i, r := range readings {
		values[i] = of(r)
	}
	best := math.MinInt
	for i, r := range readings {
		if i > 0 && r.At+span > readings[len(readings)-1].At {
			break
		}
		low := values[i]
		for k := i + 1; k < len(readings) && readings[k].At <= r.At+span; k++ {
			low = min(low, values[k])
		}
		best = max(best, low)
	}
	return best
}
