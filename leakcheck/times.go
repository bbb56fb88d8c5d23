package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// times are when the streams of a run came and went, each in order.
type times struct {
	connected, ended []time.Duration
	// passed is when the windows of those that ended had passed, where they decide
	// something.
	passed []time.Duration
	// controls is when those ended that were to stay.
	controls []time.Duration
}

// timesOf are those of a run. A curve works them out once.
func (c curve) timesOf(e *Evidence) *times {
	if c.times == nil {
		return newTimes(e)
	}
	if c.times.connected == nil {
		*c.times = *newTimes(e)
	}
	return c.times
}

func newTimes(e *Evidence) *times {
	t := &times{connected: []time.Duration{}}
	for _, r := range e.Records {
		if r.Connected == 0 {
			continue
		}
		t.connected = append(t.connected, r.Connected)
		if r.End == loadgen.Open {
			continue
		}
		t.ended = append(t.ended, r.Ended)
		if r.Control() && r.End != loadgen.Released {
			t.controls = append(t.controls, r.Ended)
		}
		if !e.undecided(way(r)) {
			t.passed = append(t.passed, r.Ended+e.window(r))
		}
	}
	slices.Sort(t.connected)
	slices.Sort(t.ended)
	slices.Sort(t.passed)
	slices.Sort(t.controls)
	return t
}

// by is how many streams had connected when a reading came, and of how many of them the
// windows had passed when it was asked for.
func (t *times) by(r Reading) (connected, passed int) {
	connected, _ = slices.BinarySearch(t.connected, r.At+1)
	passed, _ = slices.BinarySearch(t.passed, r.Sent)
	return connected, passed
}

// open is how many streams a reading may count: those that had connected when it came, and
// had not ended when it was asked for.
func (t *times) open(r Reading) int {
	connected, _ := slices.BinarySearch(t.connected, r.At+1)
	ended, _ := slices.BinarySearch(t.ended, r.Sent+1)
	return connected - ended
}

// controlsEnded is how many streams that were to stay ended in a time.
func (t *times) controlsEnded(from, until time.Duration) int {
	before, _ := slices.BinarySearch(t.controls, from)
	by, _ := slices.BinarySearch(t.controls, until+1)
	return max(0, by-before)
}
