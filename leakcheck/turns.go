package leakcheck

import (
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// turns are the waves that each way had to itself, by their number: in them a count tells
// whose sessions are there. A way that left together with another one has none.
func (e *Evidence) turns() map[loadgen.Disconnect][]int {
	turns := map[loadgen.Disconnect][]int{}
	shared := map[loadgen.Disconnect]bool{}
	for i := range e.waves() {
		left := leftIn(e, e.inWave(i))
		for _, l := range left {
			turns[l.Name] = append(turns[l.Name], i)
			shared[l.Name] = shared[l.Name] || len(left) > 1
		}
	}
	for d := range shared {
		if shared[d] {
			delete(turns, d)
		}
	}
	return turns
}

// above are the changes of a count within a wave, of as much as it is above what was
// there before and the streams that stay.
func (c curve) above(w Wave, records []loadgen.Record) []step {
	controls := slices.DeleteFunc(slices.Clone(records), func(r loadgen.Record) bool { return !r.Control() })
	first := c.at(w.From)
	if first == (Reading{}) {
		first.Count = c.baseline
	}
	before, now := first.Count-staying(controls, first), 0
	var steps []step
	for _, r := range c.readings {
		if r.At <= w.From || r.At > w.Until {
			continue
		}
		n := max(0, r.Count-before-staying(controls, r))
		steps = append(steps, step{r.At, n - now})
		now = n
	}
	return steps
}
