package server

import (
	"context"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Each way in which a session can end, on real sockets: it is counted once,
// under its reason, and nothing stays.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		reason CloseReason
		path   string
		spoil  func(*Config)
		end    func(*testing.T, *running, *peer)
	}{
		{reason: CloseCompleted, path: "/sse/chat?tokens=2&rate=100",
			end: func(t *testing.T, _ *running, p *peer) { p.until(t, "event: done"); p.ended(t) }},
		{reason: CloseDisconnected, path: chat("rate=0"), spoil: func(c *Config) { c.Heartbeat, c.IdleTimeout = time.Minute, 2*time.Minute }, // so that no write meets it first
			end: func(_ *testing.T, _ *running, p *peer) { _ = p.Close() }},
		{reason: CloseTimeout, path: chat(), spoil: func(c *Config) { c.Timeout = 100 * time.Millisecond },
			end: func(t *testing.T, _ *running, p *peer) { p.ended(t) }},
		{reason: CloseCancelled, path: chat("session=me"),
			end: func(t *testing.T, r *running, p *peer) {
				resp, _ := r.do(t, "DELETE", "/sessions/me")
				equal(t, "DELETE", resp.StatusCode, 204)
				equal(t, "active at once", r.active(), 0)
				p.ended(t)
			}},
		{reason: CloseWriteFailed, path: chat("size=65536", "rate=1000"), spoil: func(c *Config) { c.WriteTimeout = 200 * time.Millisecond },
			end: func(*testing.T, *running, *peer) {}}, // it just does not read
		{reason: CloseShutdown, path: chat(),
			end: func(t *testing.T, r *running, p *peer) { r.stop(); p.ended(t) }},
	} {
		t.Run(string(c.reason), func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			if c.spoil != nil {
				c.spoil(&cfg)
			}
			r := start(t, cfg)
			p := r.open(t, c.path)
			c.end(t, r, p)
			eventually(t, "nothing stays", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
			n, _ := r.sessions.count(nil)
			equal(t, "closed", n.closed[c.reason], 1)
			equal(t, "closed in all", total(n.closed), 1)
			equal(t, "tokens made for nobody", r.sessions.afterDisconnect.Load(), 0)
		})
	}
}

