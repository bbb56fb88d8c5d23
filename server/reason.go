package server

import (
	"context"
	"errors"
)

// CloseReason is why a session ended. As an error it is the cause of the
// session's context, so that whoever works for a session (its upstream, its
// writer) can ask context.Cause why it has to stop.
type CloseReason string

const (
	CloseCompleted    CloseReason = "completed"    // the reply is over, well or ill
	CloseDisconnected CloseReason = "disconnected" // the client has gone
	CloseWriteFailed  CloseReason = "write_failed" // a write failed, or took longer than WriteTimeout
	CloseTimeout      CloseReason = "timeout"      // the stream reached the age of Timeout
	CloseSwept        CloseReason = "swept"        // no sign of the client for IdleTimeout
	CloseReplaced     CloseReason = "replaced"     // its id was opened again
	CloseCancelled    CloseReason = "cancelled"    // DELETE /sessions/{id}
	CloseShutdown     CloseReason = "shutdown"     // the server stops
)

// closeReasons are all of them: each is a key of "closed" in GET /sessions,
// seen or not.
var closeReasons = []CloseReason{
	CloseCompleted, CloseDisconnected, CloseWriteFailed, CloseTimeout,
	CloseSwept, CloseReplaced, CloseCancelled, CloseShutdown,
}

// closeUnseen is an end that nobody is told of, with EarlyAbort: finish leaves
// such a session to the sweep.
const closeUnseen CloseReason = "unseen"

// Error makes a CloseReason a context's cause.
func (r CloseReason) Error() string { return "session closed: " + string(r) }

// endOf is why a stream ended whose context or last write (nil if it
// succeeded) made it stop. A reason that somebody gave comes first. Without
// one net/http has cancelled the request: because the client hung up, or
// because of the very write that failed here.
func endOf(stream context.Context, write error) CloseReason {
	var given CloseReason
	switch {
	case errors.As(context.Cause(stream), &given):
		return given
	case write != nil && !errors.Is(write, errInterrupted):
		return CloseWriteFailed
	}
	return CloseDisconnected
}
