package loadgen

import (
	"crypto/tls"
	"net"
)

// LeaveClose closes a connection as a closed tab does: its server sees a FIN.
// The sending side is shut down first, because closing a socket that holds
// unread bytes sends an RST instead. Over TLS a close_notify goes before it.
func LeaveClose(c net.Conn) error {
	if secure, ok := c.(*tls.Conn); ok {
		_ = secure.CloseWrite() // the close_notify alone
	}
	if tcp, err := tcpConn(c); err == nil {
		_ = tcp.CloseWrite() // what is gone already is closed below all the same
	}
	return c.Close()
}
