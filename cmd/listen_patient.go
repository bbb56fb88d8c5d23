package cmd

import (
	"context"
	"errors"
	"io"
	"time"
)

// outputPatience is how long an output is waited for once listening is over.
const outputPatience = time.Second

var errBlocked = errors.New("nobody takes what is written")

// patient writes to an output that may block for ever, as a pipe does whose
// reader has stopped. Once ctx is done it waits no longer than its patience, and
// then takes nothing more: a write that blocks cannot be called back, and ends
// with the process.
type patient struct {
	ctx     context.Context
	w       io.Writer
	blocked bool
}

func (p *patient) Write(b []byte) (n int, err error) {
	if p.blocked {
		return 0, errBlocked
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := p.w.Write(b)
		done <- result{n, err}
	}()
	var over <-chan time.Time
	for ended := p.ctx.Done(); ; {
		select {
		case r := <-done:
			return r.n, r.err
		case <-ended:
			over, ended = time.After(outputPatience), nil
		case <-over:
			p.blocked = true
			return 0, errBlocked
		}
	}
}
