package talk

import (
	"errors"
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Ways are the ways in which a single answer can be left, as Leave and Refresh do it.
func Ways() []loadgen.Disconnect {
	return []loadgen.Disconnect{loadgen.Refresh, loadgen.Close, loadgen.Reset, loadgen.Stall, loadgen.Vanish}
}

// UnableError tells that a stream cannot be left in a way, here or now. The stream is as it was.
type UnableError struct {
	Way loadgen.Disconnect
	Err error
}

func (e *UnableError) Error() string { return fmt.Sprintf("leave by %s: %v", e.Way, e.Err) }

func (e *UnableError) Unwrap() error { return e.Err }

// Hint is the way out; empty where there is none.
func (e *UnableError) Hint() string {
	switch {
	case e.Way == loadgen.Vanish && errors.Is(e.Err, errors.ErrUnsupported):
		return "run as root on Linux, or in a network of your own: unshare -Urn, server included"
	case errors.Is(e.Err, ErrNotOpen):
		return "ask something first: a stream is left while its answer comes"
	}
	return ""
}

// Departure is how and when a stream left.
type Departure struct {
	Way     loadgen.Disconnect
	At      time.Time
	Session string // as in Life
	Stream  string
}

// Leave leaves the stream on the connection under it, in one of the Ways but Refresh:
//
//   - Close hangs up, as a closed tab does: the server sees a FIN;
//   - Reset closes with an RST, as a killed client does;
//   - Stall stays connected and reads nothing more. The server can see that only once the receive window is full: see
//     WindowClosed;
//   - Vanish drops every packet from then on and sends none, as a lost network does. It takes Linux and CAP_NET_ADMIN.
//
// It returns at once, and a Next that waits ends with ErrLeft. The connection of a stream that stalled or vanished stays
// until Close: call that only when the server may see it. An *UnableError says why the stream cannot leave so; then it
// goes on. Leave may be called by any goroutine.
func (r *Reply) Leave(way loadgen.Disconnect) (Departure, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.depart(way); err != nil {
		return Departure{}, &UnableError{Way: way, Err: err}
	}
	return Departure{Way: way, At: r.life.Ended, Session: r.life.Session, Stream: r.life.Stream}, nil
}

// depart is Leave for those who hold mu.
func (r *Reply) depart(way loadgen.Disconnect) error {
	if r.life.State.Over() {
		return ErrNotOpen
	}
	var err error
	switch way {
	case loadgen.Close, loadgen.Refresh:
	case loadgen.Reset:
		if r.conn != nil {
			err = r.conn.reset()
		}
		if errors.Is(err, ErrNotOpen) { // one that is waited for is not made any more: that is all there is to do
			err = nil
		}
	case loadgen.Stall, loadgen.Vanish:
		if r.conn == nil || r.life.State != Streaming {
			return ErrNotOpen
		}
		err = r.conn.hold(way == loadgen.Vanish)
	default:
		err = errors.New("that is no way for a single answer")
	}
	if err != nil {
		return err
	}
	r.life.State, r.life.Way, r.life.Ended, r.life.Err = Left, way, time.Now(), ErrLeft
	if way != loadgen.Stall && way != loadgen.Vanish {
		r.cancel()
	}
	return nil
}

// Refresh leaves as a browser does whose page is loaded again, and asks the same anew: the stream is closed, and the
// successor, which it returns, is for the same session. Its answer begins anew. An error leaves all as it was.
func (r *Reply) Refresh() (*Reply, Departure, error) {
	d, err := r.Leave(loadgen.Refresh)
	if err != nil {
		return nil, d, err
	}
	c := r.conversation
	if d.Session != "" {
		c.Session = d.Session
	}
	return Ask(r.parent, r.config, c), d, nil
}

// WindowClosed tells since when the receive window of a stream that stalled is closed: from then on its server can
// notice. The zero time is one that is still open: too little was sent to fill it. It is to be asked every now and then,
// by one goroutine at a time; where the system does not tell, the error wraps [errors.ErrUnsupported].
func (r *Reply) WindowClosed(now time.Time) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.Way != loadgen.Stall {
		return time.Time{}, errors.New("receive window: the stream did not stall")
	}
	if r.window == nil {
		w, err := loadgen.NewReceiveWindow(r.conn)
		if err != nil {
			return time.Time{}, err
		}
		r.window = w
	}
	if r.closed.IsZero() {
		since, err := r.window.ClosedSince(now)
		if err != nil {
			return time.Time{}, err
		}
		r.closed = since
	}
	return r.closed, nil
}
