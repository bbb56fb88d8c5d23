package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStartErrors(t *testing.T) {
	t.Parallel()
	if l, err := Start(t.Context(), small(nobody(t), 1, Close), time.Now()); l != nil || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Start where nobody listens: %v", err)
	}
	if l, err := Start(t.Context(), small("http://h", -1, Close), time.Now()); l != nil || err == nil {
		t.Error("Start of a plan that is not valid gives no error")
	}
	l, err := Start(t.Context(), small("http://127.0.0.1:99999", 1, Close), time.Now())
	if l != nil || err == nil || !strings.Contains(err.Error(), "port 99999") {
		t.Errorf("Start with a port out of range: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err := Start(ctx, small(serve(t, holdOpen).url(), 1, Close), time.Now()); l != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Start after its context: %v", err)
	}
}

// What comes later is part of the same load: its numbers go on, its streams are
// matched, and the controls of before stay.
func TestMore(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	p := small(s.url(), 4, Close)
	p.Controls = 2
	l := start(t, p)
	await(t, "the first to leave", l.Left())
	if err := l.More(Plan{Streams: -1}); err == nil {
		t.Error("More than nothing is no error")
	}
	if err := l.More(Plan{Streams: 3, Mix: Even(Reset), Ramp: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	await(t, "the others to open", l.Opened())
	await(t, "the others to leave", l.Left())
	records := l.AppendRecords(nil)
	if c := Count(records); c != (Counts{Planned: 7, Opened: 7, Left: 7, Controls: 2}) || s.requests() != 9 {
		t.Errorf("%+v, %d requests", c, s.requests())
	}
	for i, r := range records {
		if r.N != i || r.As != i || (i >= 6) != (r.Disconnect == Reset) || i >= 6 && r.Opened < records[0].Ended {
			t.Errorf("record %d is %+v", i, r)
		}
	}
	if got := l.AppendMatches(nil, []string{records[8].ID, records[0].ID}, time.Hour); !slices.Equal(got, []int{8, 0}) {
		t.Errorf("their ids match %v", got)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	p := small(s.url(), 20, Close)
	p.Mix, p.Controls, p.Hold = Even(Close, Reset), 3, 300*time.Millisecond
	l := start(t, p)
	await(t, "all streams to open", l.Opened())
	if c := Count(l.AppendRecords(nil)); c.Opened != 20 || c.Controls != 3 {
		t.Errorf("when all have opened: %+v", c)
	}
	if s.requests() != 23 {
		t.Errorf("%d requests came, want 23", s.requests())
	}
	await(t, "all streams to leave", l.Left())
	records := l.AppendRecords(nil)
	if c := Count(records); c != (Counts{Planned: 20, Opened: 20, Left: 20, Controls: 3}) {
		t.Errorf("when all have left: %+v", c)
	}
	for i, slot := range l.plan.Schedule() {
		r := records[i]
		checkMoments(t, r)
		if r.N != slot.N || r.Disconnect != slot.Disconnect || !slot.Control() && r.Ended-r.Due < l.plan.Life() {
			t.Errorf("slot %+v became %+v", slot, r)
		}
	}
	l.Release()
	l.Release() // twice does no harm
	for _, r := range l.AppendRecords(nil) {
		if r.Control() && r.End != Released || r.End == Open {
			t.Errorf("a record after the release: %+v", r)
		}
	}
	eventually(t, "the controls' connections to be closed", func() bool { return s.open() == 0 })
}

func TestAppendRecordsAppends(t *testing.T) {
	t.Parallel()
	l := start(t, small(serve(t, holdOpen).url(), 2, Close))
	buf := l.AppendRecords([]Record{{ID: "mine"}})
	if len(buf) != 3 || buf[0].ID != "mine" || buf[1].ID != "t-0" || buf[2].ID != "t-1" {
		t.Errorf("records are %+v", buf)
	}
	buf[1].ID = "changed"
	if l.AppendRecords(nil)[0].ID != "t-0" {
		t.Error("a caller can change the load's records")
	}
}

// Two loads may share a start, so that their moments compare.
func TestMomentsCountFromTheStart(t *testing.T) {
	t.Parallel()
	const before = time.Hour
	s := serve(t, holdOpen)
	l, err := Start(t.Context(), small(s.url(), 2, Close), time.Now().Add(-before))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	await(t, "all streams to leave", l.Left())
	for _, r := range l.AppendRecords(nil) {
		checkMoments(t, r)
		if r.Due < before || r.Ended > before+patience || r.End != Left {
			t.Errorf("the record is %+v", r)
		}
	}
}

func TestAppendMatches(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	p := small(s.url(), 3, Close)
	p.Hold = time.Minute
	l := start(t, p)
	await(t, "all streams to open", l.Opened())
	ids := []string{
		"st-2", "t-0", "st-0", // sessions, and a tag
		"foreign", "", "t-", "t-3", "t--1", "t-x", "t-1x", "u-1", "st-3", "T-1", "t-+1", "t-01", "t-0x1", // no one's
		"t-1",
	}
	if got, want := l.AppendMatches([]int{9}, ids, time.Hour), []int{9, 2, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("AppendMatches = %v, want %v", got, want)
	}
}

// A stream is known by the address that its connection comes from, too.
func TestAppendMatchesByAddress(t *testing.T) {
	t.Parallel()
	peers := make(chan string, 4)
	s := serve(t, func(c *rawConn) { peers <- c.RemoteAddr().String(); holdOpen(c) })
	p := small(s.url(), 4, Close)
	p.Hold = time.Minute
	l := start(t, p)
	await(t, "all streams to open", l.Opened())
	var ids []string
	for range 4 {
		ids = append(ids, <-peers)
	}
	got := l.AppendMatches(nil, append(ids, s.Addr().String(), "127.0.0.1:0"), l.now())
	slices.Sort(got)
	if !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("AppendMatches(%q) = %v", ids, got)
	}
}

// BenchmarkAppendMatches is a reading that lists every stream of a large load, all of them
// refreshed, by the ids of their first streams.
func BenchmarkAppendMatches(b *testing.B) {
	const streams = 10_000
	l := &Load{plan: Plan{Tag: "t"}, successor: map[int]int{}}
	var ids []string
	for n := range streams {
		id := fmt.Sprintf("t-%d", n)
		ids = append(ids, id)
		l.records = append(l.records, Record{N: n, ID: id})
		l.successor[n] = streams + n
	}
	for n := range streams {
		l.records = append(l.records, Record{N: streams + n, Opened: 1})
	}
	b.ReportAllocs()
	var matches []int
	for b.Loop() {
		matches = l.AppendMatches(matches[:0], ids, time.Hour)
	}
	if matches[0] != streams || len(matches) != streams {
		b.Errorf("%d matches, the first %d", len(matches), matches[0])
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	l := start(t, small(s.url(), 1, Close))
	if err := l.Reachable(t.Context()); err != nil {
		t.Errorf("a server that listens: %v", err)
	}
	s.stop()
	if err := l.Reachable(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a server that has gone: %v", err)
	}
}

func TestContextStopsTheOpening(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	ctx, cancel := context.WithCancel(t.Context())
	p := small(s.url(), 100, Close)
	p.Ramp, p.Hold = time.Second, time.Minute
	l, err := Start(ctx, p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	eventually(t, "a few streams to open", func() bool { return Count(l.AppendRecords(nil)).Opened >= 5 })
	cancel()
	ended := l.now()
	time.Sleep(200 * time.Millisecond) // 20 more would open
	for _, r := range l.AppendRecords(nil) {
		if r.Due > ended && (r.Connected != 0 || r.End != Open) {
			t.Errorf("the context ended at %s: %+v", ended, r)
		}
	}
	eventually(t, "what was open to stay", func() bool {
		live := Count(l.AppendRecords(nil)).Live
		return live >= 5 && s.open() == live
	})
}

// Streams that are due already are not opened either: 20 times, since a select
// of two things that are ready takes any.
func TestContextStopsTheOpeningOfWhatIsDue(t *testing.T) {
	t.Parallel()
	p := small(serve(t, holdOpen).url(), 50, Close)
	p.Ramp = time.Hour // the first opens at once, no other
	l := start(t, p)
	eventually(t, "the first stream to open", func() bool { return Count(l.AppendRecords(nil)).Opened == 1 })
	l.Release()
	slots := l.plan.Schedule()[1:]
	for i := range slots {
		slots[i].Open = 0
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		l.pace(ctx, slots)
	}
	l.engine.wait()
	for _, r := range l.AppendRecords(nil)[1:] {
		if r.End != Open {
			t.Fatalf("a stream was opened after the context: %+v", r)
		}
	}
}

// Whatever the streams are at, Release ends them within a second. Not parallel:
// it is held to that second.
func TestRelease(t *testing.T) {
	silent := func(c *rawConn) { _ = c.gone() }
	refuse := func(c *rawConn) { c.Write([]byte("HTTP/1.1 503 Busy\r\n\r\n")) }
	flood := func(c *rawConn) {
		c.head()
		_ = c.flood()()
	}
	few := func(p *Plan) { p.Streams, p.Controls = 2, 1 }
	for _, c := range []struct {
		name   string
		answer func(*rawConn)
		secure bool
		change func(*Plan)
		ready  func(*rawServer, *Load) bool
		end    End // of those that had a connection
	}{
		{"opening", holdOpen, false, func(p *Plan) { p.Ramp = 2 * time.Second },
			func(s *rawServer, _ *Load) bool { return s.requests() >= 5 }, Released},
		{"holding", holdOpen, false, func(p *Plan) {}, allOpen, Released},
		{"holding over TLS", holdOpen, true, func(p *Plan) {}, allOpen, Released},
		{"waiting for an answer", silent, false, func(p *Plan) {},
			func(s *rawServer, _ *Load) bool { return s.requests() == 35 }, Released},
		{"reading a flood", flood, false, few, allOpen, Released},
		{"reading a flood over TLS", flood, true, few, allOpen, Released},
		{"waiting for completion", holdOpen, false, func(p *Plan) { p.Mix, p.Hold = Even(Complete), time.Millisecond },
			allOpen, Released},
		{"pausing before a control opens again", refuse, false, func(p *Plan) {}, allOpen, Rejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := small("", 30, Close)
			p.Controls, p.Hold = 5, time.Minute
			c.change(&p)
			serve := serve
			if c.secure {
				serve = serveTLS
			}
			s := serve(t, c.answer)
			p.Request.URL = s.url()
			l := start(t, insecure(p))
			eventually(t, "the moment to release", func() bool { return c.ready(s, l) })
			began := time.Now()
			l.Release()
			if took := time.Since(began); took > patience/2 {
				t.Errorf("Release took %s", took)
			}
			for _, r := range l.AppendRecords(nil) {
				checkMoments(t, r)
				if r.Connected != 0 && r.End != c.end {
					t.Errorf("the record is %+v", r)
				}
			}
			eventually(t, "every connection to be closed", func() bool { return s.open() == 0 })
		})
	}
}

func TestReleaseInAHandshake(t *testing.T) {
	t.Parallel()
	l := start(t, small("https://"+listen(t).Addr().String(), 50, Close)) // nobody accepts
	l.pacing.Wait()
	time.Sleep(100 * time.Millisecond) // they are all at it
	began := time.Now()
	l.Release()
	if took := time.Since(began); took > patience/2 {
		t.Errorf("Release took %s", took)
	}
	for _, r := range l.AppendRecords(nil) {
		if r.End != Released || r.Connected != 0 {
			t.Errorf("the record is %+v", r)
		}
	}
}

func allOpen(_ *rawServer, l *Load) bool {
	select {
	case <-l.Opened():
		return true
	default:
		return false
	}
}
