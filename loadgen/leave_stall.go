package loadgen

import (
	"errors"
	"net"
	"time"
)

const (
	// stallLooks is how often a stalled stream looks whether its window is
	// closed.
	stallLooks = 10 * time.Millisecond
	// stallPatience is how long the server may take to fill it.
	stallPatience = 10 * time.Second
	// stallStands is how long the receive queue has to stand still to be taken
	// for full, where the kernel does not tell of the window.
	stallStands = time.Second
)

// errNotFilled says that a stalled stream's receive buffer was never full: its
// server cannot know.
var errNotFilled = errors.New("too little was sent to close the receive window")

// stall stops reading and stays connected. It has left when its window is
// closed: from then on the server can notice.
func (s *stream) stall() {
	s.unread(s.load.now())
	w, err := NewReceiveWindow(s.conn)
	if err != nil {
		s.end(Failed, err)
		return
	}
	limit := time.Now().Add(stallPatience)
	for {
		since, err := w.ClosedSince(time.Now())
		switch {
		case err != nil:
			s.end(Failed, err)
			return
		case !since.IsZero():
			s.leftAt(since.Sub(s.load.start))
			s.hold()
			return
		case time.Now().After(limit):
			s.end(Untried, errNotFilled)
			return
		}
		if !s.engine.pause(stallLooks) {
			s.end(Released, nil)
			return
		}
	}
}

// ReceiveWindow watches the receive window of a connection that nobody reads. It
// is for one goroutine at a time.
type ReceiveWindow struct {
	conn   *net.TCPConn
	told   bool      // by the kernel
	queued int       // bytes in the receive queue at the last look
	grew   time.Time // when that had last grown
}

// NewReceiveWindow watches a connection's, which is one of TCP or above one.
// Where the system tells nothing of windows, ClosedSince has an error that wraps
// [errors.ErrUnsupported].
func NewReceiveWindow(c net.Conn) (*ReceiveWindow, error) {
	tcp, err := tcpConn(c)
	if err != nil {
		return nil, err
	}
	return &ReceiveWindow{conn: tcp, told: tellsWindow()}, nil
}

// ClosedSince tells since when no window is offered any more; the zero time is
// one that is still open. An old kernel does not tell: there the queue is full
// when it has not grown for a while.
func (w *ReceiveWindow) ClosedSince(now time.Time) (time.Time, error) {
	offered, queued, err := lookAtWindow(w.conn)
	switch {
	case err != nil:
		return time.Time{}, err
	case w.told && offered == 0:
		return now, nil
	case w.told:
		return time.Time{}, nil
	}
	if queued > w.queued || w.grew.IsZero() {
		w.queued, w.grew = queued, now
	}
	if queued > 0 && now.Sub(w.grew) >= stallStands {
		return w.grew, nil
	}
	return time.Time{}, nil
}
