package loadgen

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deaf is a listener that accepts one connection, which a load's knock takes,
// and leaves every other in its dial.
func deaf(t *testing.T) string {
	t.Helper()
	l := listen(t)
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var shrink error
	if err := raw.Control(func(fd uintptr) { shrink = syscall.Listen(int(fd), 0) }); err != nil || shrink != nil {
		t.Fatal(err, shrink)
	}
	return "http://" + l.Addr().String() + "/"
}

func TestReleaseInADial(t *testing.T) {
	t.Parallel()
	p := small(deaf(t), 50, Close)
	p.Ramp, p.Controls = time.Millisecond, 5
	l := start(t, p)
	l.pacing.Wait()
	time.Sleep(100 * time.Millisecond) // they are all dialling
	began := time.Now()
	l.Release()
	if took := time.Since(began); took > patience/2 { // which is half the time to open
		t.Errorf("Release took %s", took)
	}
	for _, r := range l.AppendRecords(nil) {
		if r.End != Released || r.Connected != 0 {
			t.Errorf("the record is %+v", r)
		}
	}
}

func TestOpenTimeoutInADial(t *testing.T) {
	t.Parallel()
	p := small(deaf(t), 5, Close)
	p.OpenTimeout = 200 * time.Millisecond
	for _, r := range run(t, p) {
		if r.End != Failed || r.Connected != 0 || !strings.Contains(r.Err, "timeout") {
			t.Errorf("the record is %+v", r)
		}
	}
}

func TestDialSpreadsOverSources(t *testing.T) {
	t.Parallel()
	l := listen(t)
	to := target{addrs: []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())}, sources: 3}
	for n, want := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"} {
		c, err := to.dial(t.Context(), n, false)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if from, _, _ := net.SplitHostPort(c.LocalAddr().String()); from != want {
			t.Errorf("stream %d comes from %s, want %s", n, from, want)
		}
	}
}

// localhost may be both of the loopbacks, and only IPv4's has many addresses.
func TestDialSpreadsOverSourcesOfIPv4Only(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("there is no IPv6 here")
	}
	defer l.Close()
	to := target{addrs: []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())}, sources: 3}
	c, err := to.dial(t.Context(), 1, false)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
