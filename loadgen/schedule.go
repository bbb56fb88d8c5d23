package loadgen

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Slot is one stream of a schedule. Times count from the load's start.
type Slot struct {
	// N numbers the streams from 0, controls included; it is {{n}} in a
	// request.
	N int
	// Disconnect is how the stream leaves; empty for a control.
	Disconnect Disconnect
	// Open is when the stream opens.
	Open time.Duration
	// Leave is when it leaves; zero for a control.
	Leave time.Duration
	// Delay is how long after its request an early stream leaves.
	Delay time.Duration
}

// Control tells whether the slot is a stream that stays.
func (s Slot) Control() bool { return s.Disconnect == "" }

// Schedule returns the streams of a plan whose defaults are filled in, in the
// order of their opening. Streams are spread evenly over the ramp, and controls
// over a longer time where it is short: what ends them at one age is told from what
// ends them at one moment only where their ages differ. The same plan gives the
// same schedule, always.
func (p Plan) Schedule() []Slot {
	rng := rand.New(rand.NewPCG(p.Seed, 0))
	slots := make([]Slot, 0, p.Streams+p.Controls)
	ways := p.Mix.deal(p.Streams, rng)
	early := 0
	delays := rng.Perm(count(ways, Early)) // from none to the first byte, none of them twice, at any time
	for i, way := range ways {
		s := Slot{Disconnect: way, Open: spread(i, p.Streams, p.Ramp)}
		s.Leave = s.Open + p.Life()
		if way == Early {
			s.Leave = s.Open
			s.Delay = spread(delays[early], len(delays), p.FirstByte)
			early++
		}
		slots = append(slots, s)
	}
	for i := range p.Controls {
		slots = append(slots, Slot{Open: spread(i, p.Controls, max(p.Ramp, min(p.Hold/2, agesDiffer)))})
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return cmp.Compare(a.Open, b.Open) })
	for i := range slots {
		slots[i].N = i
	}
	return slots
}

// agesDiffer is how far apart the ages of the controls are, where they stay for long
// enough.
const agesDiffer = time.Second

func count(ways []Disconnect, d Disconnect) int {
	n := 0
	for _, way := range ways {
		if way == d {
			n++
		}
	}
	return n
}

// spread is the moment of the i-th of n openings over a ramp.
func spread(i, n int, ramp time.Duration) time.Duration {
	return time.Duration(float64(ramp) * float64(i) / float64(n))
}
