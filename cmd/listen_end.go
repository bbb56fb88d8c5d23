package cmd

import (
	"errors"
	"fmt"
	"time"
)

// reason is why listening ended, as the last line of --json says it.
type reason string

const (
	endedByServer    reason = "ended"       // by the server, in good order
	endedDone        reason = "done"        // so, after an answer that said that it is done
	endedNoContent   reason = "no-content"  // the server wants nobody to come back (204)
	endedEnough      reason = "max-events"  // with --max-events
	endedTime        reason = "for"         // with --for
	endedUnmet       reason = "unmet"       // an expectation was not met
	endedFailed      reason = "failed"      // with an error
	endedInterrupted reason = "interrupted" // by a signal
	endedOutput      reason = "output"      // the output takes no more, so that this is not written either
)

// ending is how listening ended, and what had come.
type ending struct {
	reason  reason
	err     error // of a reason that has one
	at      time.Time
	opened  bool
	tally   *tally
	bytes   int64
	silence time.Duration // the longest
}

// good tells whether it ended as it may.
func (e ending) good() bool {
	switch e.reason {
	case endedByServer, endedDone, endedNoContent, endedEnough, endedTime:
		return true
	case endedUnmet, endedFailed, endedInterrupted, endedOutput:
	}
	return false
}

// result is what the command ends with.
func (e ending) result() error {
	switch {
	case e.good():
		return nil
	case e.reason == endedInterrupted:
		return errInterrupted
	default:
		return fmt.Errorf("listen: %w", e.err)
	}
}

// String says it in a sentence.
func (e ending) String() string {
	switch e.reason {
	case endedByServer:
		return "the server ended the stream"
	case endedDone:
		return "the answer is done, and the server ended the stream"
	case endedNoContent:
		return "the server wants nobody to come back (status 204)"
	case endedEnough:
		return "as many events came as were asked for"
	case endedTime:
		return "the time that was asked for is over"
	case endedUnmet:
		return "an expectation was not met"
	case endedInterrupted:
		return "interrupted"
	case endedFailed, endedOutput:
	}
	return "the stream failed"
}

// unmetError tells of an expectation that was not met.
type unmetError struct{ text string }

func (e unmetError) Error() string { return e.text }

// expectations are what a stream has to keep; zero is none.
type expectations struct {
	heartbeat time.Duration // no longer silence while connected
	gap       time.Duration // no longer without an event, from the first on
	events    int           // no fewer of those that are shown
}

// tolerated is the time from which on a bound counts as broken: machines and
// networks are late at times.
func tolerated(bound time.Duration) time.Duration {
	return bound + max(bound/10, 100*time.Millisecond)
}

// check tells whether a silence, or the time without an event, is too long.
func (x expectations) check(silence, gap time.Duration) error {
	var unmet []error
	if x.heartbeat > 0 && silence > tolerated(x.heartbeat) {
		unmet = append(unmet, unmetError{fmt.Sprintf("--expect-heartbeat %s: nothing came for %s", x.heartbeat, millis(silence))})
	}
	if x.gap > 0 && gap > tolerated(x.gap) {
		unmet = append(unmet, unmetError{fmt.Sprintf("--expect-gap %s: no event came for %s", x.gap, millis(gap))})
	}
	return errors.Join(unmet...)
}

// enough tells whether so many events are too few.
func (x expectations) enough(events int) error {
	if events >= x.events {
		return nil
	}
	return unmetError{fmt.Sprintf("--expect-events %d: %d came", x.events, events)}
}

// due is how long it is until check could tell of more.
func (x expectations) due(silence, gap time.Duration) time.Duration {
	due := time.Hour
	if x.heartbeat > 0 {
		due = min(due, tolerated(x.heartbeat)-silence)
	}
	if x.gap > 0 {
		due = min(due, tolerated(x.gap)-gap)
	}
	return due
}

func millis(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
