package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// swapped tells whether sessions of wave i may have stayed in the place of some that
// earlier waves had left, and that went in its time: where fewer are past their windows
// at its end than were before it, and where as many are, but the earlier ones came to
// the age of the server's timeout meanwhile and the count fell. Both may be amiss by a
// margin.
func (c curve) swapped(e *Evidence, i, before, after, margin int) bool {
	if before == 0 || after == 0 || after > before+margin {
		return false
	}
	if after < before-margin {
		return true
	}
	timeout := e.timeoutSeen()
	if timeout == 0 {
		return false
	}
	for k := range i {
		if b := c.ebb(e, k); (b.leaked > b.late || b.remaining > 0 || b.doubtful) && c.fellAtAge(e, k, i, timeout, margin) {
			return true
		}
	}
	return false
}

// fellAtAge tells whether the count may have fallen, in the time of wave i, when the streams
// of wave k came to an age. Who left at that moment may hide it.
func (c curve) fellAtAge(e *Evidence, k, i int, age time.Duration, margin int) bool {
	w := e.waves()[i]
	var from, until time.Duration
	for _, r := range e.inWave(k) {
		end := r.Connected + age
		if !gone(r) || r.Control() || end <= w.From-timeoutSlack || end >= w.Until+timeoutSlack {
			continue
		}
		if from == 0 {
			from = end
		}
		from, until = min(from, end), max(until, end)
	}
	lag := settleTime(e.Poll)
	from, until = max(w.From, from-timeoutSlack), min(w.Until-lag, until+timeoutSlack)
	if from >= until { // they came to it before the wave, or after
		return false
	}
	left := func(r loadgen.Record) bool { return gone(r) && !r.Control() && r.Ended >= from && r.Ended <= until }
	if slices.ContainsFunc(e.inWave(i), left) {
		return true
	}
	unclaimed := func(r Reading) int { return c.unclaimed(r, e) }
	then, later := c.between(from-lag, from, e.Poll), c.between(until, until+lag, e.Poll)
	if len(then) == 0 || len(later) == 0 {
		return true
	}
	return lowest(unclaimed, later, 2*e.Poll) < lowest(unclaimed, then, 2*e.Poll)-margin
}
