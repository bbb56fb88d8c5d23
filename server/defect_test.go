package server

import (
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// Without callbacks nothing but the sweep gives a session back, and the
// upstream generates for nobody until then.
func TestNoCallbacks(t *testing.T) {
	for name, leave := range map[string]struct {
		path string
		end  func(*testing.T, *peer)
	}{
		"close":    {chat("rate=100"), func(_ *testing.T, p *peer) { _ = p.Close() }},
		"reset":    {chat("rate=100"), func(_ *testing.T, p *peer) { p.reset() }},
		"complete": {"/sse/chat?tokens=2&rate=100", func(t *testing.T, p *peer) { p.ended(t) }},
		"timeout":  {chat("rate=100"), func(t *testing.T, p *peer) { p.ended(t) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := sweeping()
			if name == "timeout" {
				cfg.Timeout = 200 * time.Millisecond
			}
			cfg.SweepEvery, cfg.IdleTimeout = 500*time.Millisecond, 400*time.Millisecond
			cfg.Defects = []Defect{NoCallbacks}
			r := start(t, cfg)
			p := r.open(t, leave.path)
			leave.end(t, p)
			eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 })
			n, _ := r.sessions.count(nil)
			equal(t, "closed in all", total(n.closed), 1)
			eventually(t, "upstream cancelled", func() bool { return r.sessions.upstreams.Load() == 0 })
			equal(t, "active", r.active(), 0)
			if n := r.sessions.afterDisconnect.Load(); (n > 0) == (name == "complete") {
				t.Errorf("%d tokens made for nobody", n)
			}
		})
	}
}

// Its leftovers do not outlive the server.
func TestNoCallbacksShutdown(t *testing.T) {
	r := start(t, Config{Defects: []Defect{NoCallbacks}})
	_ = r.open(t, chat()).Close()
	r.open(t, chat())
	r.stop()
	equal(t, "shutdown", r.closed(CloseShutdown), 2)
	equal(t, "upstreams", r.sessions.upstreams.Load(), 0)
}

// Without removal everything is given back but the entry.
func TestNoRemove(t *testing.T) {
	cfg := sweeping()
	cfg.Defects = []Defect{NoRemove}
	r := start(t, cfg)
	before := r.answer(t)
	_ = r.open(t, chat("session=left")).Close()
	done := r.open(t, "/sse/chat?tokens=1&rate=100&session=done")
	done.ended(t)
	_ = done.Close()
	live := r.open(t, chat("session=live"))
	resp, _ := r.do(t, "DELETE", "/sessions/live")
	equal(t, "DELETE", resp.StatusCode, 204)
	live.ended(t)
	_ = live.Close()

	eventually(t, "upstreams and descriptors are gone", func() bool {
		a := r.answer(t)
		return a.Upstreams == 0 && a.Process["open_fds"] <= before.Process["open_fds"] && a.Process["goroutines"] <= before.Process["goroutines"]
	})
	time.Sleep(500 * time.Millisecond) // past several sweeps
	a := r.answer(t)
	equal(t, "active", a.Active, 3)
	equal(t, "listed", len(a.Sessions), 3)
	equal(t, "swept", a.Closed[CloseSwept], 0)
	equal(t, "lost", r.lost(), 1)
	for _, reason := range []CloseReason{CloseCompleted, CloseCancelled} {
		equal(t, string(reason), a.Closed[reason], 1)
	}
}

// The configuration tells what a detector may expect, kept or not.
func TestDefectsDoNotTell(t *testing.T) {
	cfg := Config{Timeout: 150 * time.Second, UserTimeout: 3 * time.Second, WriteTimeout: 4 * time.Second}
	healthy := start(t, cfg).answer(t).Config
	cfg.Defects = []Defect{NoTimeout, NoHeartbeat, NoWriteDeadline, SweepNever}
	told := start(t, cfg).answer(t).Config
	equal(t, "timeout", told["timeout_s"], 150.0)
	if !maps.Equal(told, healthy) {
		t.Errorf("got %v, want %v", told, healthy)
	}
}

func TestNoTimeout(t *testing.T) {
	inBubble(t, Config{Timeout: time.Minute, Defects: []Defect{NoTimeout}}, func(t *testing.T, b *bubble) {
		conn := b.dial(t, chat("rate=1"))
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		time.Sleep(time.Hour) // and 60 sweeps
		b.expect(t, CloseTimeout, 0)
		equal(t, "active", len(b.sessions.all()), 1)
		_ = conn.Close()
		b.expect(t, CloseDisconnected, 1)
	})
}

