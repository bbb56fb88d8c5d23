package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"
)

// errInterrupted is a write that was cut short, or not begun, because the
// writer's context ended: no failure of the connection.
var errInterrupted = errors.New("write interrupted")

// writer writes a response piece by piece. Each piece has its own deadline and
// is flushed; the end of the context cuts even a blocked write short, so that
// nothing that ends a session has to wait for a frozen client.
//
// One goroutine may write. It must call finish at the end.
type writer struct {
	ctx     context.Context
	w       http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
	stop    func() bool
	stopped chan struct{} // closed when the interruption has run
	err     error         // of the last write
}

func newWriter(ctx context.Context, w http.ResponseWriter, timeout time.Duration) *writer {
	wr := &writer{ctx: ctx, w: w, rc: http.NewResponseController(w), timeout: timeout, stopped: make(chan struct{})}
	wr.stop = context.AfterFunc(ctx, func() {
		defer close(wr.stopped)
		_ = wr.rc.SetWriteDeadline(time.Unix(1, 0)) // long ago; an error means that there is no connection to write to
	})
	return wr
}

// write writes and flushes b. The context is looked at after the deadline is
// set: if it ends later, the interruption's deadline comes after ours.
func (w *writer) write(b []byte) error {
	w.err = w.tryWrite(b)
	return w.err
}

func (w *writer) tryWrite(b []byte) error {
	start := time.Now()
	if err := w.rc.SetWriteDeadline(start.Add(w.timeout)); err != nil {
		return err
	}
	if w.ctx.Err() != nil {
		return errInterrupted
	}
	_, err := w.w.Write(b)
	if err == nil {
		err = w.rc.Flush()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && time.Since(start) < w.timeout {
		return errInterrupted
	}
	return err
}

// finish ends the writing: when it returns the interruption has run or will
// not. What net/http has left to write, the end of the body, gets a moment,
// unless the connection does not even take what was written before.
func (w *writer) finish() {
	if !w.stop() {
		<-w.stopped
	}
	if w.err == nil {
		_ = w.rc.SetWriteDeadline(time.Now().Add(time.Second)) // an error shows in that write
	}
}
