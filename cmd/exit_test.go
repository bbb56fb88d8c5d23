package cmd

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestExitCode(t *testing.T) {
	broken := errors.New("report to stdout: broken pipe")
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{outcomeError{leakcheck.Failed}, 1},
		{fmt.Errorf("listen: %w", unmetError{"--expect-events 2: 1 came"}), 1},
		{errors.Join(unmetError{"one"}, unmetError{"two"}), 1},
		{broken, 2},
		{outcomeError{leakcheck.Unproved}, 3},
		{errInterrupted, 130},
		{fmt.Errorf("start the reference server: %w", errInterrupted), 130},
		{errors.Join(outcomeError{leakcheck.Failed}, broken), 1},
		{errors.Join(errInterrupted, broken), 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}
