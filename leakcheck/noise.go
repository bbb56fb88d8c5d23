package leakcheck

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// noise is how other clients move a count, by what was seen while nothing of the run's
// had left. The zero value is a count that nobody else moves.
type noise struct {
	// down and up are how far below and above the baseline they went; margin is how
	// much further they may go in the time that comes. Who comes and goes by chance
	// swings by the root of how many they are.
	down, up, margin int
}

// others is the noise of a count.
func (c curve) others(e *Evidence) noise {
	n := noise{down: c.noise}
	first := firstEnded(e.Records)
	for _, r := range c.readings {
		if first == 0 || r.At < first {
			n.up = max(n.up, c.excess(r, e))
		}
	}
	switch {
	case c.alone && c.crowd > 0: // they are known, but for those who came between two readings
		n.margin = int(math.Ceil(math.Sqrt(float64(c.crowd))))
	case n.down+n.up > 0:
		n.margin = int(math.Ceil(2 * math.Sqrt(float64(max(1, c.baseline+n.up)))))
	}
	return n
}

// hides is the largest leak that the others may hide.
func (n noise) hides() int { return n.down + n.up + n.margin }

// span is for how long a count has to stay above what others may make of it, to accuse
// anybody: they come and go.
func (e *Evidence) span() time.Duration { return 2 * settleTime(e.Poll) }

// gauge is what a reading comes to.
type gauge func(Reading) int

// bounds are a gauge's least and most in a time.
func (c curve) bounds(of gauge, from, until time.Duration) (lowest, highest int) {
	lowest = of(c.at(from))
	highest = lowest
	for _, r := range c.readings {
		if r.At > from && r.At <= until {
			v := of(r)
			lowest, highest = min(lowest, v), max(highest, v)
		}
	}
	return lowest, highest
}

// sustained is the most above which a gauge stayed for a span, in a time.
func (c curve) sustained(of gauge, from, until, span time.Duration) int {
	type point struct {
		at time.Duration
		v  int
	}
	points := []point{{from, of(c.at(from))}}
	for _, r := range c.readings {
		if r.At > from && r.At <= until {
			points = append(points, point{r.At, of(r)})
		}
	}
	best := math.MinInt
	for i, p := range points {
		if p.at+span > until && i > 0 {
			break
		}
		low := p.v
		for _, q := range points[i+1:] {
			if q.at >= p.at+span {
				break
			}
			low = min(low, q.v)
		}
		best = max(best, low)
	}
	return best
}

// ebbAmong judges wave i where others come and go. What it left has to stay above what
// was there before it left, and what they add to that by chance.
func (c curve) ebbAmong(n noise, e *Evidence, i int) ebb {
	w, streams := e.waves()[i], e.inWave(i)
	left := firstEnded(streams)
	overdue := func(r Reading) int { return c.excess(r, e) }
	unclaimed := func(r Reading) int { return c.unclaimed(r, e) }
	low, high := -n.down, n.up
	if i > 0 {
		low, high = c.bounds(unclaimed, w.From, left)
		high = max(high, n.up)
	}
	end := w.Until - e.span()
	worst := c.sustained(overdue, left, w.Until, e.span())
	stays, _ := c.bounds(overdue, end, w.Until)
	there, _ := c.bounds(unclaimed, end, w.Until)
	b := ebb{remaining: max(0, there-high-n.margin), read: c.at(w.Until).Sent > lastLeft(streams)}
	if worst > high+n.margin {
		b.leaked = worst - low
		b.late = b.leaked
	}
	if still := stays - low; b.leaked > 0 && stays > high+n.margin {
		if b.late = max(0, b.leaked-still); b.late <= n.margin {
			b.late = 0
		}
	}
	before, after := max(0, high-n.up-n.margin), max(0, stays-n.up-n.margin)
	b.doubtful = (b.leaked > 0 && b.leaked <= controlsEnded(e.Records, w)) || c.swapped(e, i, before, after, n.margin)
	return b
}

// unclaimed is how far a reading is above what was there before the run, the strangers
// that came since, and the streams that were open then, whatever their windows.
func (c curve) unclaimed(at Reading, e *Evidence) int {
	open := 0
	for _, r := range e.Records {
		if r.Connected != 0 && r.Connected <= at.At && (r.End == loadgen.Open || r.Ended > at.Sent) {
			open++
		}
	}
	return at.Count - c.baseline - open - c.strangers(e, at)
}

// noisy tells of others who move a count. Where they may hide as much as left in one way,
// that nothing stays proves nothing.
func (j *judge) noisy(role Role, n noise) {
	if n.hides() == 0 {
		return
	}
	thing := string(role[:len(role)-1])
	f := Finding{
		Code: Noise, Severity: SeverityWarning, Role: role,
		Summary:  fmt.Sprintf("other clients come and go: a leak of up to %s cannot be seen by their number", count(n.hides(), thing)),
		Evidence: fmt.Sprintf("%s moved by %s while nothing of the run's had left", role, thousands(n.down+n.up)),
		Hint:     "run when nobody else does, or give a probe that lists ids",
	}
	if fewest := j.fewestLeft(); fewest > 0 && n.hides() >= fewest {
		f.Severity = SeverityError
		f.Summary = fmt.Sprintf("other clients come and go: a leak of up to %s cannot be seen by their number, and only %s left in one way",
			count(n.hides(), thing), thousands(fewest))
		f.Hint = fmt.Sprintf("take more streams (-n), run when nobody else does, or give a probe that lists ids: with these others it takes %s in each way", thousands(2*n.hides()))
	}
	j.find(f)
}

// fewestLeft is how many streams left in one way in one wave, where the fewest did.
func (j *judge) fewestLeft() int {
	fewest := 0
	for i := range j.e.waves() {
		for _, l := range leftIn(j.e, j.e.inWave(i)) {
			if fewest == 0 || l.Left < fewest {
				fewest = l.Left
			}
		}
	}
	return fewest
}

// ofRun is the count of a role without that of the others, as far as a list of ids tells
// of them: who has a session there has an upstream. Where they have not, it moves by more
// than the count itself.
func (j *judge) ofRun(role Role) curve {
	c := sum(j.tracks(role))
	if role == Sessions || !j.byID {
		return c
	}
	if alone := c.without(j.e, j.tracks(Sessions)); alone.others(j.e).hides() <= c.others(j.e).hides() {
		return alone
	}
	return c
}

// without takes off a count what sessions of others are listed, before the run all that are.
func (c curve) without(e *Evidence, sessions []Track) curve {
	all, first := sum(sessions), firstConnected(e.Records)
	c.alone, c.crowd, c.readings = true, all.baseline, slices.Clone(c.readings)
	baseline, low := math.MinInt, math.MaxInt
	for i := range c.readings {
		r := &c.readings[i]
		if first == 0 || r.At < first {
			r.Count -= all.at(r.At).Count
			baseline, low = max(baseline, r.Count), min(low, r.Count)
			continue
		}
		for _, t := range sessions {
			strangers := curve{readings: t.Readings}.at(r.At).Strangers
			r.Count -= strangers
			c.crowd = max(c.crowd, strangers)
		}
	}
	if low > baseline { // it was not read before
		baseline = c.baseline - all.baseline
		low = baseline
	}
	c.baseline, c.noise = baseline, baseline-low
	return c
}

// firstConnected is when the first stream was connected; zero where none was.
func firstConnected(records []loadgen.Record) time.Duration {
	var first time.Duration
	for _, r := range records {
		if r.Connected != 0 && (first == 0 || r.Connected < first) {
			first = r.Connected
		}
	}
	return first
}
