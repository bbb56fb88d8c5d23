package server

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// comeBack is the number of the last "retry" that a stream tells.
func (p *peer) comeBack(t *testing.T) int {
	t.Helper()
	millis := regexp.MustCompile(`^retry: (\d+)\n$`)
	last := 0
	_ = p.SetReadDeadline(time.Now().Add(patience))
	for {
		line, err := p.in.ReadString('\n')
		if m := millis.FindStringSubmatch(line); m != nil {
			last, _ = strconv.Atoi(m[1])
		}
		if err != nil {
			return last
		}
	}
}

// At the end each stream is told when to come back, and not all at once.
func TestLastWords(t *testing.T) {
	r := start(t, quick())
	var peers []*peer
	for range 20 {
		peers = append(peers, r.open(t, chat("rate=0")))
	}
	watcher, _ := r.watch(t)
	peers = append(peers, watcher)
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	spread := map[int]bool{}
	for _, p := range peers {
		millis := p.comeBack(t)
		if millis < 1000 || millis > 10_000 {
			t.Errorf("come back after %d ms", millis)
		}
		spread[millis] = true
	}
	if len(spread) < 5 {
		t.Errorf("%d clients come back at %d moments", len(peers), len(spread))
	}
	equal(t, "shutdown", r.closed(CloseShutdown), 20)
}

// Each door has words of its own for it.
func TestLastWordsOfEveryDoor(t *testing.T) {
	for _, e := range entrances {
		r := start(t, quick())
		p := r.knock(t, e, "tokens=0&rate=1")
		eventually(t, "the session is there", func() bool { return r.active() == 1 })
		stopped := make(chan struct{})
		go func() { defer close(stopped); r.stop() }()
		switch e.name {
		case wholeDoor.name:
			p.sees(t, "the server stops")
		case socketDoor.name:
			var err error
			for err == nil {
				_, err = p.next()
			}
			if !strings.Contains(err.Error(), string(CloseShutdown)) { // a close frame's
				t.Errorf("%s: %v", e.name, err)
			}
		default:
			if millis := p.comeBack(t); millis < 1000 || millis == 2000 {
				t.Errorf("%s: come back after %d ms", e.name, millis)
			}
		}
		<-stopped
		equal(t, e.name, r.closed(CloseShutdown), 1)
	}
}

// While a server drains, open streams go on, new ones are refused, and all else
// is answered.
func TestDrain(t *testing.T) {
	cfg := quick()
	cfg.Drain = time.Minute
	srv := must(New(cfg))
	ln := must(Listen(t.Context(), "127.0.0.1:0"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, ln) }()
	r := &running{Server: srv, addr: ln.Addr().String()}

	p := r.open(t, "/sse/chat?tokens=3&rate=2")
	watcher, _ := r.watch(t)
	cancel()
	eventually(t, "it drains", func() bool { return srv.sessions.drain.begun.Load() })
	refused := r.dial(t, chat())
	refused.until(t, "HTTP/1.1 503")
	refused.until(t, "Retry-After: ")
	equal(t, "active", r.answer(t).Active, 1)
	p.until(t, "event: done")
	if err := <-done; err != nil { // the minute is not over
		t.Error(err)
	}
	equal(t, "completed", r.closed(CloseCompleted), 1)
	if watcher.comeBack(t) == 0 {
		t.Error("the watcher was not told when to come back")
	}
}

// The drain is bounded, and so are the last words to who does not listen.
func TestDrainIsBounded(t *testing.T) {
	cfg := quick()
	cfg.Drain, cfg.WriteTimeout, cfg.UserTimeout = 300*time.Millisecond, time.Hour, time.Hour
	r := start(t, cfg)
	p := r.open(t, chat())
	r.dial(t, chat("session=stalled", "size=65536", "rate=1000"))
	eventually(t, "both are open", func() bool { return r.active() == 2 })
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took < cfg.Drain || took > patience {
		t.Errorf("took %v", took)
	}
	if p.comeBack(t) == 0 {
		t.Error("who listens was not told when to come back")
	}
	equal(t, "shutdown", r.closed(CloseShutdown), 2)
}
