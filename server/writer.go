package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"
)

// errInterrupted is a write that was cut short, or not begun, because the
// writer's context ended: no failure of the connection.
var errInterrupted = errors.New("write interrupted")

// writer writes to a client piece by piece: to a response, where each piece is
// flushed, or to a WebSocket. Each piece has its own deadline; the end of the
// context cuts even a blocked write short, so that nothing that ends a session
// has to wait for a frozen client.
//
// One goroutine may write. It must call finish at the end.
type writer struct {
	ctx          context.Context
	to           interface{ SetWriteDeadline(time.Time) error }
	put          func([]byte) error
	timeout      time.Duration
	stop         func() bool
	interruption sync.WaitGroup // until it has run, unless stop kept it from that
	err          error          // of the last write

	mu      sync.Mutex
	writing bool
}

func newWriter(ctx context.Context, w http.ResponseWriter, timeout time.Duration) *writer {
	rc := http.NewResponseController(w)
	wr := &writer{ctx: ctx, to: rc, timeout: timeout}
	wr.put = func(b []byte) error {
		if _, err := w.Write(b); err != nil {
			return err
		}
		return rc.Flush()
	}
	return wr.arm()
}

// arm has the end of the context interrupt what is written from now on.
func (w *writer) arm() *writer {
	w.interruption.Add(1)
	w.stop = context.AfterFunc(w.ctx, w.interrupt)
	return w
}

// lastMoment is how long a write that is going on may still take when the context
// ends: one that only waits for its turn is done by then.
const lastMoment = 100 * time.Millisecond

// interrupt fails the write that is going on, if one is, unless it is about to be
// done. Over HTTP/2 that resets the stream, so a stream that waits is left to end in
// good order.
func (w *writer) interrupt() {
	defer w.interruption.Done()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writing {
		_ = w.to.SetWriteDeadline(time.Now().Add(lastMoment)) // an error means that there is no connection to write to
	}
}

// write writes b.
func (w *writer) write(b []byte) error {
	start := time.Now()
	if err := w.begin(start.Add(w.timeout)); err != nil {
		return err
	}
	w.err = w.put(b)
	w.end()
	if errors.Is(w.err, os.ErrDeadlineExceeded) && time.Since(start) < w.timeout {
		w.err = errInterrupted
	}
	return w.err
}

// begin looks at the context when interrupt has either run or will see a write.
func (w *writer) begin(deadline time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return errInterrupted
	}
	err := w.to.SetWriteDeadline(deadline)
	w.writing = err == nil
	return err
}

// end takes the deadline away: over HTTP/2 it would end the stream when it passes,
// and a WebSocket's pings and pongs are not written here.
func (w *writer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing = false
	if w.err == nil && w.ctx.Err() == nil {
		w.err = w.to.SetWriteDeadline(time.Time{})
	}
}

// finish ends the writing: when it returns the interruption has run or will
// not. What net/http has left to write, the end of the body, gets a moment,
// unless the connection does not even take what was written before.
func (w *writer) finish() {
	if !w.stop() {
		w.interruption.Wait()
	}
	if w.err == nil {
		_ = w.to.SetWriteDeadline(time.Now().Add(time.Second)) // an error shows in that write
	}
}
