package server

import (
	"context"
	"sync"
	"time"
)

// reclaimEvery is the time that the worker of SlowReclaim takes for a session:
// the last of 30 that leave at once is released 6 seconds later.
const reclaimEvery = 200 * time.Millisecond

// backlog is the queue of SlowReclaim: sessions whose stream has ended and
// that nobody has released yet. It takes some only while its worker,
// reclaimLoop, runs; what Serve does not run is released at once.
//
// It may be used by several goroutines.
type backlog struct {
	mu      sync.Mutex
	worked  bool // the worker runs
	waiting []ending
}

// ending is a session and why its stream ended.
type ending struct {
	session *session
	reason  CloseReason
}

// add reports whether the worker will release the session.
func (b *backlog) add(e ending) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.worked {
		b.waiting = append(b.waiting, e)
	}
	return b.worked
}

// begin lets add take sessions.
func (b *backlog) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.worked = true
}

// next takes the session that has waited longest.
func (b *backlog) next() (e ending, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return ending{}, false
	}
	e, b.waiting[0] = b.waiting[0], ending{}
	b.waiting = b.waiting[1:]
	return e, true
}

// end takes all that are left, and lets add take no more.
func (b *backlog) end() []ending {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.waiting
	b.worked, b.waiting = false, nil
	return left
}

// reclaimLoop is the worker: it releases one session every reclaimEvery until
// ctx ends, and then all that are left.
func (m *manager) reclaimLoop(ctx context.Context) {
	m.backlog.begin()
	tick := time.NewTicker(reclaimEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			for _, e := range m.backlog.end() {
				m.release(e.session, e.reason)
			}
			return
		case <-tick.C:
			if e, ok := m.backlog.next(); ok {
				m.release(e.session, e.reason)
			}
		}
	}
}
