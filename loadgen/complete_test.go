package loadgen

import (
	"strings"
	"testing"
	"time"
)

// Complete is the way to leave that is no act of the client's: it has no file
// of its own.

func TestStreamNeverCompletes(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	p := small(s.url(), 1, Complete)
	p.Ramp, p.Hold = time.Millisecond, time.Millisecond
	r := run(t, p)[0]
	if r.End != Untried || !strings.Contains(r.Err, "did not end") || r.Ended < p.Patience() {
		t.Errorf("the record is %+v", r)
	}
	eventually(t, "the connection to be closed", func() bool { return s.open() == 0 })
}

func TestStreamCompletes(t *testing.T) {
	t.Parallel()
	const events = 5
	seen := make(chan error, 3)
	s := serve(t, func(c *rawConn) {
		c.head()
		for range events { // long after the others would have left
			time.Sleep(100 * time.Millisecond)
			c.event()
		}
		c.last()
		seen <- c.gone()
	})
	for _, r := range run(t, small(s.url(), 3, Complete)) {
		if r.End != Completed || r.Events != events || r.Err != "" {
			t.Errorf("the record is %+v", r)
		}
	}
	for _, err := range collect(t, "ends", seen, 3) {
		if !isFIN(err) {
			t.Errorf("the server sees %v behind its last chunk, want a FIN", err)
		}
	}
}

// A stream that the server ends before its time has completed, whatever it was
// to do.
func TestStreamCompletesBeforeItLeaves(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		c.last()
		_ = c.gone()
	})
	p := small(s.url(), 9, Close)
	p.Mix, p.Hold = Even(Complete, Close, Reset), time.Minute
	for _, r := range run(t, p) {
		if r.End != Completed || r.Ended > 30*time.Second {
			t.Errorf("the record is %+v", r)
		}
	}
}
