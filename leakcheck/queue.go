package leakcheck

import (
	"cmp"
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

// inLine tells whether those that came back late did so in the order in which they had left,
// as from a queue. Nothing else that takes its time does: who notices by a write, or by a
// kernel that gives up, knows of no order. Where sessions are only counted their pace has
// told ([curve.queued]).
func (j *judge) inLine() bool {
	if !j.byID {
		return true
	}
	type late struct{ ended, gone time.Duration }
	var all []late
	tracks := j.tracks(Sessions)
	for _, r := range j.e.Records {
		s := sighted(tracks, r.N)
		if gone(r) && !r.Control() && s.Gone != 0 && s.Last-r.Ended > j.e.window(r) {
			all = append(all, late{r.Ended, s.Gone})
		}
	}
	slices.SortFunc(all, func(a, b late) int { return cmp.Compare(a.ended, b.ended) })
	inOrder := 0
	for i := range all[min(1, len(all)):] {
		if all[i+1].gone >= all[i].gone {
			inOrder++
		}
	}
	return len(all) >= fewestQueued && float64(inOrder) >= enoughSeen*float64(len(all)-1)
}
