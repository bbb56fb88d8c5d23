package loadgen

import (
	"sync"
	"testing"
	"time"
)

// A stream that overstays has left, and still reads all that comes.
func TestOverstayReadsOn(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 1)
	proceed := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(proceed) })
	defer goOn()
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		<-proceed
		for range 100 {
			c.event()
		}
		seen <- c.gone()
	})
	l := start(t, small(s.url(), 1, Overstay))
	await(t, "the stream to leave", l.Left())
	left := l.record(0)
	goOn()
	const gaps = 100 + 1 // the silence behind them
	eventually(t, "all events to be read", func() bool { return l.Quantiles(Gap).Count == gaps })
	select {
	case err := <-seen:
		t.Errorf("the server sees %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	l.Release()
	if r := l.record(0); r.End != Left || r.Ended != left.Ended || r.Events != 101 || r.Dropped != 0 {
		t.Errorf("the record is %+v", r)
	}
}

// A server that ends it at its timeout ends nothing that had not left.
func TestOverstayIsEndedByTheServer(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	end := sync.OnceFunc(func() { close(left) })
	defer end()
	s := serve(t, func(c *rawConn) {
		c.head()
		c.event()
		<-left
		c.last()
	})
	l := start(t, small(s.url(), 1, Overstay))
	await(t, "the stream to leave", l.Left())
	end()
	eventually(t, "the connection to be closed", func() bool { return s.open() == 0 })
	eventually(t, "the end to be seen", func() bool { return l.record(0).Dropped != 0 })
	l.Release()
	if r := l.record(0); r.End != Left || r.Err != "" || r.Dropped < r.Ended {
		t.Errorf("the record is %+v", r)
	}
}
