package loadgen

import (
	"context"
	"sync"
	"time"
)

// goroutines is the engine that runs everywhere: one goroutine a stream, which
// reads its connection into a small buffer of its own. It owns every goroutine
// that it starts; wait returns when all of them have ended.
type goroutines struct {
	load    *Load
	ctx     context.Context // ends when stop is called
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	streams map[*stream]struct{}
}

func newGoroutines(l *Load) *goroutines {
	ctx, cancel := context.WithCancel(context.Background())
	return &goroutines{load: l, ctx: ctx, cancel: cancel, streams: map[*stream]struct{}{}}
}

func (g *goroutines) open(slot Slot) {
	rec := g.load.record(slot.N)
	if slot.Control() {
		g.stay(rec)
		return
	}
	g.running.Go(func() { g.live(slot, rec) })
}

// stay opens a control, and opens it again whenever it ends.
func (g *goroutines) stay(rec Record) {
	g.running.Go(func() {
		for g.live(Slot{N: rec.N}, rec) {
			rec = g.load.staysOn(rec.Succeeds, rec.As)
		}
	})
}

// live takes one stream through its life. It tells whether a control is to be
// opened again, after the pause that a client makes.
func (g *goroutines) live(slot Slot, rec Record) bool {
	s := &stream{load: g.load, engine: g, slot: slot, rec: rec}
	g.add(s)
	defer g.forget(s)
	began := g.load.now()
	s.run()
	g.load.publish(s.rec)
	if !slot.Control() {
		return false
	}
	return g.pause(reopenPause - min(g.load.now()-began, reopenPause))
}

// reopenPause is the shortest time between two openings of one control, so that
// a server that has gone is not hammered.
const reopenPause = time.Second

func (g *goroutines) add(s *stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streams[s] = struct{}{}
}

func (g *goroutines) forget(s *stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.streams, s)
}

func (g *goroutines) stop() {
	g.cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.streams {
		s.interrupt()
	}
}

func (g *goroutines) wait() { g.running.Wait() }

// stopping tells whether the engine was asked to stop.
func (g *goroutines) stopping() bool { return g.ctx.Err() != nil }

// pause waits, and tells whether it was let to wait to the end.
func (g *goroutines) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return !g.stopping()
	case <-g.ctx.Done():
		return false
	}
}