// The entry is all that stays: its upstream has ended, its connection closes.
func TestNoCompletionCallback(t *testing.T) {
	cfg := sweeping()
	cfg.IdleTimeout = 500 * time.Millisecond
	cfg.Defects = []Defect{NoCompletionCallback}
	r := start(t, cfg)
	before := r.answer(t)
	r.open(t, "/sse/chat?tokens=2&rate=100").ended(t)
	eventually(t, "upstream and descriptor are gone, the entry is not", func() bool {
		a := r.answer(t)
		return a.Active == 1 && a.Upstreams == 0 && a.Process["open_fds"] <= before.Process["open_fds"]+1 // our end
	})
	eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 && r.active() == 0 })
}

// Without a callback the upstream works for nobody, until the sweep.
func TestNoErrorCallback(t *testing.T) {
	t.Parallel()
	cfg := sweeping()
	cfg.IdleTimeout = time.Second
	cfg.Defects = []Defect{NoErrorCallback}
	r := start(t, cfg)
	r.open(t, chat("rate=100", "session=me")).leave()
	eventually(t, "tokens are made for nobody", func() bool { return r.sessions.afterDisconnect.Load() > 10 })
	equal(t, "active", r.active(), 1)
	eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 && r.sessions.upstreams.Load() == 0 })

	r.open(t, chat("rate=100", "session=me")).leave()
	next := r.open(t, chat("rate=100", "session=me"))
	equal(t, "a refresh still replaces", r.closed(CloseReplaced), 1)
	eventually(t, "one upstream", func() bool { return r.sessions.upstreams.Load() == 1 })
	next.until(t, "event: delta")
}

func TestNoHeartbeat(t *testing.T) {
	cfg := Config{Timeout: 52 * time.Second, Defects: []Defect{NoHeartbeat}}
	for query, want := range map[string]string{
		"rate=0":             "0 session, 52 end",
		"tokens=0&rate=0.05": "0 session, 20 delta, 40 delta, 52 end",
	} {
		inBubble(t, cfg, func(t *testing.T, b *bubble) {
			equal(t, query, b.timeline(t, "/sse/chat?"+query), want)
			b.expect(t, CloseTimeout, 1)
		})
	}
}

// A blocked write has no end of its own; that of its session cuts it short.
func TestNoWriteDeadline(t *testing.T) {
	for reason, timeout := range map[CloseReason]time.Duration{CloseTimeout: 90 * time.Second, CloseSwept: time.Hour} {
		inBubble(t, Config{Timeout: timeout, Defects: []Defect{NoWriteDeadline}}, func(t *testing.T, b *bubble) {
			conn := b.dial(t, "/sse/chat?rate=0")
			defer func() { _ = conn.Close() }()
			time.Sleep(80 * time.Second)
			equal(t, "active", len(b.sessions.all()), 1)
			time.Sleep(2 * time.Minute)
			b.expect(t, reason, 1)
			equal(t, "upstreams", b.sessions.upstreams.Load(), 0)
		})
	}
}

// A session is back, its upstream is not: one with an end works to it, an
// endless one for ever, but not longer than the server.
func TestNoUpstreamCancel(t *testing.T) {
	cfg := quick()
	cfg.Defects = []Defect{NoUpstreamCancel}
	r := start(t, cfg)
	r.open(t, chat("rate=0")).leave()
	r.open(t, "/sse/chat?tokens=30&rate=100").leave()
	eventually(t, "the sessions are back", func() bool { return r.lost() == 2 && r.active() == 0 })
	equal(t, "upstreams", r.sessions.upstreams.Load(), 2)
	eventually(t, "the reply is done", func() bool { return r.sessions.upstreams.Load() == 1 })
	a := r.answer(t)
	if made := a.Tokens["after_disconnect"] + a.Tokens["sent"]; made < 29 || made > 30 { // one may get lost between
		t.Errorf("%d of 30 tokens are accounted for", made)
	}
	r.stop()
	equal(t, "upstreams", r.sessions.upstreams.Load(), 0)
}

// A listener of whom there is every sign of life is cut, at the moment of the
// sweep and not at an age.
func TestSweepKillsLive(t *testing.T) {
	inBubble(t, Config{Defects: []Defect{SweepKillsLive}}, func(t *testing.T, b *bubble) {
		var seen [2]string
		var both sync.WaitGroup
		time.Sleep(3 * time.Second)
		for i := range seen {
			both.Go(func() { seen[i] = b.timeline(t, "/sse/chat?tokens=0&rate=0.05") })
			time.Sleep(25 * time.Second)
		}
		both.Wait()
		equal(t, "first", seen[0], "0 session, 15 heartbeat, 20 delta, 35 heartbeat, 40 delta, 55 heartbeat, 57 end")
		equal(t, "second", seen[1], "0 session, 15 heartbeat, 20 delta, 32 end")
		b.expect(t, CloseSwept, 2)
	})
}

