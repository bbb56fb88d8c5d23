package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// among is a wave where others come and go. What it left has to stay above what was there
// before it left, and what they add to that by chance.
type among struct {
	curve         // without the others' drift
	raw     curve // with it
	noise   noise
	e       *Evidence
	wave    Wave
	streams []loadgen.Record
	// low and high are the least and the most that was there before, and top how high the
	// others go who are there then. It was read at a moment.
	low, high, top int
	read           time.Duration
	unread         bool // no reading came before they left
	// span is for how long something has to be seen.
	span time.Duration
}

// among is wave i as a count with others shows it.
func (c curve) among(n noise, e *Evidence, i int) among {
	before := e.before(i)
	a := among{
		curve: c.level(n.drift, e), raw: c, noise: n, e: e, wave: e.waves()[i], streams: e.inWave(i),
		low: -n.down, high: n.up, read: (before.from + before.until) / 2,
	}
	if i > 0 {
		readings := a.between(before.from, before.until, e.Poll)
		if newest := a.after(a.wave.From); len(readings) == 0 { // none came while they were open
			readings = a.readings[max(0, newest-2):newest]
			a.read = a.at(a.wave.From).At
		}
		a.unread = len(readings) == 0
		a.low, a.high = bounds(a.unclaimed, readings)
	}
	a.top = max(a.high, a.low+n.down+n.up)
	a.span = e.span(a.streams)
	return a
}

func (a among) overdue(r Reading) int   { return a.excess(r, a.e) }
func (a among) unclaimed(r Reading) int { return a.curve.unclaimed(r, a.e) }

// slack is how far a reading may be amiss for the others' drift.
func (a among) slack(r Reading) int { return a.noise.slack(r.At - a.read) }

// ebb is what became of the wave's sessions.
func (a among) ebb(i int) ebb {
	above := a.top + a.noise.margin
	watched := a.between(firstEnded(a.streams), a.wave.Until, max(a.e.Poll, a.span/4))
	sure := func(r Reading) int { return a.overdue(r) - a.slack(r) }
	seen := sustained(sure, watched, a.span) > above
	end := a.at(a.wave.Until)
	last := a.between(end.At-a.span, end.At, a.e.Poll)
	stays, there := lowest(a.overdue, last, 2*a.e.Poll), lowest(a.unclaimed, last, 2*a.e.Poll)
	amiss := a.slack(Reading{At: a.wave.Until})
	b := ebb{remaining: max(0, there-above-amiss), read: !a.unread && end.Sent > lastLeft(a.streams)}
	if seen {
		worst := sustained(a.overdue, watched, a.span)
		b.leaked = worst - a.low
		switch fallen := worst - stays; {
		case fallen <= a.noise.margin+a.noise.slack(a.wave.Until-lastLeft(a.streams)): // by chance
		case stays <= above+amiss:
			b.late = b.leaked
		default:
			b.late = min(fallen, b.leaked)
		}
		controls := func(r Reading) int { return sure(r) - a.timesOf(a.e).controlsEnded(a.wave.From, r.At) }
		b.doubtful = sustained(controls, watched, a.span) <= above
	} else {
		// Of others as many may have left in its time as it left: unless its own went that
		// succeeded refreshed pages.
		_, highest := bounds(a.unclaimed, a.between(end.At-settleTime(a.e.Poll), end.At, a.e.Poll))
		fell := highest < a.low-a.noise.margin-amiss && !slices.ContainsFunc(a.streams, successor)
		b.doubtful = fell || a.mayStay()
	}
	carried, stayed := max(0, a.high-a.noise.up-a.noise.margin), max(0, there-a.noise.up-a.noise.margin)
	b.doubtful = b.doubtful || a.raw.swapped(a.e, i, carried, stayed, a.noise.margin+amiss)
	return b
}

func successor(r loadgen.Record) bool { return r.Succeeds != "" }

// mayStay tells whether all of the wave's sessions may be there at any time after
// they had left, for all that is known of others.
func (a among) mayStay() bool {
	left := 0
	for _, r := range a.streams {
		if gone(r) && !r.Control() {
			left++
		}
	}
	most := func(r Reading) int { return a.unclaimed(r) + a.slack(r) }
	after := a.between(lastLeft(a.streams)+a.e.Poll, a.wave.Until, a.e.Poll)
	return len(after) == 0 || lowest(most, after, 2*a.e.Poll)-a.low+a.noise.margin >= left
}

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
