package loadgen

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// Over TLS the close_notify alone would tell the server's program, and its kernel
// nothing.
func TestHalfCloseOverTLSIsACloseNotifyAndAFIN(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 3)
	s := serveTLS(t, func(c *rawConn) {
		c.head()
		c.event()
		seen <- c.gone() // the close_notify
		_ = c.tcp.SetReadDeadline(time.Now().Add(patience))
		_, err := c.tcp.Read(make([]byte, 1))
		seen <- err
		_, err = c.Write([]byte(chunkOf(hello)))
		seen <- err
		c.last()
	})
	r := run(t, insecure(small(s.url(), 1, HalfClose)))[0]
	if r.End != Left || !r.HungUp || r.Events != 2 || r.Err != "" {
		t.Errorf("the record is %+v", r)
	}
	got := collect(t, "sights of the client", seen, 3)
	if !isFIN(got[0]) || !isFIN(got[1]) || got[2] != nil {
		t.Errorf("the server saw %v, want two ends and a write that goes through", got)
	}
}

func TestHalfCloseIsHungUpOn(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		_ = c.gone() // the FIN; then the connection is closed
	})
	r := run(t, small(s.url(), 1, HalfClose))[0]
	if r.End != Left || !r.HungUp || r.ServedOn || r.Err != "" {
		t.Errorf("the record is %+v", r)
	}
}

func TestHalfCloseIsServedOn(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 2)
	closed := make(chan struct{})
	defer close(closed)
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		seen <- c.gone()
		for range 20 { // what is sent is still read
			c.event()
		}
		seen <- acknowledged(c.tcp)
		<-closed
	})
	r := run(t, small(s.url(), 1, HalfClose))[0]
	if r.End != Left || r.HungUp || !r.ServedOn || r.Events != 21 {
		t.Errorf("the record is %+v", r)
	}
	got := collect(t, "sights of the client", seen, 2)
	if !isFIN(got[0]) || got[1] != nil {
		t.Errorf("the server saw %v", got)
	}
}

// acknowledged waits until a client has acknowledged what it was sent: nil, or why not.
func acknowledged(c *net.TCPConn) error {
	unacked, err := uint32(1), error(nil)
	for since := time.Now(); err == nil && unacked > 0 && time.Since(since) < patience; time.Sleep(time.Millisecond) {
		unacked, _, err = peer(c)
	}
	if err == nil && unacked > 0 {
		err = fmt.Errorf("%d segments were not acknowledged", unacked)
	}
	return err
}
