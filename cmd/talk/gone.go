package talk

import (
	"context"
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Gone tells when a server let go of a session whose stream had left.
type Gone struct {
	// After is how long after the leaving it was seen to be gone: an upper bound.
	After time.Duration
	// Reason is the server's: "disconnected", "write_failed", "replaced". Where the list showed it, and not the feed, it is
	// "replaced" if another stream has the session, else empty.
	Reason string
}

// Gone tells by one look at the server's sessions whether that of a stream that left is gone; ok is false while it is
// there. It is to be asked of each Live that comes after the leaving.
func (d Departure) Gone(l Live) (g Gone, ok bool) {
	g.After = max(0, l.At.Sub(d.At))
	if l.Change != nil && l.Change.Closed && l.Change.Stream == d.Stream {
		g.Reason = l.Change.Reason
		return g, true
	}
	// A change of another session says nothing of this one: its own may be on its way.
	if l.Change != nil || !l.Connected || l.Listed.Before(d.At) || l.Active > len(l.Sessions) {
		return Gone{}, false
	}
	for _, s := range l.Sessions {
		switch {
		case s.Stream == d.Stream:
			return Gone{}, false
		case s.ID == d.Session && d.Session != "": // another stream has it
			g.Reason = "replaced"
		}
	}
	return g, true
}

// Await waits until the session of a stream that left is gone, and returns when that was. Watch it from before the
// leaving (with a Sessions of one's own) to learn the reason too. An error is that of Watch or of Next, or says that ctx
// is done: then the session is still there.
func (d Departure) Await(ctx context.Context, c Config) (Gone, error) {
	sessions, err := Watch(ctx, c)
	if err != nil {
		return Gone{}, err
	}
	defer sessions.Close()
	for {
		live, err := sessions.Next()
		if err != nil {
			return Gone{}, fmt.Errorf("session %s: %w", d.Session, err)
		}
		if g, ok := d.Gone(live); ok {
			return g, nil
		}
	}
}

// Window is how long after a departure a server that does it right may keep the session; ok is false where nothing is
// known that would tell. age is how old the stream was.
func (t Target) Window(d Departure, age time.Duration) (window time.Duration, ok bool) {
	if t.Limits == nil {
		return 0, false
	}
	return leakcheck.Windows{}.For(d.Way, t.Limits, 0, age)
}
