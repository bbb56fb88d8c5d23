package server

import (
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"
)

// drain is how a server parts from its clients before it stops: no new session
// is opened; those that are open may go on for a while; whoever is still there
// then is told when to come back, and hangs up.
//
// It may be used by several goroutines; begin and leave are called once.
type drain struct {
	begun   atomic.Bool
	leaving chan struct{} // closed when streams have to end
	streams atomic.Int64  // that will see it
}

func newDrain() drain { return drain{leaving: make(chan struct{})} }

const (
	drainLook    = 10 * time.Millisecond // between two looks at what is still open
	leaveTimeout = time.Second           // for the last words, which a frozen client does not take
)

// drain returns when no stream is left, or after Config.Drain and a moment for
// the last words.
func (s *Server) drain() {
	d := &s.sessions.drain
	d.begun.Store(true)
	await(s.cfg.Drain, func() bool { return d.streams.Load() == 0 })
	close(d.leaving)
	await(leaveTimeout, func() bool { return d.streams.Load() == 0 && s.sessions.feed.watched() == 0 })
}

// await returns when what it waits for is so, or after a time.
func await(limit time.Duration, is func() bool) {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}

// appendComeBack appends the last words of a stream: when to connect again
// (HTML, section 9.2.6), from one to ten seconds from now, so that not all
// clients come back at once to the server that takes over.
func appendComeBack(dst []byte) []byte {
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, 1000+rand.Int64N(9000), 10)
	return append(dst, "\n\n"...)
}
