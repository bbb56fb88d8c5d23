package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// connect is a connection that has sent what it is given.
func (r *running) connect(t testing.TB, sends string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	io.WriteString(conn, sends) // the server may hang up in the middle
	return &peer{TCPConn: conn.(*net.TCPConn)}
}

// answers returns what comes back until the server hangs up.
func (p *peer) answers(t testing.TB) string {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	answer, err := io.ReadAll(io.LimitReader(p, 64<<10))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server holds the connection; it said %q", answer)
	}
	return string(answer)
}

// unharmed checks that a server answers others at once and has lost nothing.
func (r *running) unharmed(t *testing.T, before answer) {
	t.Helper()
	begin := time.Now()
	_, body := r.do(t, "GET", "/healthz")
	equal(t, "health", body, "ok\n")
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("others wait for %v", took)
	}
	eventually(t, "everything is back", func() bool {
		a := r.answer(t)
		return a.Active == before.Active && a.Upstreams == before.Upstreams && a.Watchers == before.Watchers &&
			a.Process["goroutines"] <= before.Process["goroutines"] && a.Process["open_fds"] <= before.Process["open_fds"]
	})
}

// A head or a body that comes byte by byte holds its connection for
// ReadTimeout, and nobody else for any time.
func TestSlowRequests(t *testing.T) {
	cfg := quick()
	cfg.ReadTimeout = 300 * time.Millisecond
	r := start(t, cfg)
	before := r.answer(t)
	var dripping sync.WaitGroup
	for i := range 60 {
		p := r.connect(t, []string{"GET /sse/chat HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "", "POST /sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"}[i%3])
		dripping.Go(func() {
			defer func() { _ = p.Close() }()
			for {
				if _, err := io.WriteString(p, "x"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	r.open(t, chat()).leave()
	dripping.Wait()
	r.unharmed(t, before)
	equal(t, "opened", r.answer(t).Opened, 1)
}

const (
	headOf     = " HTTP/1.1\r\nHost: localhost\r\n"
	completing = "POST /v1/chat/completions" + headOf
	upgrading  = headOf + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)

// Requests that are too large, cut short, or nothing of the kind.
func TestHostileRequests(t *testing.T) {
	mega := strings.Repeat("x", 10<<20)
	cfg := quick()
	cfg.ReadTimeout = time.Second
	r := start(t, cfg)
	before := r.answer(t)
	for _, c := range []struct{ name, sends, want string }{
		{"10 MB of a header", "GET /sse/chat" + headOf + "X: " + mega + "\r\n\r\n", "431"},
		{"10 MB of headers", "GET /sse/chat" + headOf + strings.Repeat("X: "+mega[:1000]+"\r\n", 10<<10) + "\r\n", "431"},
		{"10 MB of a path", "GET /" + mega + headOf + "\r\n", "431"},
		{"a message that is too long", "GET /sse/chat?message=" + mega[:10<<10] + headOf + "\r\n", "400"},
		{"10 MB of a body", "GET /sse/chat" + headOf + "Content-Length: 10485760\r\n\r\n" + mega, "400"},
		{"10 MB of a chunked body", "GET /sse/chat" + headOf + "Transfer-Encoding: chunked\r\n\r\na00000\r\n" + mega + "\r\n0\r\n\r\n", "400"},
		{"10 MB for who takes none", "POST /sessions" + headOf + "Content-Length: 10485760\r\n\r\n" + mega, "405"},
		{"a body that ends early", "POST /sessions" + headOf + "Connection: close\r\nContent-Length: 10\r\n\r\nabc", "405"},
		{"10 MB for a completion", completing + "Content-Length: 10485760\r\n\r\n" + mega, "413"},
		{"10 MB for a completion, chunked", completing + "Transfer-Encoding: chunked\r\n\r\na00000\r\n" + mega + "\r\n0\r\n\r\n", "413"},
		{"half of a completion", completing + "Content-Length: 100\r\n\r\n" + `{"messages":[{"role":"user"`, "400"},
		{"half of a chunk", completing + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + `{"messages":`, "400"},
		{"no chunk", completing + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
		{"10 MB in a frame", "GET /ws/chat" + upgrading + "\r\n\x81\xff\x00\x00\x00\x00\x00\xa0\x00\x00\x00\x00\x00\x00" + mega, "101"},
		{"10 MB that are no frames", "GET /ws/chat" + upgrading + "Content-Length: 10485760\r\n\r\n" + mega, "101"},
		{"half of a frame", "GET /ws/chat" + upgrading + "\r\n\x81\xa0\x00\x00\x00\x00" + `{"message":`, "101"},
		{"half of a handshake", "GET /ws/chat" + upgrading, "400"},
		{"no head", "\r\n\r\n\r\n", "400"},
		{"half a head", "GET /sse/chat HTT", "400"},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + mega[:500], "400"},
		{"two lengths", "POST /sessions" + headOf + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
		{"no host", "GET /sse/chat HTTP/1.1\r\n\r\n", "400"},
		{"half of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM", ""},
		{"HTTP/2 that is none", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + mega[:100], ""},
		{"an upgrade to HTTP/2", "GET /healthz" + headOf + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", "200"},
		{"an upgrade to nothing", "GET /sse/chat?tokens=1&rate=100" + headOf + "Connection: Upgrade\r\nUpgrade: nothing\r\n\r\n", "200"},
		{"an upgrade of the feed", "POST /sessions/feed" + headOf + "Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n", "405"},
	} {
		p := r.connect(t, c.sends)
		_ = p.CloseWrite()
		// A server that hangs up on what is still being sent resets: its answer may
		// be lost with that.
		answer := p.answers(t)
		if answer != "" && c.want != "" && !strings.HasPrefix(answer, "HTTP/1.1 "+c.want) && !strings.HasPrefix(answer, "HTTP/1.0 "+c.want) {
			t.Errorf("%s: answered with %.60q", c.name, answer)
		}
		_ = p.Close()
	}
	r.unharmed(t, before)
}

// Clients that connect and drop, each at another moment of a request.
func TestConnectsAndDrops(t *testing.T) {
	if testing.Short() {
		t.Skip("connects 2,000 times")
	}
	connectAndDrop(t, 2000)
}

func connectAndDrop(t *testing.T, n int) {
	cfg := quick()
	cfg.ReadTimeout = 2 * time.Second
	r := start(t, cfg)
	stays := r.open(t, chat("session=stays"))
	r.do(t, "GET", "/healthz")
	before := r.answer(t)
	sends := []string{
		"", "G", "GET " + chat() + " HTTP/1.1\r\n", "GET " + chat() + headOf + "\r\n", "GET /sessions/feed" + headOf + "\r\n", "GET /sessions" + headOf + "\r\n", "\x00\r\n\r\n",
		completing, completing + "Content-Length: 100\r\n\r\n", completing + "Content-Length: 100\r\n\r\n" + chunkDoor.body[:20],
		completing + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + chunkDoor.body[:20],
		completing + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(chunkDoor.body)) + chunkDoor.body,
		completing + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(wholeDoor.body)) + wholeDoor.body,
		"GET /ws/chat" + upgrading, "GET /ws/chat" + upgrading + "\r\n", "GET /ws/chat" + upgrading + "\r\n\x81\xa0\x00\x00\x00\x00{", "GET /ws/chat?message=hi&tokens=0" + upgrading + "\r\n",
	} // so many that none is always dropped in the same way
	const crowd = 32
	var crowding sync.WaitGroup
	for k := range crowd {
		crowding.Go(func() {
			for i := k; i < n; i += crowd {
				conn, err := net.Dial("tcp", r.addr)
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(conn, sends[i%len(sends)])
				if i%16 < 13 { // the others are remembered for a minute by this kernel
					_ = conn.(*net.TCPConn).SetLinger(0)
				}
				_ = conn.Close()
			}
		})
	}
	for range 20 {
		begin := time.Now()
		r.do(t, "GET", "/healthz")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("others wait for %v", took)
		}
	}
	crowding.Wait()
	r.unharmed(t, before)
	stays.until(t, "event: delta")
	a := r.answer(t)
	equal(t, "who stays", fmt.Sprint(a.Active, a.Sessions[0]["id"]), "1stays")
	closed := 0
	for _, n := range a.Closed {
		closed += n
	}
	equal(t, "closed and active", closed+a.Active, a.Opened)
	equal(t, "ended by a later defence", a.Closed[CloseSwept]+a.Closed[CloseTimeout], 0)
}
