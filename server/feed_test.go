package server

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// told is an event of the feed as somebody else would read it.
type told struct {
	Kind   string `json:"-"`
	Seq    uint64 `json:"seq"`
	Active int    `json:"active"`
	ID     string `json:"id"`
	Door   string `json:"transport"`
	Reason string `json:"reason"`
}

// told reads the feed's next event.
func (p *peer) told(t testing.TB) (e told) {
	t.Helper()
	e.Kind, _ = "", p.SetReadDeadline(time.Now().Add(patience))
	var data string
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "event: "):
			e.Kind = line[7:]
		case strings.HasPrefix(line, "data: "):
			data = line[6:]
		case line == "" && e.Kind != "":
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatalf("%v in %s", err, data)
			}
			return e
		}
	}
}

// watch is a watcher who knows where the feed stands.
func (r *running) watch(t testing.TB, header ...string) (*peer, told) {
	t.Helper()
	p := r.dial(t, "/sessions/feed", header...)
	p.until(t, "HTTP/1.1 200 OK")
	e := p.told(t)
	equal(t, "first event", e.Kind, "watching")
	return p, e
}

func TestFeed(t *testing.T) {
	r := start(t, quick())
	r.open(t, chat("session=before"))
	p, first := r.watch(t, "Last-Event-ID: no number")
	equal(t, "first", first, told{Kind: "watching", Seq: 1, Active: 1})
	p.until(t, ": heartbeat")

	leaving := r.open(t, chat("session=a"))
	equal(t, "event", p.told(t), told{"opened", 2, 2, "a", "sse", ""})
	r.open(t, chat("session=before"))
	equal(t, "event", p.told(t), told{"closed", 3, 2, "before", "sse", "replaced"})
	equal(t, "event", p.told(t), told{"opened", 4, 2, "before", "sse", ""})
	leaving.leave()
	equal(t, "event", p.told(t), told{"closed", 5, 1, "a", "sse", "disconnected"})

	a := r.answer(t)
	equal(t, "seq", a.Seq, 5)
	equal(t, "watchers", a.Watchers, 1)
	equal(t, "active", a.Active, 1)
	equal(t, "opened", a.Opened, 3)
	p.leave()
	eventually(t, "no watcher is left", func() bool { return r.answer(t).Watchers == 0 })
}

// The timeout ends watchers too; EventSource comes back.
func TestFeedTimeout(t *testing.T) {
	cfg := quick()
	cfg.Timeout = 100 * time.Millisecond
	r := start(t, cfg)
	p, _ := r.watch(t)
	p.ended(t)
	eventually(t, "the watcher is released", func() bool { return r.answer(t).Watchers == 0 })
}

func TestShutdownWithWatchers(t *testing.T) {
	r := start(t, quick())
	for range 50 {
		r.watch(t)
	}
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	equal(t, "watchers", r.sessions.feed.watched(), 0)
}

// churn opens and releases n sessions.
func (r *running) churn(n int) {
	for range n {
		s := must(r.sessions.open(context.Background(), identity{ID: randomID(sessionIDSize), Transport: "sse"}))
		r.sessions.release(s, CloseCancelled)
	}
}

// stallFeed is a watcher who reads nothing.
func (r *running) stallFeed(t *testing.T) {
	t.Helper()
	p := r.dial(t, "/sessions/feed")
	_ = p.SetReadBuffer(1)
}

// Who stops reading slows no other watcher and no session, long before a
// deadline ends it, and leaves nothing behind.
func TestStalledWatchersSlowNobody(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout, cfg.UserTimeout = time.Hour, time.Hour // what else would help
	r := start(t, cfg)
	for range 20 {
		r.stallFeed(t)
	}
	p, e := r.watch(t)
	eventually(t, "all watch", func() bool { return r.sessions.feed.watched() == 21 })
	for range 200 {
		r.churn(20)
		for last := e.Seq + 40; e.Seq < last; {
			next := p.told(t)
			equal(t, "seq", next.Seq, e.Seq+1)
			e = next
		}
	}
	r.stop()
	equal(t, "watchers", r.sessions.feed.watched(), 0)
}

func TestStalledWatcherEndsByWriteDeadline(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout = 200 * time.Millisecond
	r := start(t, cfg)
	r.stallFeed(t)
	eventually(t, "it watches", func() bool { return r.sessions.feed.watched() == 1 })
	eventually(t, "it is released", func() bool { r.churn(50); return r.sessions.feed.watched() == 0 })
}

// Watchers come and go while sessions do: each one who stays sees every number
// or a gap, never one out of order.
func TestFeedKeepsOrder(t *testing.T) {
	r := start(t, quick())
	ctx, cancel := context.WithCancel(t.Context())
	var churning sync.WaitGroup
	defer churning.Wait()
	defer cancel()
	for range 4 {
		churning.Go(func() {
			for ctx.Err() == nil {
				r.churn(1)
			}
		})
	}
	for range 20 {
		p, e := r.watch(t)
		for range 50 {
			next := p.told(t)
			if next.Seq > e.Seq {
				e = next
			} else if e.Kind != "watching" {
				t.Fatalf("%d came after %d", next.Seq, e.Seq)
			}
		}
		p.reset()
	}
	cancel()
	churning.Wait()
	eventually(t, "no watcher is left", func() bool { return r.sessions.feed.watched() == 0 })
}
