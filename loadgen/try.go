package loadgen

import (
	"context"
	"fmt"
	"time"
)

// Try opens one stream of a plan and closes it once the head of an event stream
// has come. Its error says what is wrong with the target: it does not accept a
// connection, or it answers with something else (*client.StatusError,
// *client.ContentTypeError and their like).
func Try(ctx context.Context, p Plan) error {
	p = p.WithDefaults()
	p.Streams, p.Controls, p.Ramp, p.Mix = 1, 0, time.Nanosecond, Even(Close)
	p.Tag += "-try" // no stream of the load itself has this id
	l, err := Start(ctx, p, time.Now())
	if err != nil {
		return err
	}
	defer l.Release()
	select {
	case <-l.Opened():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return l.trouble
}

// SilentError says that a server accepted a connection and did not answer in
// time.
type SilentError struct {
	Waited time.Duration
}

func (e *SilentError) Error() string { return fmt.Sprintf("no answer within %s", e.Waited) }

// Hint says what to look at.
func (*SilentError) Hint() string {
	return "it accepts connections and says nothing: is it a stream's URL, and is the server well? curl -N shows"
}
