package loadgen

import (
	"slices"
	"testing"
	"time"
)

// An early stream leaves by a FIN before anything was written, and is no stream
// that failed to open.
func TestEarlyLeavesBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	const streams = 40
	seen := make(chan error, streams)
	s := serve(t, func(c *rawConn) { seen <- c.gone() })
	p := small(s.url(), streams, Early)
	p.FirstByte = 10 * time.Millisecond
	records := run(t, p)
	for _, err := range collect(t, "leaves", seen, streams) {
		if !isFIN(err) {
			t.Errorf("the server saw %v, want a FIN", err)
		}
	}
	for _, r := range records {
		if r.End != Left || r.Opened != 0 || r.Ended-r.Connected > p.OpenTimeout/2 {
			t.Errorf("the record is %+v", r)
		}
	}
	if c := Count(records); c.Opened != streams || c.Left != streams {
		t.Errorf("counted %+v", c)
	}
}

func TestEarlyLeavesAtTheFirstEventAtTheLatest(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	p := small(s.url(), 10, Early)
	p.FirstByte = time.Hour
	for _, r := range run(t, p) {
		if r.End != Left {
			t.Errorf("the record is %+v", r)
		}
	}
}

// The delays go from zero to the first byte in even steps, in no order.
func TestEarlyDelays(t *testing.T) {
	p := Plan{Streams: 1000, Mix: Even(Early, Close), FirstByte: 20 * time.Millisecond}.WithDefaults()
	var delays []time.Duration
	for _, s := range p.Schedule() {
		if s.Disconnect != Early {
			if s.Delay != 0 {
				t.Errorf("%s has a delay", s.Disconnect)
			}
			continue
		}
		delays = append(delays, s.Delay)
		if s.Leave != s.Open {
			t.Errorf("it opens at %s and leaves at %s", s.Open, s.Leave)
		}
	}
	if slices.IsSorted(delays) {
		t.Error("who opens later leaves later")
	}
	slices.Sort(delays)
	for i, d := range delays {
		if want := time.Duration(i) * 40 * time.Microsecond; (d - want).Abs() > time.Microsecond {
			t.Fatalf("delay %d of %d is %s, want %s", i, len(delays), d, want)
		}
	}
}
