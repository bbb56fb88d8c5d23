package server

import (
	"context"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// hoard is what the defects that lose something else than the session itself
// keep, until shutdown: WorkerLeak, FDLeak and MemoryLeak. It may be used by
// several goroutines.
type hoard struct {
	workers sync.WaitGroup

	mu      sync.Mutex
	files   []*os.File
	buffers [][]byte
}

// schedule has a goroutine of its own tick for a session, as a scheduler made
// for each connection does that nobody shuts down. It ends with life.
func (h *hoard) schedule(life context.Context, every time.Duration) {
	h.workers.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-life.Done():
				return
			}
		}
	})
}

// duplicate takes a second descriptor of a session's connection, as is done to
// look at it, and does not close it. Where the system has no such (Windows)
// nothing is lost.
func (h *hoard) duplicate(conn *net.TCPConn) {
	if conn == nil {
		return
	}
	f, err := conn.File()
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files = append(h.files, f) // or the garbage collector would close it
}

// bufferSize is what MemoryLeak keeps of each session.
const bufferSize = 64 << 10

// buffer keeps a session's buffer when the session is gone. It is filled: the
// kernel lends a page only to who writes to it.
func (h *hoard) buffer() {
	buf := slices.Repeat([]byte{' '}, bufferSize)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buffers = append(h.buffers, buf)
}

// release gives everything back. The life of what was scheduled must have
// ended.
func (h *hoard) release() {
	h.workers.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.files {
		_ = f.Close()
	}
	h.files, h.buffers = nil, nil
}
