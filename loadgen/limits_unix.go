//go:build unix

package loadgen

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// MachineLimits asks the machine for its limits.
func MachineLimits() Limits {
	var l Limits
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		l.Descriptors = int(min(uint64(files.Cur), 1<<31-1))
	}
	l.Ports = localPorts()
	return l
}

// localPorts is the size of Linux's range of ephemeral ports, zero where there
// is no such file.
func localPorts() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) != 2 {
		return 0
	}
	first, err1 := strconv.Atoi(fields[0])
	last, err2 := strconv.Atoi(fields[1])
	if err1 != nil || err2 != nil || last < first {
		return 0
	}
	return last - first + 1
}
