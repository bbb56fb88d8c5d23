package leakcheck

import (
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestHistory(t *testing.T) {
	s := newScene(50, 10, loadgen.Close, loadgen.Reset)
	s.keep(loadgen.Reset, never)
	r := Judge(s.see())
	if len(r.History) != 2 || r.History[0].Name != loadgen.Close || r.History[1].Name != loadgen.Reset {
		t.Fatalf("%+v", r.History)
	}
	for _, h := range r.History {
		if h.LeftFrom < 3 || h.LeftFrom > h.LeftUntil || h.LeftUntil > 4 {
			t.Errorf("%s left from %v to %v", h.Name, h.LeftFrom, h.LeftUntil)
		}
		peak, end := 0, h.Sessions[len(h.Sessions)-1].Count
		for _, c := range h.Sessions {
			peak = max(peak, c.Count)
		}
		back := 0
		for _, b := range h.Reclaims {
			back += b.Count
		}
		if leaks := h.Name == loadgen.Reset; peak != 50 || (end == 50) != leaks || (end == 0) == leaks || back != 50-end {
			t.Errorf("%s: up to %d, down to %d, %d in buckets", h.Name, peak, end, back)
		}
	}
}

// Where nobody lists ids, nobody knows whose sessions are there.
func TestHistoryByCount(t *testing.T) {
	s := newScene(50, 10, loadgen.Close)
	s.counts = true
	r := Judge(s.see())
	if len(r.History) != 1 || r.History[0].Sessions != nil || r.History[0].Reclaims != nil || r.History[0].LeftFrom == 0 {
		t.Errorf("%+v", r.History)
	}
}

// However much there was to see, a history is of bounded size.
func TestHistoryIsBounded(t *testing.T) {
	var steps []step
	for i := range 100_000 {
		steps = append(steps, step{time.Duration(i) * time.Millisecond, 1})
	}
	got := overTime(steps, 100*time.Second)
	if len(got) != historyParts || got[len(got)-1].Count != len(steps) {
		t.Errorf("%d points, the last %+v", len(got), got[len(got)-1])
	}
	if got := overTime(nil, 0); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}