// FIN, RST and a shut sending side are noticed at once, whatever the stream
// does meanwhile. The median is judged, for the machine may be busy.
func TestDisconnectsAreNoticedAtOnce(t *testing.T) {
	cfg := quick()
	cfg.Heartbeat = time.Minute // so that no write helps
	cfg.IdleTimeout = 2 * time.Minute
	r := start(t, cfg)
	for name, leave := range map[string]func(*peer){
		"FIN":        func(p *peer) { _ = p.CloseWrite(); _ = p.Close() },
		"RST":        func(p *peer) { p.reset() },
		"half-close": func(p *peer) { _ = p.CloseWrite() },
	} {
		var took []time.Duration
		for range 15 {
			p := r.open(t, "/sse/chat?rate=0")
			begin := time.Now()
			leave(p)
			eventually(t, name, func() bool { return r.active() == 0 })
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		if median := took[len(took)/2]; median > 100*time.Millisecond {
			t.Errorf("%s: noticed after %v", name, median)
		}
	}
	equal(t, "disconnected", r.closed(CloseDisconnected), 45)
}

// Clients that leave before the first event.
func TestEarlyDisconnects(t *testing.T) {
	r := start(t, quick())
	for i := range 100 {
		p := r.dial(t, chat())
		time.Sleep(time.Duration(i) * 20 * time.Microsecond)
		p.reset()
	}
	r.do(t, "GET", "/healthz")
	eventually(t, "nothing stays", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
}

// A client that stopped reading is found by TCP_USER_TIMEOUT, although the
// write deadline is far away.
func TestStallEndsByUserTimeout(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout, cfg.UserTimeout = time.Minute, 300*time.Millisecond
	r := start(t, cfg)
	r.stall(t)
	eventually(t, "the stalled client's session ends", func() bool { return r.active() == 0 })
	equal(t, "lost", r.lost(), 1)
}

// TCP_NOTSENT_LOWAT: so little is buffered for a stalled client that its write
// deadline begins at once.
func TestStallEndsByWriteDeadline(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout = 300 * time.Millisecond
	r := start(t, cfg)
	r.stall(t)
	eventually(t, "the stalled client's session ends", func() bool { return r.closed(CloseWriteFailed) == 1 })
	if sent := r.sessions.sent.Load(); sent > 400 {
		t.Errorf("%d KiB were buffered for a client that does not read", sent)
	}
}

func TestRefreshReplaces(t *testing.T) {
	r := start(t, quick())
	old := r.open(t, chat("session=me"), "X-Stream-Id: first")
	oldSession := r.sessions.get("me")
	next := r.open(t, chat("session=me"), "X-Stream-Id: second")
	old.ended(t)

	// The old stream's release is late: its successor must live.
	if r.sessions.release(oldSession, CloseDisconnected) {
		t.Error("released twice")
	}
	a := r.answer(t)
	equal(t, "active", a.Active, 1)
	equal(t, "stream", a.Sessions[0]["stream_id"], "second")
	equal(t, "replaced", a.Closed[CloseReplaced], 1)
	equal(t, "upstreams", a.Upstreams, 1)
	next.until(t, "event: delta")
}

func TestRefreshStorm(t *testing.T) {
	r := start(t, quick())
	var last *peer
	for range 50 {
		next := r.open(t, chat("session=me"))
		if last != nil {
			last.reset()
		}
		last = next
	}
	eventually(t, "one upstream", func() bool { return r.sessions.upstreams.Load() == 1 && r.active() == 1 })
	last.until(t, "event: delta")
}

func TestShutdownWithLiveStreams(t *testing.T) {
	r := start(t, quick())
	peers := make([]*peer, 200)
	for i := range peers {
		peers[i] = r.open(t, chat())
	}
	silent, err := net.Dial("tcp", r.addr) // no request, and no reason to wait for one
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	r.do(t, "GET", "/healthz") // the silent one was accepted before
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	equal(t, "shutdown", r.closed(CloseShutdown), 200)
	equal(t, "upstreams", r.sessions.upstreams.Load(), 0)
	for _, p := range peers {
		p.ended(t)
	}
}

// An upstream that ignores its context is told of, and does not keep Serve.
func TestShutdownWithDeafUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(DefaultConfig())
		m.generate(must(m.open(t.Context(), identity{ID: "me"})), deaf{}, Prompt{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if m.shutdown(ctx) {
			t.Error("did not see that the upstream still runs")
		}
		if time.Sleep(time.Minute); !m.shutdown(t.Context()) {
			t.Error("did not see that the upstream has stopped")
		}
	})
}

type deaf struct{}

func (deaf) Generate(context.Context, Prompt, func(string) error) error {
	time.Sleep(time.Minute)
	return nil
}

// Many streams open and leave at once; then everything is as before.
func TestThousandStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 1,000 streams")
	}
	cfg := quick()
	cfg.Heartbeat = time.Second
	r := start(t, cfg)
	r.do(t, "GET", "/healthz")
	before := r.answer(t)

	peers := make([]*peer, 1000)
	for i := range peers {
		peers[i] = r.dial(t, chat("rate=5"))
	}
	eventually(t, "all are open", func() bool { return r.active() == len(peers) })
	during := r.answer(t)
	equal(t, "listed", len(during.Sessions), during.Active)
	equal(t, "upstreams", during.Upstreams, 1000)
	// A listed goroutine too many would be a fourth one for each session.
	if g := during.Process["goroutines"] - before.Process["goroutines"]; g > 3000+10 {
		t.Errorf("%d goroutines for 1000 sessions", g)
	}
	for i, p := range peers {
		if i%2 == 0 {
			p.reset()
		} else {
			_ = p.Close()
		}
	}
	eventually(t, "everything is back", func() bool {
		a := r.answer(t)
		return a.Active == 0 && a.Upstreams == 0 && len(a.Sessions) == 0 &&
			a.Process["goroutines"] <= before.Process["goroutines"] && a.Process["open_fds"] <= before.Process["open_fds"]
	})
	equal(t, "opened", r.answer(t).Opened, 1000)
}

// A keep-alive connection is not part of a stream: it ends with it.
func TestConnectionClosesWithItsStream(t *testing.T) {
	r := start(t, quick())
	p := r.open(t, "/sse/chat?tokens=1&rate=100")
	p.until(t, "event: done")
	_ = p.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(p.in); err != nil {
		t.Errorf("reading to the end of the connection: %v", err)
	}
}
