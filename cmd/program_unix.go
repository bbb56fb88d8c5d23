//go:build unix

package cmd

import (
	"os"
	"syscall"
)

// endGroup asks a child's process group to end, or kills it.
func endGroup(leader *os.Process, kill bool) error {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	return syscall.Kill(-leader.Pid, signal)
}
