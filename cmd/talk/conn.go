package talk

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// dialTimeout is how long a connection may take.
const dialTimeout = 30 * time.Second

// errHeld ends the reading of a connection that is kept without being read.
var errHeld = errors.New("the connection is held, and not read")

// conn is the connection of an answer, which can leave in ways that no request knows. It is safe for concurrent use.
type conn struct {
	net.Conn // the TCP connection itself, below any TLS

	mu     sync.Mutex
	held   bool // stalled or vanished: nobody but release closes it
	closed bool
}

// dial connects. The receive buffer of one of our own servers on loopback is the smallest that there is: a stall is seen
// soon then, and costs nothing where there is no distance, and no delay in sending (a server that leaves Nagle's algorithm
// on took 40 ms for each piece that filled such a window).
func dial(ctx context.Context, network, addr string, own bool) (*conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	d.SetMultipathTCP(false) // what is set on its socket would not reach the paths below
	if own && isLoopback(addr) {
		d.Control = loadgen.SmallestBuffer
	}
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// NetConn is what loadgen's ways of leaving look for.
func (c *conn) NetConn() net.Conn { return c.Conn }

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.isHeld() {
		return 0, errHeld
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if c.isHeld() { // who stalls or vanished says nothing more, no good-bye of TLS either
		return 0, errHeld
	}
	return c.Conn.Write(p)
}

func (c *conn) isHeld() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

// Close closes it as a closed tab does, by a FIN, unless it is held.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held || c.closed {
		return nil
	}
	c.closed = true
	return loadgen.LeaveClose(c.Conn)
}

// reset closes it by an RST.
func (c *conn) reset() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrNotOpen
	}
	c.closed = true
	return loadgen.LeaveReset(c.Conn)
}

// hold keeps it from being read, and from being closed by anybody but release. A silent one is made deaf before.
func (c *conn) hold(silent bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrNotOpen
	}
	if silent {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.SetKeepAlive(false) // our kernel would answer for us; without it nothing is lost
		}
		if err := loadgen.LeaveVanish(c.Conn); err != nil {
			return err
		}
	}
	c.held = true
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(1) // a window that has grown large grows no more
	}
	_ = c.SetReadDeadline(time.Unix(1, 0)) // wakes who reads
	return nil
}

// release lets go of one that was held. A plain close would leave its socket to the kernel for minutes.
func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held && !c.closed {
		c.closed = true
		_ = loadgen.LeaveReset(c.Conn)
	}
}
