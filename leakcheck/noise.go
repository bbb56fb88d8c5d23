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
	// much further they may go in the time that comes. Those who come and go by chance
	// swing by the root of how many they are, and not all that are there do.
	down, up, margin int
	// drift is how they make it go up all the time, and amiss how far that may be from it
	// when a wave is judged; the figures before are without it.
	drift drift
	amiss int
}

// heard is what a curve has worked out of others, and of its waves.
type heard struct {
	noise
	is   bool
	ebbs map[int]ebb
}

// others is the noise of a count.
func (c curve) others(e *Evidence) noise {
	if c.heard == nil {
		return c.listen(e)
	}
	if !c.heard.is {
		c.heard.noise, c.heard.is = c.listen(e), true
	}
	return c.heard.noise
}

// listen works it out.
func (c curve) listen(e *Evidence) noise {
	n := c.swing(e)
	if n.margin > 0 && !c.alone {
		if d := c.drift(e); d.rate > 0 {
			n = c.level(d, e).swing(e)
			n.drift = d
			n.amiss = n.slack(e.longestWait())
		}
	}
	return n
}

// swing is the noise of a count that goes nowhere: how far it went up while nothing of the
// run's had left, and in the calms after that.
func (c curve) swing(e *Evidence) noise {
	n := noise{down: max(0, c.noise-c.warmUp(e))}
	first := firstEnded(e.Records)
	for _, r := range c.readings {
		if first == 0 || r.At < first {
			n.up = max(n.up, c.excess(r, e))
		}
	}
	up, moves, calm := c.swings(e, first)
	n.up = max(n.up, up)
	there := float64(max(1, c.baseline+n.up))
	chance := 2 * math.Sqrt(there)
	switch {
	case c.alone && c.crowd > 0: // they are known, but for those who came between two readings
		n.margin = int(math.Ceil(math.Sqrt(float64(c.crowd))))
	case n.down+n.up > 0 || min(c.before, c.baseline) >= someOthers: // what the warm-up left is not theirs
		walk := 3 * math.Sqrt(float64(moves+3)*e.longest().Seconds()/max(1, calm.Seconds()))
		n.margin = int(math.Ceil(min(chance, max(walk, float64(2*(n.down+n.up)+1)))))
	}
	return n
}

// swings is how far others made a count go up in any few seconds of the calms after a
// moment, how many of them came or went in all of the calms, and how long those were.
func (c curve) swings(e *Evidence, after time.Duration) (up, moves int, calm time.Duration) {
	most := 0 // before
	for _, long := range e.calm() {
		for _, part := range long.parted(swingLength) {
			others := func(r Reading) int { return c.unclaimed(r, e) - c.timesOf(e).controlsEnded(part.from, r.At) }
			readings := c.between(part.from, part.until, e.Poll)
			if len(readings) == 0 {
				continue
			}
			_, begins := bounds(others, c.between(readings[0].At, min(part.until, readings[0].At+settleTime(e.Poll)), e.Poll))
			_, highest := bounds(others, readings)
			if part.from > after {
				up = max(up, highest-max(begins, most))
			}
			most, calm = max(most, highest), calm+part.length()
			for i := 1; i < len(readings); i++ {
				moves += abs(others(readings[i]) - others(readings[i-1]))
			}
		}
	}
	return up, moves, calm
}

// swingLength is over how long it is seen how far others swing: about as long as from when
// a wave leaves until its windows have passed.
const swingLength = 5 * time.Second

// someOthers is how many sessions are others' at the least who may come and go although
// nobody did while it was calm.
const someOthers = 5

// longest is how long the longest of the waves took.
func (e *Evidence) longest() time.Duration {
	longest := time.Duration(0)
	for _, w := range e.waves() {
		longest = max(longest, w.Until-w.From)
	}
	return longest
}

