package probe

import (
	"errors"
	"io/fs"
	"os"
)

// socketTables are the TCP sockets of this network namespace.
func socketTables() (string, error) {
	v4, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return "", &Error{Err: err, hint: "see that /proc is there"}
	}
	v6, err := os.ReadFile("/proc/net/tcp6")
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6
		return "", &Error{Err: err, hint: "see that /proc is there"}
	}
	return string(v4) + string(v6), nil
}
