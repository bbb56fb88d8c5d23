package server

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// vanish has a client's kernel drop every packet that comes, as if its network
// had gone, and acknowledge nothing.
func vanish(t *testing.T, p *peer) {
	t.Helper()
	if !tryVanish(t, p) {
		t.Skip("socket filters need CAP_NET_ADMIN here")
	}
}

// tryVanish reports whether the client was allowed to vanish.
func tryVanish(t *testing.T, p *peer) bool {
	t.Helper()
	dropAll := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	err := control(p.TCPConn, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(dropAll)), Filter: &dropAll[0]})
	})
	if errors.Is(err, unix.EPERM) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.reset)
	return true
}

// stall opens a stream of 1 KiB deltas with the smallest receive buffer, and
// never reads.
func (r *running) stall(t *testing.T) {
	t.Helper()
	r.tryStall(t, sseDoor, "stall")
}

// tryStall is stall at any door, with a name for session and stream. It
// reports whether this system has what it takes.
func (r *running) tryStall(t *testing.T, e entrance, name string) bool {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1) })
	}}
	conn, err := d.DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	e.knock(t, conn.(*net.TCPConn), "tokens=0&size=1024&rate=500&session="+name, "X-Stream-Id: "+name)
	eventually(t, "the stream is open", func() bool { return r.sessions.get(name) != nil })
	return true
}

// The options hold on each accepted connection.
func TestTunedConnections(t *testing.T) {
	cfg := quick()
	cfg.UserTimeout = 1234e6
	r := start(t, cfg)
	r.open(t, chat("session=me"))
	err := control(r.sessions.get("me").activity.conn, func(fd int) error {
		for option, want := range map[int]int{unix.TCP_USER_TIMEOUT: 1234, unix.TCP_NOTSENT_LOWAT: unsentLimit} {
			got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, option)
			if err != nil {
				return err
			}
			equal(t, "option", got, want)
		}
		alive, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		equal(t, "keep-alive", alive, 0)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
