package client

import (
	"context"
	"fmt"
	"io"
	"time"
)

// StallError tells that the server was silent for longer than Config.ReadTimeout.
type StallError struct {
	Timeout time.Duration
}

func (e *StallError) Error() string {
	return fmt.Sprintf("nothing came for %s", e.Timeout)
}

// watchdog ends a stream that is silent for too long while somebody waits for it. Nil watches nothing.
type watchdog struct {
	timeout time.Duration
	timer   *time.Timer
}

// newWatchdog returns a watchdog that watches already.
func newWatchdog(timeout time.Duration, cancel context.CancelCauseFunc) *watchdog {
	if timeout <= 0 {
		return nil
	}
	bite := func() { cancel(&StallError{Timeout: timeout}) }
	return &watchdog{timeout: timeout, timer: time.AfterFunc(timeout, bite)}
}

// start begins to watch, anew if it did already.
func (w *watchdog) start() {
	if w != nil {
		w.timer.Reset(w.timeout)
	}
}

func (w *watchdog) stop() {
	if w != nil {
		w.timer.Stop()
	}
}

// reader returns body such that each read of some bytes counts as a sign of life: where a content coding is undone, many
// reads may give nothing to the reader above.
func (w *watchdog) reader(body io.Reader) io.Reader {
	if w == nil {
		return body
	}
	return watched{w, body}
}

type watched struct {
	watchdog *watchdog
	body     io.Reader
}

func (r watched) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if n > 0 {
		r.watchdog.start()
	}
	return n, err
}
