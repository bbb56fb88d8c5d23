package server

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often a busy stream asks its kernel; the call costs about
// a microsecond, a stream may write thousands of tokens a second.
const lookEvery = time.Second

// activity knows the last moment at which a client was known to be there: its
// request, or data that its kernel acknowledged. A write that succeeded proves
// nothing: it may have reached our own send buffer only, as it does for about
// 15 minutes after a network has gone.
//
// Where the kernel cannot be asked (not Linux, not TCP) a write that succeeded
// counts all the same.
//
// It may be used by several goroutines.
type activity struct {
	seen atomic.Int64 // Unix time in nanoseconds

	mu     sync.Mutex
	conn   *net.TCPConn // nil where the kernel cannot be asked
	acked  uint64       // bytes acknowledged at the last look
	looked time.Time
}

// begin starts with a request that came now on conn, which may be nil.
func (a *activity) begin(conn *net.TCPConn, now time.Time) {
	a.seen.Store(now.UnixNano())
	if conn == nil {
		return
	}
	acked, _, err := acknowledged(conn)
	if err != nil {
		return // this kernel cannot say: writes count
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conn, a.acked, a.looked = conn, acked, now
}

// last returns the moment, as far as it was looked at.
func (a *activity) last() time.Time { return time.Unix(0, a.seen.Load()) }

// wrote tells of a write that succeeded now.
func (a *activity) wrote(now time.Time) {
	a.mu.Lock()
	asked, due := a.conn != nil, now.Sub(a.looked) >= lookEvery
	a.mu.Unlock()
	switch {
	case !asked:
		a.see(now)
	case due:
		a.look(now)
	}
}

// look asks the kernel. Only a growing number of acknowledged bytes counts: an
// answer to a zero-window probe, or to a keep-alive, acknowledges nothing new,
// and a frozen client's kernel gives such answers for ever. (The moment given
// is that of the last ACK of any kind, so it may be late by no more than the
// time between two looks.)
func (a *activity) look(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return
	}
	a.looked = now
	acked, ago, err := acknowledged(a.conn)
	if err != nil || acked <= a.acked { // an error: the connection was closed
		return
	}
	a.acked = acked
	a.see(now.Add(-ago))
}

// see moves the moment forward, never back.
func (a *activity) see(at time.Time) {
	for {
		old := a.seen.Load()
		if at.UnixNano() <= old || a.seen.CompareAndSwap(old, at.UnixNano()) {
			return
		}
	}
}
