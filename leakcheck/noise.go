package leakcheck

import (
	"cmp"
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
	// much further they may go in the time that comes. Those who come and go by chance
	// swing by the root of how many they are, and not all that are there do.
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
		n.margin = min(int(math.Ceil(2*math.Sqrt(float64(max(1, c.baseline+n.up))))), 2*(n.down+n.up)+1)
	}
	return n
}

// hides is the largest leak that the others may hide.
func (n noise) hides() int { return n.down + n.up + n.margin }

// span is for how long a count has to stay above what others may make of it, to accuse
// anybody: they come and go. A wave is watched for its window more than the window.
func (e *Evidence) span(wave []loadgen.Record) time.Duration {
	span := 2 * settleTime(e.Poll)
	for _, r := range wave {
		if gone(r) && !e.undecided(way(r)) {
			span = min(span, e.window(r)/2)
		}
	}
	return span
}

// gauge is what a reading comes to.
type gauge func(Reading) int

// between are the readings of a time, and at every step what the newest one said: a
// reading that says the same is not kept, and means more as windows pass.
func (c curve) between(from, until, step time.Duration) []Reading {
	var all []Reading
	for at := from; at <= until; at += max(step, time.Millisecond) {
		all = append(all, Reading{Sent: at, At: at, Count: c.at(at).Count})
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

// ebbAmong judges wave i where others come and go. What it left has to stay above what
// was there before it left, and what they add to that by chance.
func (c curve) ebbAmong(n noise, e *Evidence, i int) ebb {
	w, streams := e.waves()[i], e.inWave(i)
	left := firstEnded(streams)
	overdue := func(r Reading) int { return c.excess(r, e) }
	unclaimed := func(r Reading) int { return c.unclaimed(r, e) }
	low, high := -n.down, n.up
	if i > 0 {
		low, high = bounds(unclaimed, c.between(w.From, left, e.Poll))
		high = max(high, n.up)
	}
	span := e.span(streams)
	watched := c.between(left, w.Until, max(e.Poll, span/4))
	worst := sustained(overdue, watched, span)
	certain := sustained(func(r Reading) int { return overdue(r) - controlsEnded(e.Records, w.From, r.At) }, watched, span) > high+n.margin
	last := c.between(w.Until-span, w.Until, e.Poll)
	stays, _ := bounds(overdue, last)
	there, _ := bounds(unclaimed, last)
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
	b.doubtful = (b.leaked > 0 && !certain) || c.swapped(e, i, before, after, n.margin)
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

// noiseOf is that of a role's count.
type noiseOf struct {
	role Role
	noise
}

// noisy tells of others who move a count. Where they may hide as much as left in one way,
// that nothing stays proves nothing.
func (j *judge) noisy() {
	fewest := j.fewestLeft()
	for _, n := range j.noises {
		if n.hides() == 0 {
			continue
		}
		thing := string(n.role[:len(n.role)-1])
		f := Finding{
			Code: Noise, Severity: SeverityWarning, Role: n.role,
			Summary:  fmt.Sprintf("other clients come and go: a leak of up to %s cannot be seen by their number", count(n.hides(), thing)),
			Evidence: fmt.Sprintf("%s moved by %s while nothing of the run's had left", n.role, thousands(n.down+n.up)),
			Hint:     "run when nobody else does, or give a probe that lists ids",
		}
		if fewest > 0 && n.hides() >= fewest && j.leaked == 0 && j.stuck == 0 {
			f.Severity = SeverityError
			f.Summary += fmt.Sprintf(", and only %s left in one way", thousands(fewest))
			f.Hint = fmt.Sprintf("take %s streams in each way (-n), run when nobody else does, or give a probe that lists ids", thousands(2*n.hides()))
		}
		j.find(f)
	}
}

// fewestLeft is how many streams that were to leave in one way did so in one wave, where
// the fewest did. Those of whom the answer was through before are in the other waves' way.
func (j *judge) fewestLeft() int {
	fewest := 0
	for i := range j.e.waves() {
		left := map[loadgen.Disconnect]int{}
		for _, r := range j.e.inWave(i) {
			if gone(r) && !r.Control() {
				left[r.Disconnect]++
			}
		}
		for _, n := range left {
			if fewest == 0 || n < fewest {
				fewest = n
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

// missing is how many of the streams that are open at the end of a wave of refreshed ones
// the count lacks, by more than others would make it: their sessions were taken with
// those before them. Where ids tell, that is known of each.
func (j *judge) missing() int {
	if j.byID || j.blind[Sessions] {
		return 0
	}
	c, most := sum(j.tracks(Sessions)), 0
	n := c.others(j.e)
	for i, w := range j.e.waves() {
		left := leftIn(j.e, j.e.inWave(i))
		if len(left) != 1 || left[0].Name != loadgen.Refresh || c.at(w.Until).Sent <= lastLeft(j.e.inWave(i)) {
			continue
		}
		unclaimed := func(r Reading) int { return c.unclaimed(r, j.e) }
		_, highest := bounds(unclaimed, c.between(max(lastLeft(j.e.inWave(i)), w.Until-2*j.e.Poll), w.Until, j.e.Poll))
		if lacks := -highest - n.down - n.margin; lacks > max(1, left[0].Left/10) {
			most = max(most, min(-highest, left[0].Left))
		}
	}
	return most
}
