package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// sweeping ends what gave no sign for 300 ms; nothing else ends anything soon.
func sweeping() Config {
	return Config{
		Timeout:      time.Minute,
		Heartbeat:    50 * time.Millisecond,
		WriteTimeout: time.Minute,
		UserTimeout:  time.Minute,
		SweepEvery:   50 * time.Millisecond,
		IdleTimeout:  300 * time.Millisecond,
	}
}

// Listeners to whom only heartbeats are sent live through many sweeps, one
// that stopped reading does not: its kernel's answers to window probes are no
// sign of life.
func TestSweepTellsLiveFromFrozen(t *testing.T) {
	cfg := sweeping()
	cfg.IdleTimeout = time.Second // a busy machine may be late with a heartbeat
	r := start(t, cfg)
	listener := r.open(t, chat("rate=0", "session=listener"))
	r.stall(t)
	eventually(t, "the frozen client is swept", func() bool { return r.closed(CloseSwept) == 1 })
	if r.sessions.get("listener") == nil {
		t.Fatal("the live listener was swept")
	}
	listener.until(t, ": heartbeat")
}

// A client whose network has gone acknowledges nothing.
func TestSweepFindsTheVanished(t *testing.T) {
	r := start(t, sweeping())
	p := r.open(t, chat("rate=0", "session=gone"))
	vanish(t, p)
	eventually(t, "swept", func() bool { return r.closed(CloseSwept) == 1 })
	eventually(t, "its upstream has stopped", func() bool { return r.answer(t).Upstreams == 0 })
}

// Last activity follows what is acknowledged, and is not the time of a write.
func TestLastActive(t *testing.T) {
	r := start(t, Config{Timeout: time.Minute, Heartbeat: 50 * time.Millisecond})
	p := r.open(t, chat("rate=0", "session=me"))
	s := r.sessions.get("me")
	opened := s.activity.last()
	p.until(t, ": heartbeat")
	eventually(t, "an acknowledged heartbeat is a sign", func() bool { return s.activity.last().After(opened) })
	vanish(t, p)
	time.Sleep(100 * time.Millisecond) // what was on its way
	s.activity.look(time.Now())
	gone := s.activity.last()
	time.Sleep(300 * time.Millisecond) // six heartbeats into the void
	s.activity.look(time.Now())
	equal(t, "last active", s.activity.last(), gone)
}

func TestSweepByLastActivityNotAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(DefaultConfig())
		live := must(m.open(context.Background(), identity{ID: "live"}))
		must(m.open(context.Background(), identity{ID: "silent"}))
		defer live.end(CloseShutdown)
		for range 12 { // two minutes
			time.Sleep(10 * time.Second)
			live.activity.wrote(time.Now()) // no socket: a write counts
			equal(t, "swept", m.sweep(time.Now()), 0)
		}
		time.Sleep(time.Second)
		equal(t, "swept", m.sweep(time.Now()), 1)
		if m.get("live") == nil || m.get("silent") != nil {
			t.Error("the wrong one was swept")
		}
		equal(t, "cause", context.Cause(live.stream), nil)
	})
}

func TestSweepPeriod(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, b *bubble) {
		time.Sleep(30 * time.Second)
		s := must(b.sessions.open(context.Background(), identity{ID: "me"}))
		time.Sleep(150*time.Second - time.Millisecond) // idle for longer than two minutes, since half a one
		b.expect(t, CloseSwept, 0)
		time.Sleep(2 * time.Millisecond)
		b.expect(t, CloseSwept, 1)
		equal(t, "cause", context.Cause(s.stream), error(CloseSwept))
	})
}

func TestActivityNeverGoesBack(t *testing.T) {
	var a activity
	now := time.Now()
	a.begin(nil, now)
	a.see(now.Add(-time.Second))
	equal(t, "last", a.last().UnixNano(), now.UnixNano())
	a.wrote(now.Add(time.Second))
	equal(t, "last", a.last().UnixNano(), now.Add(time.Second).UnixNano())
}
