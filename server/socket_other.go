//go:build !linux

package server

import (
	"errors"
	"net"
	"time"
)

// tune has nothing to set here: a lost client is found by the write deadline,
// the timeout, or this kernel's own patience.
func tune(*net.TCPConn, time.Duration) error { return nil }

// acknowledged cannot be asked here: see activity.
func acknowledged(*net.TCPConn) (bytes uint64, ago time.Duration, err error) {
	return 0, 0, errors.ErrUnsupported
}
