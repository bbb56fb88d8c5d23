//go:build !linux

package loadgen

import (
	"net"
	"syscall"
)

const onlyLinux = "only Linux tells of the receive window and drops what comes to a socket"

func tellsWindow() bool { return false }

func canStall() error { return unsupported(onlyLinux, nil) }

func canVanish() error { return unsupported(onlyLinux, nil) }

func dropAll(*net.TCPConn) error { return unsupported(onlyLinux, nil) }

func lookAtWindow(*net.TCPConn) (offered, queued int, err error) {
	return 0, 0, unsupported(onlyLinux, nil)
}

// SmallestBuffer does nothing here.
func SmallestBuffer(string, string, syscall.RawConn) error { return nil }
