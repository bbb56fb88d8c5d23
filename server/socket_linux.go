package server

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// unsentLimit is how much the kernel may hold of what was not even sent yet
// (TCP_NOTSENT_LOWAT). Without it a stalled client's send buffer takes
// megabytes before a write blocks and its deadline can begin.
const unsentLimit = 16 << 10

// tune sets the socket options that bound a lost or frozen client: see
// Config.UserTimeout and unsentLimit. On a multipath TCP socket the kernel
// refuses; Listen does not make such.
func tune(conn *net.TCPConn, userTimeout time.Duration) error {
	return control(conn, func(fd int) error {
		var errs []error
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds())); err != nil {
			errs = append(errs, fmt.Errorf("set TCP_USER_TIMEOUT: %w", err))
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentLimit); err != nil {
			errs = append(errs, fmt.Errorf("set TCP_NOTSENT_LOWAT: %w", err))
		}
		return errors.Join(errs...)
	})
}

// acknowledged returns how many bytes the peer's kernel has acknowledged since
// the connection began, and how long ago its last ACK came.
func acknowledged(conn *net.TCPConn) (bytes uint64, ago time.Duration, err error) {
	err = control(conn, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return fmt.Errorf("get TCP_INFO: %w", err)
		}
		bytes, ago = info.Bytes_acked, time.Duration(info.Last_ack_recv)*time.Millisecond
		return nil
	})
	return bytes, ago, err
}

// control calls f with conn's descriptor.
func control(conn *net.TCPConn, f func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
