package loadgen

import (
	"slices"
	"testing"
	"time"
)

func planned(seed uint64, streams, controls int) Plan {
	return Plan{
		Streams: streams, Controls: controls, Seed: seed,
		Mix: Mix{{Close, 6}, {Reset, 3}, {Complete, 1}}, Ramp: 3 * time.Second, Hold: 2 * time.Second,
	}
}

func TestScheduleIsPure(t *testing.T) {
	for _, seed := range []uint64{0, 1, 1 << 63} {
		if !slices.Equal(planned(seed, 500, 10).Schedule(), planned(seed, 500, 10).Schedule()) {
			t.Errorf("seed %d gives two schedules", seed)
		}
	}
	ways := func(seed uint64) (list []Disconnect) {
		for _, s := range planned(seed, 500, 10).Schedule() {
			list = append(list, s.Disconnect)
		}
		return list
	}
	a, b := ways(1), ways(2)
	if slices.Equal(a, b) {
		t.Error("two seeds give one order")
	}
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Error("a seed changes how many leave in which way")
	}
}

func TestScheduleSlots(t *testing.T) {
	for _, n := range []struct{ streams, controls int }{{1, 0}, {1, 1}, {7, 0}, {100, 10}, {3, 50}, {1000, 1000}} {
		p := planned(5, n.streams, n.controls)
		slots := p.Schedule()
		if len(slots) != n.streams+n.controls {
			t.Fatalf("%+v: %d slots", n, len(slots))
		}
		var streams, controls []Slot
		for i, s := range slots {
			if s.N != i || s.Open < 0 || s.Open >= p.Ramp || i > 0 && s.Open < slots[i-1].Open {
				t.Fatalf("%+v: slot %d is %+v", n, i, s)
			}
			if s.Control() {
				controls = append(controls, s)
			} else {
				streams = append(streams, s)
			}
		}
		for i, s := range streams {
			if !near(s.Open, p.Ramp, i, n.streams) {
				t.Errorf("%+v: stream %d opens at %s", n, i, s.Open)
			}
			if s.Leave != s.Open+p.Ramp+p.Hold {
				t.Errorf("%+v: stream %d of %s leaves at %s", n, i, s.Open, s.Leave)
			}
		}
		for i, s := range controls {
			if s.Leave != 0 || !near(s.Open, p.Ramp, i, n.controls) {
				t.Errorf("%+v: control %d is %+v", n, i, s)
			}
		}
		if len(streams) != n.streams || len(controls) != n.controls {
			t.Errorf("%+v: %d streams and %d controls", n, len(streams), len(controls))
		}
	}
}

// near tells whether a moment is the i-th of n over a ramp, to a microsecond.
func near(at, ramp time.Duration, i, n int) bool {
	return (at - ramp*time.Duration(i)/time.Duration(n)).Abs() < time.Microsecond
}
