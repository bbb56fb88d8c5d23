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

// Where nobody lists ids, whose sessions are there is known of a way that is alone.
func TestHistoryByCount(t *testing.T) {
	s := newScene(50, 10, loadgen.Close)
	s.counts = true
	r := Judge(s.see())
	if len(r.History) != 1 || r.History[0].LeftFrom == 0 {
		t.Fatalf("%+v", r.History)
	}
	peak, end, back := swing(r.History[0])
	if peak != 50 || end != 0 || back != 50 {
		t.Errorf("up to %d, down to %d, %d in buckets: %+v", peak, end, back, r.History[0])
	}

	s = newScene(50, 10, loadgen.Close, loadgen.Reset)
	s.counts = true
	for _, h := range Judge(s.see()).History {
		if h.Sessions != nil || h.Reclaims != nil {
			t.Errorf("two ways at once: %+v", h)
		}
	}
}

// A way that leaves in every round has a span for each.
func TestHistoryOfRounds(t *testing.T) {
	s := newScene(10, 0, loadgen.Close)
	for i := range 10 {
		at := 6*time.Second + time.Duration(i)*10*time.Millisecond
		s.add(loadgen.Record{Disconnect: loadgen.Close, Status: 200, Connected: at, Opened: at, Ended: at + leftAt, End: loadgen.Left}, at+leftAt)
	}
	e := s.see()
	e.Waves = []Wave{{Until: 5 * time.Second}, {Round: 1, First: 10, From: 5 * time.Second, Until: e.Took}}
	h := Judge(e).History[0]
	if len(h.Left) != 2 || h.Left[0].From != h.LeftFrom || h.Left[1].From != 9 || h.Left[1].Until != h.LeftUntil {
		t.Errorf("%+v", h.Left)
	}
}

// A count that is behind the streams that come has not had any back.
func TestCountBehindIsNoReclaim(t *testing.T) {
	s := newScene(50, 10, loadgen.Close)
	s.counts = true
	s.keep(loadgen.Close, never)
	e := s.see()
	for i := range e.Tracks[0].Readings {
		r := &e.Tracks[0].Readings[i]
		r.At += 50 * time.Millisecond
	}
	if row := Judge(e).Disconnects[0]; row.Leaked != 50 || row.Reclaim != nil {
		t.Errorf("%+v, %+v", row, row.Reclaim)
	}
}

// Readings that repeat are not kept: who came and left between two of them was back a
// poll later, and not with the next that is kept.
func TestReclaimsBetweenReadings(t *testing.T) {
	s := newScene(20, 5, loadgen.Early)
	s.counts = true
	s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
		r.Ended, r.Opened, r.FirstEvent = r.Connected+time.Millisecond, 0, 0
		*dropped = r.Ended
	})
	s.each("", func(r *loadgen.Record, _ *time.Duration) { r.Connected, r.Opened = r.Connected/100, r.Opened/100 })
	row := Judge(s.see()).Disconnects[0]
	if row.Reclaim == nil || row.Reclaim.Max > (testPoll+2*readTakes).Seconds() {
		t.Errorf("%+v, %+v", row, row.Reclaim)
	}
}

// swing is a history's highest and last count, and how many reclaims it has.
func swing(h History) (peak, end, back int) {
	for _, c := range h.Sessions {
		peak, end = max(peak, c.Count), c.Count
	}
	for _, b := range h.Reclaims {
		back += b.Count
	}
	return peak, end, back
}

// Of ways that take turns each has what came in its own, whatever the others left.
func TestHistoryByCountInTurns(t *testing.T) {
	s := newScene(20, 5, loadgen.Close)
	s.counts = true
	s.evidence.Took = 20 * time.Second
	s.keep(loadgen.Close, never)
	for i := range 10 {
		at := 9*time.Second + time.Duration(i)*50*time.Millisecond
		s.add(loadgen.Record{Disconnect: loadgen.Reset, Status: 200, Connected: at, Opened: at, Ended: at + leftAt, End: loadgen.Left}, at+leftAt+10*time.Millisecond)
	}
	e := s.see()
	e.Waves = []Wave{{Until: 8800 * time.Millisecond}, {First: 25, From: 8900 * time.Millisecond, Until: e.Took}}
	r := Judge(e)
	if h := r.History[0]; len(h.Left) != 1 || h.Left[0].From != h.LeftFrom || h.Left[0].Until != h.LeftUntil {
		t.Errorf("it left once: %+v", h)
	}
	for i, want := range [][2]int{{20, 20}, {10, 0}} {
		if peak, end, _ := swing(r.History[i]); peak != want[0] || end != want[1] {
			t.Errorf("%s: up to %d, down to %d, want %v", r.History[i].Name, peak, end, want)
		}
	}
	if first := r.History[1].Sessions[0]; first.At < 8.9 || r.History[0].Sessions[len(r.History[0].Sessions)-1].At > 9.2 {
		t.Errorf("one has what was the other's: %+v", r.History)
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
