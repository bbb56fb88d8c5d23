package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// turn is the time that one way had to itself.
type turn struct{ from, until time.Duration }

// turns are the times of all ways, each from its first stream to the first of the next
// way; nil where two were under way at once, and nobody can tell by a count whose
// sessions are there.
func (e *Evidence) turns() map[loadgen.Disconnect]turn {
	type stay struct {
		way loadgen.Disconnect
		turn
	}
	var all []stay
	for _, r := range e.Records {
		if r.Control() || r.Connected == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(s stay) bool { return s.way == way(r) })
		if i < 0 {
			i = len(all)
			all = append(all, stay{way(r), turn{r.Connected, 0}})
		}
		all[i].from, all[i].until = min(all[i].from, r.Connected), max(all[i].until, r.Ended)
	}
	slices.SortFunc(all, func(a, b stay) int { return cmp.Compare(a.from, b.from) })
	turns := map[loadgen.Disconnect]turn{}
	for i, s := range all {
		until := e.Took
		if i+1 < len(all) {
			if until = all[i+1].from; until < s.until {
				return nil
			}
		}
		turns[s.way] = turn{s.from, until}
	}
	return turns
}

// above are the changes of a count within a turn, of as much as it is above what was
// there before and the streams that stay.
func (c curve) above(t turn, records []loadgen.Record) []step {
	controls := slices.DeleteFunc(slices.Clone(records), func(r loadgen.Record) bool { return !r.Control() })
	staying := func(at time.Duration) int { return openAt(controls, at) }
	before, now := c.baseline, 0
	var steps []step
	for _, r := range c.readings {
		switch {
		case r.At <= t.from:
			before = r.Count - staying(r.At)
		case r.Sent < t.until:
			n := max(0, r.Count-before-staying(r.At))
			steps = append(steps, step{r.At, n - now})
			now = n
		}
	}
	return steps
}
