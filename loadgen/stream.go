package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// stream is one stream of the goroutines engine, from dial to end. Its
// goroutine owns everything in it but conn, which interrupt reaches too.
type stream struct {
	load   *Load
	engine *goroutines
	slot   Slot
	rec    Record

	mu   sync.Mutex
	conn net.Conn

	decoder client.Decoder
	buf     [readBuffer]byte
	pulse   pulse
	last    lastWord // of a stream that is to complete
}

// readBuffer is what a stream reads at a time: an event of a chat fits, and ten
// thousand streams stay small.
const readBuffer = 1024

// run takes the stream from dial to end; its record then says how it went.
func (s *stream) run() {
	err := s.open()
	if s.conn != nil {
		defer s.conn.Close()
	}
	switch {
	case s.rec.End != Open:
		return
	case s.engine.stopping():
		s.end(Released, nil)
		return
	case err != nil:
		s.end(Failed, err)
		return
	}
	s.readUntil(s.leaveAt())
	switch {
	case s.rec.End != Open:
	case s.engine.stopping():
		s.end(Released, nil)
	default:
		s.leave()
	}
}

// open connects, sends the request and, unless the stream is to leave before
// it, reads until the head has come; what comes behind the head in the same read
// is taken too. An answer that is no event stream is no error here: it is the
// stream's end.
func (s *stream) open() error {
	ctx, cancel := context.WithTimeout(s.engine.ctx, s.load.plan.OpenTimeout)
	defer cancel()
	began := s.load.now()
	conn, err := s.load.target.dial(ctx, s.rec.N, s.rec.Disconnect == Stall)
	if err != nil {
		return err
	}
	s.attach(conn)
	s.load.comesFrom(s.rec.N, conn.LocalAddr())
	s.rec.Connected = s.load.now()
	s.load.latency.add(Connect, s.rec.Connected-began)
	deadline, _ := ctx.Deadline()
	if err := s.ask(deadline); err != nil {
		return err
	}
	if s.rec.Disconnect == Early {
		return nil
	}
	for s.rec.Opened == 0 && s.rec.End == Open {
		if !s.read(deadline) {
			return &SilentError{Waited: s.load.plan.OpenTimeout}
		}
	}
	s.load.publish(s.rec)
	return nil
}

// ask sends the request.
func (s *stream) ask(deadline time.Time) error {
	wire, err := s.load.plan.Request.bytes(s.rec.caller(), s.load.plan.Shape[s.rec.asks()])
	if err != nil {
		return err
	}
	_ = s.conn.SetWriteDeadline(deadline)
	if s.engine.stopping() {
		return nil // interrupt's deadline may be the one that was just replaced
	}
	if _, err := s.conn.Write(wire); err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	return nil
}

// leaveAt is when the stream stops reading, zero for never. One that its server
// was slow to open is held all the same; one that is to complete is given the
// patience that this takes.
func (s *stream) leaveAt() time.Duration {
	switch {
	case s.slot.Control():
		return 0
	case s.rec.Disconnect == Early:
		return 1 // at once: its delay counts from the request
	}
	at := max(s.slot.Leave, s.rec.Opened+s.load.plan.Hold)
	if s.rec.Disconnect == Complete {
		at += s.load.plan.Patience()
	}
	return at
}

// readUntil takes what comes until a moment, zero for ever, or the stream's
// end.
func (s *stream) readUntil(at time.Duration) {
	var deadline time.Time
	if at != 0 {
		deadline = s.load.start.Add(at)
	}
	for s.rec.End == Open && s.read(deadline) {
	}
}

// read takes what one read brings. False means that the deadline came, or that
// the engine is stopping.
func (s *stream) read(deadline time.Time) bool {
	_ = s.conn.SetReadDeadline(deadline) // what is wrong with a socket shows in Read
	if s.engine.stopping() {
		return false // as in ask
	}
	n, err := s.conn.Read(s.buf[:])
	if n > 0 {
		s.rec.Bytes += int64(n)
		s.rec.Heard = s.load.now()
		s.load.latency.bytes(&s.pulse, s.rec.Heard)
	}
	if _, feedErr := s.decoder.Feed(s.buf[:n], s); feedErr != nil {
		s.refuse(feedErr)
		return true
	}
	switch {
	case s.decoder.Done():
		s.end(Completed, nil)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false
	case err != nil:
		s.lost(err)
	}
	return true
}

// refuse ends a stream whose bytes are not what they should be.
func (s *stream) refuse(err error) {
	switch {
	case s.rec.Opened == 0:
		s.end(Rejected, err)
	case errors.As(err, new(*client.EventTooLargeError)):
		s.end(Failed, err)
	default:
		s.end(Cut, err)
	}
}

