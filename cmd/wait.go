package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	waitFirst = 50 * time.Millisecond // before a server is asked again
	waitMost  = time.Second           // the same, when it has been asked often
	waitTry   = 5 * time.Second       // for one answer
)

// waitFor asks for a plan's stream until its server has started: until it answers
// anything but that nobody is there. What is wrong with that answer is for others to
// say. It waits for a limit at the most, and no longer than gone is open. That it waits stands on told.
func waitFor(ctx context.Context, plan loadgen.Plan, limit time.Duration, gone <-chan struct{}, told io.Writer) error {
	begin := time.Now()
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	pause := waitFirst
	var last error
	for {
		err := starting(bounded, plan)
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err == nil:
			return nil
		case last == nil || bounded.Err() == nil: // else it is the limit's own
			last = err
		}
		if pause == waitFirst {
			fmt.Fprintf(told, "waiting for %s, %s at the most\n", client.Redact(plan.Request.URL), limit)
		}
		select {
		case <-time.After(pause):
		case <-gone:
			return errServerGone
		case <-bounded.Done():
		}
		if ctx.Err() == nil && time.Since(begin) > limit {
			return &notStartedError{limit, last}
		}
		pause = min(2*pause, waitMost)
	}
}

// errServerGone says that the server that was waited for has ended.
var errServerGone = errors.New("it has ended")

// starting is why a plan's server seems not to have started yet; nil where it has.
func starting(ctx context.Context, plan loadgen.Plan) error {
	ctx, cancel := context.WithTimeout(ctx, waitTry)
	defer cancel()
	err := loadgen.Try(ctx, plan)
	if notThere(err) {
		return err
	}
	return nil
}

// notThere tells whether an error is that of a server that is not there yet, or of a
// proxy whose server is not: anything else is an answer.
func notThere(err error) bool {
	var status *client.StatusError
	switch {
	case err == nil:
		return false
	case errors.As(err, &status):
		return status.Status == http.StatusBadGateway || status.Status == http.StatusServiceUnavailable || status.Status == http.StatusGatewayTimeout
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*net.DNSError)) || errors.As(err, new(*loadgen.SilentError))
}

// notStartedError says that a server did not start in time.
type notStartedError struct {
	limit time.Duration
	last  error
}

func (e *notStartedError) Error() string {
	return fmt.Sprintf("the server did not start within %s: %v", e.limit, e.last)
}

func (e *notStartedError) Unwrap() error { return e.last }

// Hint says what would help.
func (*notStartedError) Hint() string {
	return "see that it listens at this URL, and give it longer: --wait 2m"
}
