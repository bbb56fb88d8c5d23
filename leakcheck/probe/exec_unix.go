//go:build unix

package probe

import (
	"os/exec"
	"syscall"
)

// inGroup gives a command a process group, which is killed as a whole.
func inGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
