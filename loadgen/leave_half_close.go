package loadgen

import (
	"crypto/tls"
	"net"
	"time"
)

// HalfCloseFor is how long a half-closed stream reads on before it closes. Two
// heartbeats of the reference server in a storm fit into it.
const HalfCloseFor = 2 * time.Second

// LeaveHalfClose shuts the sending side of a connection: its server sees a FIN,
// while what it sends is still acknowledged. A server may hang up or serve on;
// both are right (RFC 9112, section 9.6). Over TLS a close_notify goes before the
// FIN. The connection is still to be closed.
func LeaveHalfClose(c net.Conn) error {
	if secure, ok := c.(*tls.Conn); ok {
		if err := secure.CloseWrite(); err != nil { // the close_notify alone
			return err
		}
	}
	tcp, err := tcpConn(c)
	if err != nil {
		return err
	}
	return tcp.CloseWrite()
}

// halfClose reads on after it, notes what the server made of it, and leaves by
// closing.
func (s *stream) halfClose() {
	s.unread(s.load.now()) // it may be served on, and need not
	if err := LeaveHalfClose(s.conn); err != nil {
		s.end(Failed, err)
		return
	}
	s.readUntil(s.load.now() + HalfCloseFor)
	if s.engine.stopping() {
		s.end(Released, nil)
		return
	}
	s.rec.HungUp = s.rec.End != Open
	s.rec.ServedOn = s.rec.End == Open
	s.rec.End, s.rec.Err = Open, "" // a server that hung up did no wrong
	s.depart(LeaveClose)
}
