package probe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// holdings are what a process can be asked for, with the role of each.
var holdings = []struct {
	name string
	role leakcheck.Role
}{
	{"fds", leakcheck.Descriptors},
	{"threads", leakcheck.Workers},
	{"sockets", leakcheck.Descriptors},
	{"rss", leakcheck.Memory}, // in bytes
}

// newProcess makes the place of "PID#fds|threads|sockets|rss", a process of this
// machine.
func newProcess(rest string, _ Access) (place, error) {
	number, what, _ := strings.Cut(rest, "#")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 0 {
		return place{}, fmt.Errorf("%q is no process's number", client.Redact(number))
	}
	for _, h := range holdings {
		if h.name == what {
			return place{where: rest, role: h.role, read: func(context.Context) (leakcheck.Sample, error) {
				n, err := held(pid, what)
				return leakcheck.Sample{Count: n}, err
			}}, nil
		}
	}
	return place{}, fmt.Errorf("a process has fds, threads, sockets and rss, not %q", what)
}

// procStatus is what is looked at in /proc/PID/status.
type procStatus struct {
	state   string // Z is a process that has ended
	threads int
	rss     int // bytes
}

// parseStatus reads /proc/PID/status (proc_pid_status(5)). A kernel thread has
// no memory of its own.
func parseStatus(text string) procStatus {
	var s procStatus
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch n, _ := strconv.Atoi(fields[0]); name {
		case "State":
			s.state = fields[0]
		case "Threads":
			s.threads = n
		case "VmRSS":
			s.rss = n
			if slices.Contains(fields, "kB") {
				s.rss = n << 10
			}
		}
	}
	return s
}
