//go:build heavy && unix

package server

import (
	"syscall"
	"time"
)

// processorTime is what this process has taken of the processors so far, in user and
// system mode, where the system tells.
func processorTime() (time.Duration, bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
