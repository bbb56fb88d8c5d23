package loadgen

import (
	"fmt"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// SmallestBuffer asks for the smallest receive buffer that the kernel gives: a
// window of about 1 KiB, so that a server soon sees a client stall. It is for a
// [net.Dialer]'s Control, because it has to be asked for before the connection is
// made. On other systems than Linux it does nothing.
func SmallestBuffer(_, _ string, c syscall.RawConn) error {
	var inner error
	err := c.Control(func(fd uintptr) {
		inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1)
	})
	if err == nil {
		err = inner
	}
	if err != nil {
		return fmt.Errorf("set SO_RCVBUF: %w", err)
	}
	return nil
}

// tellsWindow tells whether the kernel has tcpi_rcv_wnd: since Linux 6.2.
var tellsWindow = sync.OnceValue(func() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	var major, minor int
	n, _ := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	return n == 2 && (major > 6 || major == 6 && minor >= 2)
})

// lookAtWindow returns the receive window that a connection offers, if the
// kernel tells, and the bytes in its receive queue.
func lookAtWindow(c *net.TCPConn) (offered, queued int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var info *unix.TCPInfo
	var inner error
	err = raw.Control(func(fd uintptr) {
		if info, inner = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); inner == nil {
			queued, inner = unix.IoctlGetInt(int(fd), unix.SIOCINQ)
		}
	})
	if err == nil {
		err = inner
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look at the receive window: %w", err)
	}
	return int(info.Rcv_wnd), queued, nil
}

func canStall() error { return nil }
