package leakcheck

import (
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// controls judges the streams that stay. One counts as killed only while it was
// alive on our side: the server ended it before its timeout, or lists it no
// more although it is open.
func (j *judge) controls() {
	c := &j.report.Controls
	var evidence string
	for _, r := range j.e.Records {
		if !r.Control() || r.Opened == 0 {
			continue
		}
		switch {
		case r.Live() && j.unlisted(r):
			c.Killed++
			evidence = fmt.Sprintf("%s is open at the client and not in the list", name(r))
		case r.Live():
			c.Kept++
		case r.End == loadgen.Failed || r.End == loadgen.Released:
		case j.timedOut(r):
			c.TimedOut++
		case r.End == loadgen.Cut || j.e.Endless:
			c.Killed++
			evidence = fmt.Sprintf("%s ended %s after it had opened: %s", name(r), seconds(r.Ended-r.Opened), how(r))
		}
	}
	if c.Killed == 0 || j.e.Crashed != 0 || j.e.Restarted != 0 {
		return
	}
	j.find(Finding{
		Code: ControlsKilled, Severity: SeverityError,
		Summary:  fmt.Sprintf("%s of clients that were there and reading %s ended: consistent with a sweep that does not look at the last activity, or a clean-up by key", count(c.Killed, "session"), were(c.Killed)),
		Evidence: evidence,
		Hint:     "let the sweep spare whoever acknowledged a write lately, and remove a session only if it is still your own (compare and delete)",
	})
}

// unlisted tells whether a live stream's session has gone from a list that had
// it. An end that has just come may not have reached the client yet.
func (j *judge) unlisted(r loadgen.Record) bool {
	if !j.byID {
		return false
	}
	s := sighted(j.tracks(Sessions), r.N)
	settled := j.e.Took - max(3*j.e.Poll, 300*time.Millisecond)
	return s.First != 0 && s.Gone != 0 && s.Gone < settled
}

// timedOut tells whether a stream that the server ended had the age of the
// server's timeout.
func (j *judge) timedOut(r loadgen.Record) bool {
	timeout := j.e.limits().Timeout
	return timeout != 0 && r.Ended-r.Connected >= timeout-timeoutSlack
}

// timeoutSlack is how far the age that a client measures may be from the one
// that the server does.
const timeoutSlack = time.Second

func name(r loadgen.Record) string {
	if r.Session != "" {
		return "session " + r.Session
	}
	return "stream " + r.ID
}

func how(r loadgen.Record) string {
	if r.Err != "" {
		return r.Err
	}
	return "the server ended the response"
}
