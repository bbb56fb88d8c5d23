package talk

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sse-tool/sse-tool/loadgen"
)

// peer is what a server's kernel knows of its client: the segments it has not acknowledged, and the window it offers.
func peer(t *testing.T, c *rawConn) (unacked, window uint32) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	var inner error
	err = raw.Control(func(fd uintptr) { info, inner = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if err := errors.Join(err, inner); err != nil {
		t.Fatal(err)
	}
	return info.Unacked, info.Snd_wnd
}

// silent fails unless nothing comes from the client for a while.
func silent(t *testing.T, c *rawConn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server hears %v, want silence", err)
	}
	_ = c.SetReadDeadline(time.Time{})
}

// A stalled client's window closes, its server hears nothing, and its end is seen only when the reply is closed.
func TestStallIsAClosedWindow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Text)
	d.leave(t, loadgen.Stall)
	if since, err := d.reply.WindowClosed(time.Now()); err != nil || !since.IsZero() {
		t.Errorf("before anything was sent it is closed since %s, %v", since, err)
	}
	failed := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, err = d.conn.Write([]byte(strings.Repeat("x", 1000)))
		}
		failed <- err
	}()
	var since time.Time
	eventually(t, "the window to close", func() bool {
		at, err := d.reply.WindowClosed(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		since = at
		return !at.IsZero()
	})
	if again, err := d.reply.WindowClosed(time.Now()); err != nil || again != since {
		t.Errorf("it was closed at %s, and then at %s, %v", since, again, err)
	}
	eventually(t, "the server to see it", func() bool { _, window := peer(t, d.conn); return window == 0 })
	silent(t, d.conn)
	d.reply.Close()
	if err := <-failed; !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("in the end the server sees %v", err)
	}
	close(d.proceed)
}

// A client that vanished acknowledges nothing and says nothing.
func TestVanishIsSilence(t *testing.T) {
	t.Parallel()
	if err := loadgen.Vanish.Able(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	d := newDesk(t, Text)
	d.leave(t, loadgen.Vanish)
	d.conn.chunk("data: anybody?\n\n")
	silent(t, d.conn)
	if unacked, _ := peer(t, d.conn); unacked == 0 {
		t.Error("what was sent is acknowledged")
	}
	d.reply.Close()
	close(d.proceed)
	if err := <-d.gone; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("in the end the server sees %v", err)
	}
}
