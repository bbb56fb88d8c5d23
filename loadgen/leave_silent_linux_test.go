package loadgen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// peer is what a server's kernel knows of its client: the segments it has not
// acknowledged, and the window it offers.
func peer(c *net.TCPConn) (unacked, window uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var info *unix.TCPInfo
	var inner error
	if err := raw.Control(func(fd uintptr) {
		info, inner = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); err != nil {
		return 0, 0, err
	}
	if inner != nil {
		return 0, 0, inner
	}
	return info.Unacked, info.Snd_wnd, nil
}

// silentFor is for how long a test listens that nothing comes.
const silentFor = 300 * time.Millisecond

// hears reads for a while: a timeout is silence.
func hears(c net.Conn) error {
	_ = c.SetReadDeadline(time.Now().Add(silentFor))
	_, err := c.Read(make([]byte, 1))
	return err
}

// A stalled client's window closes, its server hears nothing, and nothing is
// given up before the load is released.
func TestStallIsAClosedWindow(t *testing.T) {
	t.Parallel()
	conns := make(chan *rawConn, 1)
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		conns <- c
		wait := c.flood()
		_ = wait() // whatever the release made of it
	})
	l := start(t, small(s.url(), 1, Stall))
	await(t, "the stream to stall", l.Left())
	c := <-conns
	if err := hears(c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server hears %v, want silence", err)
	}
	if _, window, err := peer(c.tcp); window != 0 || err != nil {
		t.Errorf("the window is %d, %v", window, err)
	}
	if r := l.record(0); r.End != Left || s.open() != 1 {
		t.Errorf("the record is %+v", r)
	}
	l.Release()
	eventually(t, "the server to see the end", func() bool { return s.open() == 0 })
}

// An old kernel does not tell of the window; the queue that stands still does.
func TestReceiveWindowOfAnOldKernel(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	w := ReceiveWindow{conn: client}
	now := time.Now()
	look := func(after time.Duration, closed bool) {
		t.Helper()
		since, err := w.ClosedSince(now.Add(after))
		if err != nil || since.IsZero() == closed {
			t.Errorf("after %s it is closed since %s, %v", after, since, err)
		}
	}
	look(0, false)
	look(stallStands, false) // nothing was sent
	unread(t, client, server)
	look(2*stallStands, false) // it has grown
	look(3*stallStands-1, false)
	look(3*stallStands, true)
}

func TestStallNeedsEnoughToBeSent(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	r := run(t, small(s.url(), 1, Stall))[0]
	if r.End != Untried || r.Err != errNotFilled.Error() {
		t.Errorf("the record is %+v", r)
	}
}

// A vanished client acknowledges nothing, and its server hears nothing, until
// the load is released.
func TestVanishIsSilence(t *testing.T) {
	t.Parallel()
	if err := Vanish.Able(); err != nil {
		skipUnlessRequired(t, err)
	}
	conns := make(chan *rawConn, 1)
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		conns <- c
		_ = c.gone()
	})
	l := start(t, small(s.url(), 1, Vanish))
	await(t, "the stream to vanish", l.Left())
	c := <-conns
	c.event()
	time.Sleep(silentFor)
	if unacked, _, err := peer(c.tcp); unacked == 0 || err != nil {
		t.Errorf("what was sent is acknowledged: %v", err)
	}
	if s.open() != 1 {
		t.Error("the server's end is closed")
	}
	l.Release()
	eventually(t, "the server to see the end", func() bool { return s.open() == 0 })
	if n := finWaits(t, s); n > 0 {
		t.Errorf("%d sockets are left behind in FIN_WAIT1", n)
	}
}

// finWaits counts sockets to a server that wait for a last acknowledgement.
func finWaits(t *testing.T, s *rawServer) int {
	t.Helper()
	return socketsIn(t, s.Addr().(*net.TCPAddr).Port, "04")
}

// socketsIn counts this machine's sockets to a port that are in a state of
// /proc/net/tcp.
func socketsIn(t *testing.T, port int, state string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	remote := fmt.Sprintf("0100007F:%04X", port)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 3 && f[2] == remote && f[3] == state {
			n++
		}
	}
	return n
}

// skipUnlessRequired skips a test that this machine cannot run, unless it is one
// that has to.
func skipUnlessRequired(t *testing.T, why error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
