//go:build !linux

package probe

import (
	"errors"
	"fmt"
	"runtime"
)

// held is for Linux: elsewhere a process's holdings are not in files.
func held(int, string) (int, error) {
	return 0, &Error{Err: fmt.Errorf("what a process holds cannot be read on %s: %w", runtime.GOOS, errors.ErrUnsupported), hint: "let a command count it: exec:COMMAND"}
}
