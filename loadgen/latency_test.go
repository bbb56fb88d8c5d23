package loadgen

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	var l latency
	for i := range 1000 {
		l.add(Gap, time.Duration(i+1)*time.Millisecond)
	}
	q := l.quantiles(Gap)
	if q.Count != 1000 {
		t.Errorf("%d times, want 1000", q.Count)
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"min", q.Min, 0.001}, {"p50", q.P50, 0.5}, {"p90", q.P90, 0.9}, {"p99", q.P99, 0.99}, {"max", q.Max, 1},
	} {
		if math.Abs(c.got-c.want) > c.want/100 {
			t.Errorf("%s is %g s, want %g to two digits", c.name, c.got, c.want)
		}
	}
	for _, f := range Figures() {
		if f != Gap && l.quantiles(f) != (Quantiles{}) {
			t.Errorf("figure %d was never measured and is %+v", f, l.quantiles(f))
		}
	}
}

func TestQuantilesOfWhatIsOutOfBounds(t *testing.T) {
	var l latency
	l.add(Connect, -time.Second)
	l.add(Connect, 0)
	if q := l.quantiles(Connect); q.Count != 2 || q.Max > 2e-6 {
		t.Errorf("times below the unit: %+v", q)
	}
	l.add(FirstEvent, 1000*time.Hour)
	if q := l.quantiles(FirstEvent); q.Count != 1 || math.Abs(q.Max-3600) > 36 {
		t.Errorf("a time above the most: %+v", q)
	}
}

func TestLatencyIsSafeForConcurrentUse(t *testing.T) {
	var l latency
	var adding sync.WaitGroup
	for range 8 {
		adding.Go(func() {
			for range 100 {
				for _, f := range Figures() {
					l.add(f, time.Millisecond)
				}
				_ = l.quantiles(Gap)
			}
		})
	}
	adding.Wait()
	for _, f := range Figures() {
		if q := l.quantiles(f); q.Count != 800 {
			t.Errorf("figure %d has %d times, want 800", f, q.Count)
		}
	}
}

func TestFiguresAreAll(t *testing.T) {
	if want := []Figure{Connect, FirstEvent, Gap, HeartbeatGap, Beat}; !slices.Equal(Figures(), want) || len(want) != int(figures) {
		t.Errorf("Figures() = %v", Figures())
	}
}
