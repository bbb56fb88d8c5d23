package cmd

import (
	"errors"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// The exit codes of sse-tool.
const (
	ExitClean        = 0   // clean, or done
	ExitBad          = 1   // a bad verdict (leaking, over-reaping, crashed), a broken threshold, or an expectation that was not met
	ExitTrouble      = 2   // wrong usage, or what was asked for cannot be begun
	ExitInconclusive = 3   // what was seen proves nothing
	ExitInterrupted  = 130 // ended by a signal
)

// outcomeError carries the outcome of a run that does not pass to the exit code. It is
// not printed: the report has said it.
type outcomeError struct{ outcome leakcheck.Outcome }

func (e outcomeError) Error() string { return string(e.outcome) }

// errInterrupted says that a signal ended the command. It is not printed.
var errInterrupted = errors.New("interrupted")

// exitCode is the one place that turns an outcome into a code.
func exitCode(err error) int {
	var run outcomeError
	switch {
	case err == nil:
		return ExitClean
	case errors.Is(err, errInterrupted):
		return ExitInterrupted
	case errors.As(err, &run) && run.outcome == leakcheck.Unproved:
		return ExitInconclusive
	case errors.As(err, &run), errors.As(err, new(unmetError)):
		return ExitBad
	default:
		return ExitTrouble
	}
}
