package loadgen

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	var l latency
	for i := range 1000 {
		l.add(Gap, time.Duration(i+1)*time.Millisecond)
	}
	q := l.quantiles(Gap, 1)
	if q.Count != 1000 {
		t.Errorf("%d times, want 1000", q.Count)
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"min", q.Min, 0.001}, {"p50", q.P50, 0.5}, {"p90", q.P90, 0.9}, {"p99", q.P99, 0.99}, {"max", q.Max, 1},
	} {
		if math.Abs(c.got-c.want) > c.want/100 {
			t.Errorf("%s is %g s, want %g to two digits", c.name, c.got, c.want)
		}
	}
	for _, f := range Figures() {
		if f != Gap && l.quantiles(f, 1) != (Quantiles{}) {
			t.Errorf("figure %d was never measured and is %+v", f, l.quantiles(f, 1))
		}
	}
}

func TestQuantilesOfWhatIsOutOfBounds(t *testing.T) {
	var l latency
	l.add(Connect, -time.Second)
	l.add(Connect, 0)
	if q := l.quantiles(Connect, 1); q.Count != 2 || q.Max > 2e-6 {
		t.Errorf("times below the unit: %+v", q)
	}
	l.add(FirstEvent, 1000*time.Hour)
	if q := l.quantiles(FirstEvent, 1); q.Count != 1 || math.Abs(q.Max-3600) > 36 {
		t.Errorf("a time above the most: %+v", q)
	}
}

func TestLatencyIsSafeForConcurrentUse(t *testing.T) {
	var l latency
	var adding sync.WaitGroup
	for range 8 {
		adding.Go(func() {
			for range 100 {
				for _, f := range Figures() {
					l.add(f, time.Millisecond)
				}
				_ = l.quantiles(Gap, 1)
			}
		})
	}
	adding.Wait()
	for _, f := range Figures() {
		if q := l.quantiles(f, 1); q.Count != 800 {
			t.Errorf("figure %d has %d times, want 800", f, q.Count)
		}
	}
}

func TestFiguresAreAll(t *testing.T) {
	if want := []Figure{Connect, FirstEvent, Gap, HeartbeatGap, Beat, CommentGap}; !slices.Equal(Figures(), want) || len(want) != int(figures) {
		t.Errorf("Figures() = %v", Figures())
	}
}

func TestHeartbeatsAreNoEvents(t *testing.T) {
	t.Parallel()
	const pause = 400 * time.Millisecond // far above what is one beat: a busy client may see one late
	s := serve(t, func(c *rawConn) {
		c.head()
		for range 4 {
			c.chunk(": heartbeat\n\n")
			time.Sleep(pause)
		}
		if c.request.URL.Query().Has("event") {
			c.event()
		}
		c.last()
		_ = c.gone()
	})
	l := start(t, small(s.url(), 1, Complete))
	await(t, "the stream to complete", l.Left())
	r := l.AppendRecords(nil)[0]
	if r.Events != 0 || r.Comments != 4 || r.FirstEvent != 0 {
		t.Errorf("the record is %+v", r)
	}
	if q := l.Quantiles(HeartbeatGap); q.Count != 3 || q.Max > (r.Ended-r.Opened).Seconds()*1.02 {
		t.Errorf("heartbeats' gaps are %+v", q)
	}
	if l.Quantiles(FirstEvent).Count != 0 || l.Quantiles(Gap).Count != 0 {
		t.Error("heartbeats were measured as events")
	}

	r = run(t, small(s.url()+"?event", 1, Complete))[0]
	if r.Events != 1 || r.FirstEvent-r.Connected < 4*pause {
		t.Errorf("the first event is a heartbeat: %+v", r)
	}
}

// The time to the first event counts from when the stream should have opened,
// the gaps from event to event.
func TestStreamLatency(t *testing.T) {
	t.Parallel()
	const pause = 50 * time.Millisecond
	s := serve(t, func(c *rawConn) {
		time.Sleep(pause)
		c.head()
		c.event()
		c.chunk(": heartbeat\n\n")
		time.Sleep(pause)
		fmt.Fprint(c, "d\r\ndata: hello\n\n\r\n0\r\n\r\n") // the event and the end at once
		_ = c.gone()
	})
	l := start(t, small(s.url(), 4, Complete))
	await(t, "the streams to complete", l.Left())
	var slowest, longest time.Duration
	for _, r := range l.AppendRecords(nil) {
		slowest = max(slowest, r.FirstEvent-r.Due)
		longest = max(longest, r.Ended-r.FirstEvent)
	}
	first, gap, connect := l.Quantiles(FirstEvent), l.Quantiles(Gap), l.Quantiles(Connect)
	if first.Count != 4 || first.Min < pause.Seconds()*0.98 || first.Max < slowest.Seconds()*0.98 || first.Max > slowest.Seconds()*1.02 {
		t.Errorf("times to the first event are %+v, the slowest by the records %s", first, slowest)
	}
	if gap.Count != 4 || gap.Max < longest.Seconds()/2 || gap.Max > longest.Seconds()*1.02 {
		t.Errorf("gaps are %+v", gap)
	}
	if connect.Count != 4 || connect.Min <= 0 {
		t.Errorf("times to connect are %+v", connect)
	}
}
