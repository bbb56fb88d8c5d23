package loadgen

import (
	"fmt"
	"net"
)

// LeaveReset closes a connection as a killed client does: its server sees an
// RST (SO_LINGER of zero). Over TLS nothing is said before it.
func LeaveReset(c net.Conn) error {
	tcp, err := tcpConn(c)
	if err != nil {
		return err
	}
	if err := tcp.SetLinger(0); err != nil {
		return fmt.Errorf("set SO_LINGER: %w", err)
	}
	return tcp.Close()
}

// tcpConn is the TCP connection below c, which may be a TLS connection.
func tcpConn(c net.Conn) (*net.TCPConn, error) {
	if over, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = over.NetConn()
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("connection to %s is no TCP connection", c.RemoteAddr())
	}
	return tcp, nil
}
