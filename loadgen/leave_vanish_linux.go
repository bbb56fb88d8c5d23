package loadgen

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// dropAll attaches a classic BPF filter of one instruction, "take none of it",
// to a connection's socket. Filtered segments are not seen by TCP at all, so
// none is acknowledged.
func dropAll(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = attachDrop(int(fd)) }); err != nil {
		return err
	}
	return inner
}

func attachDrop(fd int) error {
	filter := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	if errors.Is(err, unix.EPERM) {
		return unsupported("SO_ATTACH_FILTER asks for CAP_NET_ADMIN", nil)
	}
	if err != nil {
		return unsupported("SO_ATTACH_FILTER", err)
	}
	return nil
}

// canVanish tries it on a socket of its own.
func canVanish() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return unsupported("socket", err)
	}
	defer unix.Close(fd)
	return attachDrop(fd)
}
