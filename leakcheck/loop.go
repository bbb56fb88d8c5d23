package leakcheck

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// loop finds answers that end without a word that says so, and whose request is
// answered with a stream again: an EventSource asks for such an answer for ever.
func (j *judge) loop() {
	again := j.e.Again
	ended := j.e.unsaid()
	if again == nil || !again.Stream || len(ended) == 0 {
		return
	}
	r := j.e.Records[again.N]
	with := "without a Last-Event-ID, for no event had an id"
	if r.LastID != "" {
		with = "with the last event's id as Last-Event-ID"
	}
	j.find(Finding{
		Code: ReconnectLoop, Severity: SeverityWarning, Disconnects: []loadgen.Disconnect{loadgen.Complete},
		Summary: fmt.Sprintf("no event said that an answer was done on any of %s that completed, and the request of one was answered with a stream again: a page that does not close its EventSource by itself asks for ever",
			count(len(ended), "stream")),
		Evidence: fmt.Sprintf("%s, for one, ended whole %s after it had opened; its request, asked again %s later %s, was answered with status %d and an event stream",
			name(r), seconds(r.Ended-r.Opened), seconds(again.Asked-r.Ended), with, again.Status),
		Hint: "send a last event on which the page closes its EventSource (event: done), or answer its next request with status 204",
	})
}

// unsaid are the streams that were to complete and ended whole, where none of them
// was said to be done. Those that were as old as the server lets any stream become
// are none of them: they may be feeds, whose clients are to come back. There are
// none where what befell the server may have ended them.
func (e *Evidence) unsaid() []loadgen.Record {
	if e.Interrupted != "" || e.Crashed != 0 || e.Restarted != 0 ||
		slices.ContainsFunc(e.Tracks, func(t Track) bool { return t.Unreachable != 0 }) {
		return nil
	}
	oldest := e.oldest()
	var all []loadgen.Record
	for _, r := range e.Records {
		switch {
		case r.Disconnect != loadgen.Complete || r.End != loadgen.Completed:
		case !r.Unsaid:
			return nil
		case r.Ended-r.Connected < oldest:
			all = append(all, r)
		}
	}
	return all
}

// oldest is the age from which on a stream may have been ended by the server's
// timeout, by what the server says and by what the run measured of it.
func (e *Evidence) oldest() time.Duration {
	timeout := e.limits().Timeout
	if m := e.lives().timeout(); m != nil && (timeout == 0 || m.length < timeout) {
		timeout = m.length
	}
	if timeout == 0 {
		return 1<<63 - 1
	}
	return timeout - scatter(timeout)
}

// askAgain makes the request of one stream once more whose answer was not said to be
// done, the one that ended last: a server may know for a while what it has answered.
// It comes after all that is judged, so that nothing is judged by it, and takes no
// time that the run has not.
func (r *run) askAgain(ctx context.Context, e *Evidence) {
	if ctx.Err() != nil || e.outOfTime() || !r.config.Plan.Request.ByEventSource() {
		return
	}
	ended := e.unsaid()
	if len(ended) == 0 {
		return
	}
	if e.MaxTime != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.MaxTime-e.Took)
		defer cancel()
	}
	last := slices.MaxFunc(ended, func(a, b loadgen.Record) int { return cmp.Compare(a.Ended, b.Ended) })
	if again := r.load.Again(ctx, last.N); ctx.Err() == nil {
		e.Again = &again
	}
}

// againAsked is how many requests of a check that is.
func (c Config) againAsked() int {
	if c.Plan.Mix.Has(loadgen.Complete) && c.Plan.Request.ByEventSource() {
		return 1
	}
	return 0
}
