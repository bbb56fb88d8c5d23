package talk

import (
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// Life is the life of an answer's stream as of one moment. It is a plain value; what goes on between two of them, with
// time alone, its methods tell for a time that is later. Times that have not come are zero.
type Life struct {
	// State is where the answer stood at that moment; see At. It is never Idle.
	State State
	// Dialect is how the answer reads.
	Dialect Dialect

	Began  time.Time // when it was asked for
	Opened time.Time // the present connection, or the last one
	First  time.Time // when the first text came, reasoning included
	Last   time.Time // when the last text came
	Heard  time.Time // when the last byte came, the head included
	Beat   time.Time // when the last heartbeat came
	Ended  time.Time // when it was over
	// Due is when the next attempt begins, while Reconnecting.
	Due time.Time
	// Every is how often a heartbeat comes where nothing else does: as the server tells, or as two of them in a row
	// have shown. Zero is not known.
	Every time.Duration

	// What follows is as the server sent it, and may hold whatever a terminal should not see.

	Session     string // the server's id for the session, once it is known
	Stream      string // our own id for the stream, sent as X-Stream-Id to a server in our own form
	LastEventID string
	Proto       string // of the answer's head: "HTTP/1.1"
	Status      int
	ContentType string

	Deltas     int   // events that brought text, of which most servers send one a token
	Events     int   // all events
	Comments   int   // most servers' heartbeats
	Beats      int   // heartbeats, comments or not
	Bytes      int64 // of the body, as they came
	Reconnects int   // losses that a further attempt followed
	Doubled    int   // deltas that a resumed stream brought again, and that were left out

	Finish string       // why the model stopped, in the server's words
	Usage  client.Usage // zero where the server does not count
	// Way is how it was left; empty where it was not, or by Close.
	Way loadgen.Disconnect
	// Err is what Next ends with unless the answer is complete, or why the stream was lost while Reconnecting.
	Err error

	pace pace
}

// idleAfter is how long after text a stream still counts as streaming.
const idleAfter = time.Second

// At is the state at a moment that is not before the life's own.
func (l Life) At(now time.Time) State {
	if l.State == Streaming && (l.Last.IsZero() || now.Sub(l.Last) > idleAfter) {
		return Idle
	}
	return l.State
}

// FirstAfter is the time to the first text; ok is false until that came.
func (l Life) FirstAfter() (d time.Duration, ok bool) {
	if l.First.IsZero() {
		return 0, false
	}
	return l.First.Sub(l.Began), true
}

// Took is how long it lasts, or lasted.
func (l Life) Took(now time.Time) time.Duration {
	if !l.Ended.IsZero() {
		now = l.Ended
	}
	return now.Sub(l.Began)
}

// Rate is how many deltas come in a second: over the last seconds while it streams, and over all the time from the first
// to the last once it is over.
func (l Life) Rate(now time.Time) float64 {
	if l.State.Over() {
		if d := l.Last.Sub(l.First).Seconds(); d > 0 {
			return float64(l.Deltas-1) / d
		}
		return 0
	}
	return l.pace.rate(now)
}

// Silence is how long nothing has come on the connection that is open; zero where none is.
func (l Life) Silence(now time.Time) time.Duration {
	if l.State != Streaming {
		return 0
	}
	return max(0, now.Sub(l.Heard))
}

// BeatAge is how old the last heartbeat is; ok is false where none came.
func (l Life) BeatAge(now time.Time) (age time.Duration, ok bool) {
	if l.Beat.IsZero() {
		return 0, false
	}
	return max(0, now.Sub(l.Beat)), true
}

// Overdue tells whether a heartbeat should have come by now: the silence is longer than they are apart, by a tenth, and
// by 100 ms at the least.
func (l Life) Overdue(now time.Time) bool {
	return l.Every > 0 && l.Silence(now) > l.Every+max(l.Every/10, 100*time.Millisecond)
}

// RetryIn is how long it is until the next attempt, while Reconnecting.
func (l Life) RetryIn(now time.Time) time.Duration {
	if l.State != Reconnecting {
		return 0
	}
	return max(0, l.Due.Sub(now))
}
