package loadgen

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	const ms = time.Millisecond
	times := []time.Duration{0, ms, ms + 1, 40 * ms, 50 * ms, 51 * ms, time.Hour}
	got := Buckets(func(yield func(time.Duration, int) bool) {
		for _, d := range times {
			if !yield(d, 2) {
				return
			}
		}
	})
	want := []Bucket{{0, 0.0001, 2}, {0.0005, 0.001, 2}, {0.001, 0.002, 2}, {0.02, 0.05, 4}, {0.05, 0.1, 2}, {2000, 5000, 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if Buckets(func(func(time.Duration, int) bool) {}) != nil {
		t.Error("of nothing")
	}
}

// A figure's histogram has all of its times, near where they were.
func TestLatencyBuckets(t *testing.T) {
	var l latency
	for i := range 1000 {
		l.add(Gap, time.Duration(i)*time.Millisecond)
	}
	if l.buckets(Connect, 1) != nil {
		t.Error("a figure that was never measured has buckets")
	}
	got := l.buckets(Gap, 1)
	n := 0
	for _, b := range got {
		n += b.Count
	}
	i := slices.IndexFunc(got, func(b Bucket) bool { return b.To == 0.5 })
	if n != 1000 || i < 0 || got[i].Count < 290 || got[i].Count > 310 {
		t.Errorf("%d times in %v", n, got)
	}
}
