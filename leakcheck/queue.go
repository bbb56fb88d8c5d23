package leakcheck

import (
	"slices"
	"time"
)

// fewestQueued is how many sessions come back at least where that says how they do.
const fewestQueued = 10

// queued tells whether most of the waves whose sessions came back late fell at one pace
// from the moment that their streams left, as a queue empties. A sweep takes a step, and who
// notices only by writing notices nothing for a heartbeat.
func (c curve) queued(e *Evidence) bool {
	late, queued := 0, 0
	for i := range e.waves() {
		left := leftIn(e, e.inWave(i))
		if c.ebb(e, i).late < fewestQueued || slices.ContainsFunc(left, func(l leftBy) bool { return silent(l.Name) }) {
			continue
		}
		late++
		if c.level(c.others(e).drift, e).falls(e, i) {
			queued++
		}
	}
	return late > 0 && 2*queued > late
}

// falls tells whether the sessions of wave i came back one after the other, by the times
// at which a quarter of them was back, and three.
func (c curve) falls(e *Evidence, i int) bool {
	var ends []time.Duration
	for _, r := range e.inWave(i) {
		if gone(r) && !r.Control() {
			ends = append(ends, r.Ended)
		}
	}
	slices.Sort(ends)
	n := len(ends)
	if n < fewestQueued {
		return false
	}
	unclaimed := func(r Reading) int { return c.unclaimed(r, e) }
	readings := c.between(ends[n-1], e.waves()[i].Until, e.Poll)
	low, high := bounds(unclaimed, readings)
	if high-low < fewestQueued {
		return false
	}
	back := func(part float64) time.Duration {
		at := slices.IndexFunc(readings, func(r Reading) bool { return float64(high-unclaimed(r)) >= part*float64(high-low) })
		return readings[at].At - ends[n/2]
	}
	quarter, three := back(0.25), back(0.75)
	return three-quarter > alike+ends[n*3/4]-ends[n/4] && 5*quarter < 3*three
}
