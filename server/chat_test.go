package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestChatStream(t *testing.T) {
	r := start(t, DefaultConfig()) // no heartbeat comes between
	resp, body := r.do(t, "GET", "/sse/chat?message=hi&session=me&tokens=3&rate=1000&size=4")
	equal(t, "status", resp.StatusCode, http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":      "text/event-stream",
		"Cache-Control":     "no-store",
		"X-Accel-Buffering": "no",
		"X-Session-Id":      "me",
	} {
		equal(t, name, resp.Header.Get(name), want)
	}
	p := Prompt{Message: "hi", Size: 4}
	reply, _, _ := strings.Cut(strings.TrimPrefix(body, "retry: 2000\nid: "), "-")
	equal(t, "body", body, "retry: 2000\nid: "+reply+"-0\nevent: session\ndata: {\"session_id\":\"me\"}\n\n"+
		"id: "+reply+"-1\nevent: delta\ndata: {\"delta\":\""+tokenOf(p, 0)+"\"}\n\n"+
		"id: "+reply+"-2\nevent: delta\ndata: {\"delta\":\""+tokenOf(p, 1)+"\"}\n\n"+
		"id: "+reply+"-3\nevent: delta\ndata: {\"delta\":\""+tokenOf(p, 2)+"\"}\n\n"+
		"id: "+reply+"-end\nevent: done\ndata: {\"tokens\":3}\n\n")
	eventually(t, "completed", func() bool { return r.closed(CloseCompleted) == 1 })
	equal(t, "tokens sent", r.sessions.sent.Load(), 3)
}

func TestChatNamesSessions(t *testing.T) {
	r := start(t, quick())
	a, _ := r.do(t, "GET", "/sse/chat?tokens=1&rate=1000")
	b, _ := r.do(t, "GET", "/sse/chat?tokens=1&rate=1000")
	idA, idB := a.Header.Get("X-Session-Id"), b.Header.Get("X-Session-Id")
	if len(idA) != 32 || len(idB) != 32 || idA == idB {
		t.Errorf("session ids %q and %q", idA, idB)
	}
}

func TestChatRefuses(t *testing.T) {
	r := start(t, quick())
	for raw, want := range badQueries {
		resp, body := r.do(t, "GET", "/sse/chat?"+raw)
		if resp.StatusCode != http.StatusBadRequest || !strings.HasPrefix(body, want) || strings.Count(body, "\n") != 1 {
			t.Errorf("%.40q: got %s and %q, want %q", raw, resp.Status, body, want)
		}
	}
	for _, header := range []string{"X-Stream-Id: \xc3\xa4", "Content-Length: 2", "Transfer-Encoding: chunked"} {
		p := r.dial(t, "/sse/chat", header)
		if line := p.until(t, "HTTP/1.1"); !strings.Contains(line, "400") {
			t.Errorf("%q: %s", header, line)
		}
	}
	n, _ := r.sessions.count(nil)
	equal(t, "opened", n.opened, 0)
}

// failing is an upstream that breaks after two tokens.
type failing struct{}

func (failing) Generate(_ context.Context, _ Prompt, emit func(string) error) error {
	return errors.Join(emit("a"), emit("b"), errors.New("out of memory"))
}

func TestChatUpstreamFails(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Upstream = failing{}
	r := start(t, cfg)
	_, body := r.do(t, "GET", "/sse/chat")
	if !strings.HasSuffix(body, "event: failed\ndata: {\"error\":\"the upstream failed\",\"tokens\":2}\n\n") {
		t.Error(body)
	}
	eventually(t, "completed", func() bool { return r.closed(CloseCompleted) == 1 && r.active() == 0 })
}

func TestHeartbeatCadence(t *testing.T) {
	for _, c := range []struct {
		name, query string
		want        string // what was seen when, in seconds
	}{
		{"idle", "rate=0", "0 session, 15 heartbeat, 30 heartbeat, 45 heartbeat, 52 end"},
		{"busy", "tokens=0&rate=0.1", "0 session, 10 delta, 20 delta, 30 delta, 40 delta, 50 delta, 52 end"},
		{"between tokens", "tokens=0&rate=0.05", "0 session, 15 heartbeat, 20 delta, 35 heartbeat, 40 delta, 52 end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, Config{Timeout: 52 * time.Second}, func(t *testing.T, b *bubble) {
				equal(t, "seen", b.timeline(t, "/sse/chat?"+c.query), c.want)
				b.expect(t, CloseTimeout, 1)
			})
		})
	}
}

func TestWriteDeadline(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, b *bubble) {
		conn := b.dial(t, "/sse/chat?rate=0") // a pipe has no buffer: what nobody reads blocks
		defer func() { _ = conn.Close() }()
		time.Sleep(10*time.Second - time.Millisecond)
		b.expect(t, CloseWriteFailed, 0)
		time.Sleep(2 * time.Millisecond)
		b.expect(t, CloseWriteFailed, 1)
	})
}

// A blocked write must not keep a session that was ended from leaving.
func TestBlockedWriteIsInterrupted(t *testing.T) {
	for _, c := range []struct {
		reason CloseReason
		end    func(b *bubble)
	}{
		{CloseTimeout, func(*bubble) { time.Sleep(time.Minute) }},
		{CloseCancelled, func(b *bubble) { b.sessions.release(b.sessions.get("me"), CloseCancelled) }},
		{CloseReplaced, func(b *bubble) {
			second := must(b.sessions.open(context.Background(), identity{ID: "me"}))
			b.sessions.release(second, CloseCompleted)
		}},
		{CloseShutdown, func(b *bubble) { b.stop() }},
	} {
		t.Run(string(c.reason), func(t *testing.T) {
			inBubble(t, Config{Timeout: time.Minute, WriteTimeout: time.Hour}, func(t *testing.T, b *bubble) {
				conn := b.dial(t, "/sse/chat?session=me")
				defer func() { _ = conn.Close() }()
				time.Sleep(time.Second)
				begin := time.Now()
				c.end(b)
				time.Sleep(time.Millisecond)
				b.expect(t, c.reason, 1)
				equal(t, "upstreams", b.sessions.upstreams.Load(), 0)
				if took := time.Since(begin); took > time.Minute+time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestChatIsFlushedAtOnce(t *testing.T) {
	r := start(t, quick())
	p := r.open(t, chat("rate=0", "session=me"))
	p.until(t, `{"session_id":"me"}`)
	p.until(t, ": heartbeat")
}
