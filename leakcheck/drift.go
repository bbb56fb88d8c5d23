package leakcheck

import (
	"math"
	"slices"
	"time"
)

// drift is how steadily a count goes up by what others leave behind, or by ever more of
// them. The zero value is one that does not, as far as anybody can tell.
type drift struct {
	rate   float64 // a second
	err    float64 // the rate's standard error
	chance float64 // the variance that a second adds: what comes one by one comes as it likes
}

// by is what it comes to after a time.
func (d drift) by(t time.Duration) int { return int(math.Round(d.rate * t.Seconds())) }

// slack is how far what it comes to after a time may be amiss: three standard deviations.
func (d drift) slack(t time.Duration) int {
	s := max(0, t.Seconds())
	return int(math.Ceil(3 * math.Sqrt(d.err*d.err*s*s+d.chance*s)))
}

const (
	// driftPiece is over how long a count is looked at to see how it goes, at the least.
	driftPiece = time.Second
	// fewestPieces is how often that has to be seen.
	fewestPieces = 4
)

// drift is that of a count. Only one that is certain is told: three times as high as its
// error.
func (c curve) drift(e *Evidence) drift {
	var slopes []float64
	var length time.Duration
	unclaimed := func(r Reading) int { return c.unclaimed(r, e) }
	for _, calm := range e.calm() {
		for _, piece := range calm.parted(2 * driftPiece) {
			readings := c.between(piece.from, piece.until, e.Poll)
			if piece.length() < driftPiece || len(readings) < fewestReadings {
				continue
			}
			slopes = append(slopes, pace(unclaimed, readings))
			length += piece.length()
		}
	}
	if len(slopes) < fewestPieces {
		return drift{}
	}
	slices.Sort(slopes)
	middle := slopes[len(slopes)/4 : len(slopes)-len(slopes)/4] // what a sweep takes in one of them says nothing
	d := drift{rate: mean(middle)}
	each := length.Seconds() / float64(len(slopes))
	deviation := max(spread(slopes), math.Sqrt(slopeOfChance*math.Max(0, d.rate)/each))
	d.err = middleError * deviation / math.Sqrt(float64(len(slopes)))
	if d.rate <= 3*d.err {
		return drift{}
	}
	d.chance = deviation * deviation * each / slopeOfChance
	return d
}

const (
	// slopeOfChance is the variance of the slope fitted to a walk by chance, in that of the
	// walk's own pace.
	slopeOfChance = 1.2
	// middleError is the error of a mean of the middle half, in that of the mean of all.
	middleError = 1.1
)

// pace is how fast a gauge goes up over some readings, a second: the line of least squares.
func pace(of gauge, readings []Reading) float64 {
	var t, v, tt, tv float64
	for _, r := range readings {
		at, value := r.At.Seconds(), float64(of(r))
		t, v, tt, tv = t+at, v+value, tt+at*at, tv+at*value
	}
	n := float64(len(readings))
	if d := n*tt - t*t; d > 0 {
		return (n*tv - t*v) / d
	}
	return 0
}

func mean(of []float64) float64 {
	sum := 0.0
	for _, v := range of {
		sum += v
	}
	return sum / float64(len(of))
}

// spread is the standard deviation of values in their order, by their median distance from
// the median.
func spread(sorted []float64) float64 {
	off := slices.Clone(sorted)
	for i := range off {
		off[i] = math.Abs(off[i] - sorted[len(sorted)/2])
	}
	slices.Sort(off)
	return 1.48 * off[len(off)/2]
}

// level is a count without a drift: as if nobody had left anything since the first stream
// was connected.
func (c curve) level(d drift, e *Evidence) curve {
	if d.rate == 0 {
		return c
	}
	c.heard, c.drifts, c.from = nil, d, firstConnected(e.Records)
	low, high, known := 0, 0, false
	for _, r := range c.readings {
		if r.At >= c.from {
			break
		}
		there := r.Count - c.drifted(r.At)
		if !known {
			low, high, known = there, there, true
		}
		low, high = min(low, there), max(high, there)
	}
	if known {
		c.baseline, c.noise = high, high-low
	}
	return c
}

// drifted is how much of a count is there by its drift at a moment.
func (c curve) drifted(at time.Duration) int { return c.drifts.by(at - c.from) }