// The sweep finds a vanished client by its silence, unless our own heartbeats
// count as its signs.
func TestSweepNever(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		defects []Defect
		stays   bool
	}{
		{[]Defect{NoWriteDeadline}, false},
		{[]Defect{NoWriteDeadline, SweepNever}, true},
	} {
		cfg := sweeping()
		cfg.UserTimeout, cfg.Defects = 300*time.Millisecond, c.defects
		r := start(t, cfg)
		p := r.open(t, chat("rate=0", "session=me"))
		vanish(t, p)
		if !c.stays {
			eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 })
			continue
		}
		s := r.sessions.get("me")
		opened := s.activity.last()
		time.Sleep(time.Second) // 20 heartbeats into the void, 20 sweeps
		equal(t, "active", r.active(), 1)
		if since := s.activity.last().Sub(opened); since < 500*time.Millisecond {
			t.Errorf("last active %v after it was opened", since)
		}
	}
}

// A client that stalls is swept even so: its writes block.
func TestSweepNeverFindsTheStalled(t *testing.T) {
	cfg := sweeping()
	cfg.Defects = []Defect{NoWriteDeadline, SweepNever}
	r := start(t, cfg)
	r.stall(t)
	eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 })
}

// However a client comes back, the entry of its new stream goes with its old
// one; the new one works on, and ends as it should.
func TestRefreshKillsSuccessor(t *testing.T) {
	for name, refresh := range map[string]func(old *peer, open func() *peer) *peer{
		"closes, then opens": func(old *peer, open func() *peer) *peer { old.leave(); return open() },
		"opens, then closes": func(old *peer, open func() *peer) *peer { defer old.leave(); return open() },
		"resets, then opens": func(old *peer, open func() *peer) *peer { old.reset(); return open() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			cfg.Defects = []Defect{RefreshKillsSuccessor}
			r := start(t, cfg)
			other := r.open(t, chat("session=other"))
			next := refresh(r.open(t, chat("session=me", "rate=500")), func() *peer { return r.open(t, chat("session=me")) })
			eventually(t, "it is not in the list", func() bool { return r.sessions.get("me") == nil })
			for range 3 {
				next.until(t, "event: delta")
			}
			a := r.answer(t)
			equal(t, "listed", len(a.Sessions), 1)
			equal(t, "upstreams", a.Upstreams, 2)
			equal(t, "replaced", a.Closed[CloseReplaced], 1)
			next.leave()
			other.leave()
			eventually(t, "all is back", func() bool {
				return r.lost() == 2 && r.active() == 0 && r.sessions.upstreams.Load() == 0
			})
		})
	}
}

// Who leaves before the first event has come stays, at whatever moment that
// is; who leaves after the first token is released at once.
func TestEarlyAbort(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Defects = []Defect{EarlyAbort}
	r := start(t, cfg)
	early, later := 0, uint64(0)
	// At the latest half a pause before the event: a busy machine may read a FIN
	// much later than it was sent.
	for wait := time.Duration(0); wait < earlyPause/2; wait += time.Millisecond {
		p := r.dial(t, chat("rate=100"))
		_ = p.SetReadDeadline(time.Now().Add(wait))
		if _, err := p.in.Peek(1); err != nil {
			early++
		} else {
			later++
			p.until(t, "event: delta")
		}
		p.leave()
	}
	for range 5 {
		later++
		p := r.open(t, chat("rate=100"))
		p.until(t, "event: delta")
		p.leave()
	}
	eventually(t, "all have opened", func() bool { n, _ := r.sessions.count(nil); return n.opened == uint64(early)+later })
	eventually(t, "who left later is released", func() bool { return r.lost() == later })
	time.Sleep(3 * earlyPause)
	n, _ := r.sessions.count(nil)
	equal(t, "closed in all", total(n.closed), later)
	equal(t, "active", n.active, early)
	equal(t, "upstreams", r.sessions.upstreams.Load(), int64(early))
	equal(t, "swept", r.sessions.sweep(time.Now().Add(time.Hour)), early)
	eventually(t, "no upstream is left", func() bool { return r.sessions.upstreams.Load() == 0 })
}

func TestParseDefect(t *testing.T) {
	for _, d := range Defects() {
		got, err := ParseDefect(string(d.Name))
		if err != nil || got != d.Name || d.Lacks == "" || d.Effect == "" || d.Bug == "" {
			t.Errorf("%+v: got %q, %v", d, got, err)
		}
	}
	_, err := ParseDefect("no")
	if err == nil || !strings.Contains(err.Error(), "no-write-deadline, no-remove, no-upstream-cancel") {
		t.Error(err)
	}
}
