package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func slow() Config {
	cfg := quick()
	cfg.Defects = []Defect{SlowReclaim}
	return cfg
}

// Everything comes back, upstreams too, one after the other.
func TestSlowReclaim(t *testing.T) {
	t.Parallel()
	r := start(t, slow())
	const n = 8
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = r.open(t, chat("rate=100"))
	}
	live := r.open(t, chat())
	begin := time.Now()
	for _, p := range peers {
		p.leave()
	}
	r.open(t, "/sse/chat?tokens=1&rate=100").ended(t)
	if took := time.Since(begin); took > n*reclaimEvery/2 {
		t.Errorf("a reply's end waited for the queue: %v", took)
	}
	for left := n; left > 0; left-- {
		eventually(t, "one less", func() bool { return r.lost() > uint64(n-left) })
	}
	if took := time.Since(begin); took < (n-1)*reclaimEvery {
		t.Errorf("took only %v", took)
	}
	eventually(t, "all are back", func() bool { return r.active() == 1 && r.sessions.upstreams.Load() == 1 })
	equal(t, "completed", r.closed(CloseCompleted), 1)
	live.until(t, "event: delta")
}

// Shutdown does not wait for the queue, and loses nobody's reason.
func TestSlowReclaimShutdown(t *testing.T) {
	r := start(t, slow())
	const n = 50
	for range n {
		r.open(t, chat()).leave()
	}
	r.open(t, chat())
	eventually(t, "all wait", func() bool {
		r.sessions.backlog.mu.Lock()
		defer r.sessions.backlog.mu.Unlock()
		return len(r.sessions.backlog.waiting)+int(r.lost()) == n
	})
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > n*reclaimEvery/4 {
		t.Errorf("took %v", took)
	}
	equal(t, "lost", r.lost(), n)
	equal(t, "shutdown", r.closed(CloseShutdown), 1)
	equal(t, "active", r.active(), 0)
	equal(t, "upstreams", r.sessions.upstreams.Load(), 0)
}

// Without Serve there is no worker, and no queue.
func TestSlowReclaimByHandlerAlone(t *testing.T) {
	s := must(New(slow()))
	w := &sink{header: http.Header{}}
	s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/sse/chat?tokens=1&rate=1000", nil))
	if !strings.Contains(string(w.body), "event: done") {
		t.Errorf("%s", w.body)
	}
	n, _ := s.sessions.count(nil)
	equal(t, "completed", n.closed[CloseCompleted], 1)
	equal(t, "active", n.active, 0)
}
