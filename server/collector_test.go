package server

import (
	"runtime"
	"testing"
	"time"
)

func TestSessionsCollect(t *testing.T) {
	r := start(t, quick())
	r.answer(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 5 {
		if resp, _ := r.do(t, "GET", "/sessions?collect=1"); resp.StatusCode != 200 {
			t.Fatalf("status %d", resp.StatusCode)
		}
	}
	runtime.ReadMemStats(&after)
	if after.NumForcedGC == before.NumForcedGC {
		t.Error("nothing was collected")
	}
}

// However often it is asked it collects once, and again when its time has come.
func TestCollectorCollectsSeldom(t *testing.T) {
	forced := func(act func()) uint32 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		act()
		runtime.ReadMemStats(&after)
		return after.NumForcedGC - before.NumForcedGC
	}
	var c collector
	c.next = time.Now().Add(time.Hour)
	if n := forced(func() { c.collect(); c.collect() }); n != 0 {
		t.Errorf("it collected %d times before its time", n)
	}
	c.next = time.Now()
	if n := forced(c.collect); n != 1 {
		t.Errorf("it collected %d times", n)
	}
	if left := time.Until(c.next); left < collectEvery/2 {
		t.Errorf("the next may come in %s", left)
	}
}
