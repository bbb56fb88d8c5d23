package server

import (
	"strings"
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
	for _, reason := range []CloseReason{CloseDisconnected, CloseCompleted, CloseCancelled} {
		equal(t, string(reason), a.Closed[reason], 1)
	}
}

func TestParseDefect(t *testing.T) {
	for _, d := range Defects() {
		got, err := ParseDefect(string(d.Name))
		if err != nil || got != d.Name || d.Lacks == "" || d.Effect == "" {
			t.Errorf("%+v: got %q, %v", d, got, err)
		}
	}
	_, err := ParseDefect("no")
	if err == nil || !strings.Contains(err.Error(), "no-callbacks, no-remove") {
		t.Error(err)
	}
}