// lost ends a stream whose connection has ended. An end that the response
// allows is its completion; a FIN or RST before that is a cut by the server or
// the middle; everything else is a loss of our own.
func (s *stream) lost(err error) {
	if errors.Is(err, io.EOF) {
		if err = s.decoder.End(); err == nil {
			s.end(Completed, nil)
			return
		}
	}
	byPeer := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	if byPeer && s.rec.Opened != 0 {
		s.end(Cut, err)
		return
	}
	s.end(Failed, err)
}

// leave does what the stream's way is, now that its time has come.
func (s *stream) leave() {
	switch s.rec.Disconnect {
	case Complete:
		s.end(Untried, errors.New("the server did not end it"))
	case Close:
		s.depart(LeaveClose)
	case HalfClose:
		s.halfClose()
	case Reset:
		s.depart(LeaveReset)
	case Early:
		s.early()
	case Refresh:
		s.refresh()
	case Stall:
		s.stall()
	case Overstay:
		s.overstay()
	case Vanish:
		s.vanish()
	}
}

// depart leaves by an act on the connection and tells whether that succeeded.
// The moment is taken before, so that a reclaim that is measured from it is an
// upper bound.
func (s *stream) depart(act func(net.Conn) error) bool {
	at := s.load.now()
	s.unread(at)
	if err := act(s.conn); err != nil {
		s.end(Failed, err)
		return false
	}
	s.leftAt(at)
	return true
}

// unread says that the stream is read no more: what comes now, or does not, is none of
// the server's doing.
func (s *stream) unread(at time.Duration) { s.load.latency.leave(&s.pulse, at, true) }

// leftAt says that the stream has left, which the load is told at once: the
// stream may hold its connection for long.
func (s *stream) leftAt(at time.Duration) {
	s.rec.End, s.rec.Ended = Left, max(at, 1)
	s.load.publish(s.rec)
}

// hold keeps the connection until the load is released, and then resets it.
func (s *stream) hold() {
	<-s.engine.ctx.Done()
	_ = LeaveReset(s.conn) // there is nobody left to tell
}

func (s *stream) end(how End, err error) {
	s.rec.End = how
	s.rec.Ended = s.load.now()
	s.load.latency.leave(&s.pulse, s.rec.Ended, how == Cut || how == Released || how == Untried)
	if how == Completed {
		s.unsaid()
	}
	if err == nil {
		return
	}
	s.rec.Err = words(err)
	if s.rec.Opened == 0 {
		s.load.note(err)
	}
}

// longestErr bounds what a record keeps of an error, which may quote the server.
const longestErr = 500

// words are what a record keeps of an error. The addresses of a connection are its
// own: without them what befell many streams alike reads alike.
func words(err error) string {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) && op.Op != "dial" {
		text = op.Op + ": " + op.Err.Error()
	}
	if len(text) > longestErr {
		text = strings.ToValidUTF8(text[:longestErr], "") + "…"
	}
	return text
}

func (s *stream) attach(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
}

// interrupt wakes the stream's goroutine out of a read.
func (s *stream) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.SetDeadline(time.Unix(1, 0)) // a closed one needs no waking
	}
}

// Head takes the response's head: the stream is open if it is an event stream.
func (s *stream) Head(h *client.Head) error {
	s.rec.Status = h.Status
	if err := client.CheckHead(h); err != nil {
		return err
	}
	s.load.meet(h)
	if id := s.load.plan.SessionFrom.inHead(h); id != "" {
		s.rec.Session = id
	}
	s.rec.Opened = s.load.now()
	s.pulse.idle = slices.Contains(s.load.plan.Idle, s.rec.asks())
	s.load.latency.follow(&s.pulse, s.rec.N, s.rec.Opened)
	return nil
}

// Event takes an event.
func (s *stream) Event(e client.Event) {
	now := s.load.now()
	if s.rec.Session == "" {
		if s.rec.Session = s.load.plan.SessionFrom.inEvent(e); s.rec.Session != "" {
			s.load.publish(s.rec)
		}
	}
	if s.rec.Disconnect == Complete {
		s.last.take(e, s.rec.Events == 0)
	}
	s.rec.Events++
	if s.rec.FirstEvent == 0 {
		s.rec.FirstEvent = now
		s.load.latency.add(FirstEvent, now-s.rec.Due)
	}
	s.load.latency.event(&s.pulse, now)
}

// Comment takes a comment: a heartbeat.
func (s *stream) Comment([]byte) {
	s.rec.Comments++
	s.load.latency.comment(&s.pulse, s.load.now())
}

// Retry takes the server's reconnection time, which a load has no use for.
func (s *stream) Retry(time.Duration) {}
