package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

const (
	// maxFrame bounds a message from a client: maxMessage, each byte of it
	// escaped, and what is around it.
	maxFrame = 6*maxMessage + 1<<10
	// closeTimeout is how long a client has to answer a close frame.
	closeTimeout = time.Second
)

// chatSocket is GET /ws/chat: one reply over a WebSocket (RFC 6455). The
// message is that of the query or, if it has none, the first that comes as
// {"message":"..."}; any other that comes is ignored.
//
// http.Server forgets a connection that was upgraded: Server.shutdown waits
// for sockets instead.
func (s *Server) chatSocket(w http.ResponseWriter, r *http.Request) {
	v, err := s.visitor(r, "ws")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.ProtoMajor != 1 {
		http.Error(w, "a WebSocket needs HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	if err := s.sessions.admits(v.identity); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.sockets.Add(1)
	defer s.sockets.Done()
	w.Header().Set("X-Session-Id", v.ID)
	d := s.upgrade(w, r)
	if d == nil {
		return // it was answered
	}
	if !r.URL.Query().Has("message") {
		v.upstream = questioned{Upstream: v.upstream, first: d.question}
	}
	ctx, hangUp := context.WithCancel(r.Context()) // an upgraded connection's does not end with it
	defer hangUp()
	err = s.converse(ctx, v, func(sess *session) door {
		d.session = sess
		out := writer{ctx: sess.stream, to: d.under, timeout: s.cfg.patience()}
		out.put = func(b []byte) error { return d.conn.Write(context.WithoutCancel(ctx), websocket.MessageText, b) }
		d.out = out.arm()
		go d.read(context.WithoutCancel(ctx), hangUp)
		return d
	})
	if err != nil { // the last place was taken meanwhile
		d.hangUp(websocket.StatusTryAgainLater, err.Error())
	}
}

// upgrade returns the WebSocket that was asked for, or nil. Pages of other
// origins get none, unless they are among CORSOrigins.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) *socket {
	d := &socket{pongs: s.pongs(), ended: make(chan struct{}), question: make(chan question, 1)}
	conn, err := websocket.Accept(&hijacked{ResponseWriter: w, conn: &d.under}, r, &websocket.AcceptOptions{
		OnPongReceived: d.pong, OriginPatterns: s.cfg.CORSOrigins,
	})
	if err != nil {
		return nil
	}
	conn.SetReadLimit(maxFrame)
	d.conn = conn
	return d
}

// pongs is how long a pong may take.
func (s *Server) pongs() time.Duration {
	if s.cfg.defective(NoWriteDeadline) {
		return noDeadline
	}
	return s.cfg.UserTimeout
}

// socket is the door of GET /ws/chat. Its goroutine reads, so that pongs and
// the client's leaving are seen; close waits for it.
type socket struct {
	conn     *websocket.Conn
	under    net.Conn // what conn runs on
	session  *session
	out      *writer
	pongs    time.Duration // how long a pong may take
	question chan question
	ended    chan struct{} // closed when the reading has ended
	broken   error         // why the reply broke off, if it did
	buf      []byte
}

// hijacked remembers the connection that is taken over: websocket.Conn waits
// longer for an answer to its close frame than there is time.
type hijacked struct {
	http.ResponseWriter
	conn *net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	*h.conn = conn
	return conn, buffered, err
}

// read takes the client's messages until the connection ends, which ends the
// session's stream.
func (d *socket) read(ctx context.Context, hangUp context.CancelFunc) {
	defer close(d.ended)
	defer hangUp()
	for {
		kind, data, err := d.conn.Read(ctx)
		if err != nil {
			return
		}
		select {
		case d.question <- parseQuestion(kind, data):
		default: // there was one already
		}
	}
}

// pong is a sign of the client. (None comes before the session is there: the
// goroutine that reads starts after that.)
func (d *socket) pong(context.Context, []byte) { d.session.activity.see(time.Now()) }

// message is what a client is sent: "session", "delta"s, then "done" or
// "failed".
type message struct {
	Type      string `json:"type"`
	SessionID string `json:"session_id,omitempty"`
	Delta     string `json:"delta,omitempty"`
	Tokens    int    `json:"tokens"` // so far
	Error     string `json:"error,omitempty"`
}

// write writes one message. The writer's deadline is the connection's: a
// context of the library's own that ends in the middle of a write closes the
// connection, and then no close frame can tell why.
func (d *socket) write(m message) error {
	d.buf = appendJSON(d.buf[:0], m)
	return d.out.write(d.buf)
}

func (d *socket) begin() error {
	return d.write(message{Type: "session", SessionID: d.session.ID})
}

func (d *socket) delta(n int, token string) (bool, error) {
	return true, d.write(message{Type: "delta", Delta: token, Tokens: n})
}

// heartbeat is a ping. It waits for the pong: whoever does not answer within
// the user timeout has gone, as far as anybody can tell.
func (d *socket) heartbeat() error {
	ctx, cancel := context.WithTimeout(d.session.stream, d.pongs)
	defer cancel()
	err := d.conn.Ping(ctx)
	if err != nil && d.session.stream.Err() != nil {
		return errInterrupted
	}
	return err
}

func (d *socket) leave() error { return nil } // the close frame says so

func (d *socket) done(tokens int) error {
	return d.write(message{Type: "done", Tokens: tokens})
}

func (d *socket) failed(tokens int, why error) error {
	d.broken = why
	return d.write(message{Type: "failed", Tokens: tokens, Error: why.Error()})
}

// close says why, if there may be somebody to read it. A client has a moment
// to answer; then the connection is closed whatever it does.
func (d *socket) close(reason CloseReason) {
	d.out.finish()
	if code, why := d.status(reason); code != 0 {
		d.hangUp(code, why)
	}
	_ = d.conn.CloseNow()
	<-d.ended
}

// hangUp closes the connection with a close frame.
func (d *socket) hangUp(code websocket.StatusCode, why string) {
	timer := time.AfterFunc(closeTimeout, func() { _ = d.under.Close() })
	defer timer.Stop()
	_ = d.conn.Close(code, why) // an error means that nobody answers
}

// status is the close code (RFC 6455, section 7.4.1) for the end of a session,
// and its reason. Zero stands for a client that has gone.
func (d *socket) status(reason CloseReason) (websocket.StatusCode, string) {
	told := refusal("")
	switch {
	case reason == CloseDisconnected, reason == CloseWriteFailed, reason == closeUnseen:
		return 0, ""
	case reason == CloseShutdown:
		return websocket.StatusGoingAway, string(reason)
	case reason != CloseCompleted: // one of the server's rules
		return websocket.StatusPolicyViolation, string(reason)
	case d.broken == nil:
		return websocket.StatusNormalClosure, ""
	case errors.As(d.broken, &told):
		return websocket.StatusInvalidFramePayloadData, string(told)
	}
	return websocket.StatusInternalError, d.broken.Error()
}
