package server

import (
	"runtime"
	"testing"
	"time"
)

// What each of these defects keeps grows with every round, whatever the door,
// while the sessions and upstreams are given back; without it, it does not
// grow; and nothing outlives the server. (It does not run beside other tests:
// what it looks at is the whole process.)
func TestHoards(t *testing.T) {
	const n = 20 // streams a round; a round is a door
	for _, c := range []struct {
		defect Defect
		what   string
		each   int
	}{
		{WorkerLeak, "goroutines", 1},
		{FDLeak, "open_fds", 1},
		{MemoryLeak, "heap_bytes", bufferSize},
	} {
		for _, defects := range [][]Defect{nil, {c.defect}} {
			name := c.what + " of a right server"
			if defects != nil {
				name = string(c.defect)
			}
			t.Run(name, func(t *testing.T) {
				cfg := quick()
				cfg.Defects = defects
				r := start(t, cfg)
				read := func() int { runtime.GC(); return r.answer(t).Process[c.what] }
				read() // what a first request costs stays
				before := read()
				eventually(t, "nothing is left that ends by itself", func() bool { // of the tests before
					last := before
					time.Sleep(100 * time.Millisecond)
					before = read()
					return before >= last
				})
				for round, e := range entrances {
					leaveAfterHello(t, r, e, n)
					if defects == nil {
						eventually(t, e.name+": it falls back", func() bool { return read()-before < n*c.each/2 })
						continue
					}
					want := (round + 1) * n * c.each
					if grown := read() - before; grown < want*9/10 {
						t.Errorf("%s: grown by %d, want %d", e.name, grown, want)
					}
				}
				r.stop()
				runtime.GC()
				if grown := map[string]int{
					"goroutines": readProcess().Goroutines, "open_fds": int(readProcess().OpenFDs), "heap_bytes": int(readProcess().HeapBytes),
				}[c.what] - before; grown > n*c.each/2 {
					t.Errorf("grown by %d when the server has ended", grown)
				}
			})
		}
	}
}

// leaveAfterHello has n streams leave that have begun, and waits until their
// sessions are back.
func leaveAfterHello(t *testing.T, r *running, e entrance, n int) {
	t.Helper()
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = r.knock(t, e, "tokens=0&rate=50")
	}
	for _, p := range peers {
		p.sees(t, e.begun)
	}
	for _, p := range peers {
		p.leave()
	}
	eventually(t, "sessions and upstreams are back", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
}