// longestWait is how long it took at the most from when the level before a wave was read
// until its windows had passed, or everything was back.
func (e *Evidence) longestWait() time.Duration {
	longest := time.Duration(0)
	for i, w := range e.waves() {
		passed := w.From
		for _, r := range e.inWave(i) {
			if gone(r) && !r.Control() {
				passed = max(passed, r.Ended+e.window(r))
			}
		}
		longest = max(longest, min(passed, w.Until)-e.before(i).until)
	}
	return longest
}

func abs(n int) int { return max(n, -n) }

// hides is the largest leak that the others may hide.
func (n noise) hides() int { return n.down + n.up + n.margin + n.amiss }

// slack is how much further than its margin a count may be off, some time after it was
// read, for it drifts. Two errors are rarely at their worst together.
func (n noise) slack(t time.Duration) int {
	return int(math.Ceil(math.Hypot(float64(n.margin), float64(n.drift.slack(t))))) - n.margin
}

// unclaimed is how far a reading is above what was there before the run, the strangers
// that came since, and the streams that were open then, whatever their windows.
func (c curve) unclaimed(at Reading, e *Evidence) int {
	return at.Count - c.drifted(at.At) - c.baseline - c.timesOf(e).open(at) - c.strangers(e, at)
}

// noiseOf is that of a role's count. more is how much higher that ended than it began, by
// nobody who is known.
type noiseOf struct {
	role Role
	noise
	more int
}

// noisy tells of others who move a count. Where they may hide as much as left in one way,
// that nothing stays proves nothing. Of those who were not seen to move it, only that they
// may be what more is there.
func (j *judge) noisy() {
	fewest, none := j.fewestLeft(), j.leaked == 0 && j.stuck == 0 && j.report.Controls.Killed == 0
	for _, n := range j.noises {
		moved := n.down + n.up
		if n.hides() == 0 || (moved == 0 && (n.more == 0 || !none)) {
			continue
		}
		thing := string(n.role[:len(n.role)-1])
		f := Finding{
			Code: Noise, Severity: SeverityWarning, Role: n.role,
			Summary:  fmt.Sprintf("other clients come and go: a leak of up to %s cannot be seen by their number", count(n.hides(), thing)),
			Evidence: fmt.Sprintf("%s moved by %s while nothing of the run's had left", n.role, thousands(moved)),
			Hint:     "run when nobody else does, or give a probe that lists ids",
		}
		if moved == 0 {
			f.Summary = fmt.Sprintf("other clients are there, and more of them may have come: a leak of up to %s cannot be seen by their number", count(n.hides(), thing))
			f.Evidence = fmt.Sprintf("%s more at the end than before", count(n.more, thing))
		}
		if n.drift.rate > 0 {
			f.Evidence += fmt.Sprintf(", and went up by %.1f a second all the time", n.drift.rate)
		}
		if unclear := j.unclear(); len(unclear) > 0 && none {
			f.Severity = SeverityError
			f.Summary += ", and nobody can tell whether any stayed that left by " + ways(unclear)
		}
		if fewest > 0 && n.hides() >= fewest && none {
			f.Severity = SeverityError
			f.Summary += fmt.Sprintf(", and only %s left in one way", thousands(fewest))
			f.Hint = fmt.Sprintf("take %s streams in each way (-n), run when nobody else does, or give a probe that lists ids", thousands(2*n.hides()))
		}
		j.find(f)
	}
}

// unclear are the ways of which others let nobody tell, or a wave that left others.
func (j *judge) unclear() []loadgen.Disconnect {
	var unclear []loadgen.Disconnect
	for _, row := range j.report.Disconnects {
		if row.Left > 0 && row.Unknown == row.Left && !j.e.undecided(row.Name) {
			unclear = append(unclear, row.Name)
		}
	}
	return unclear
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
	c.alone, c.crowd, c.readings, c.heard = true, all.baseline, slices.Clone(c.readings), &heard{ebbs: map[int]ebb{}}
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
