package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if target := os.Getenv(crowdAt); target != "" {
		if err := crowd(target); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must happen. It is long, because
// the machine may be busy; nothing waits for all of it unless it fails.
const patience = 10 * time.Second

// running is a server on a loopback port.
type running struct {
	*Server
	addr string
	stop func() // ends it, waits, and checks that it ended well; may be called twice
}

// quick is a configuration in which every period is short but for those that
// a test is not about: they are too long to interfere.
func quick() Config {
	return Config{Timeout: time.Minute, Heartbeat: 50 * time.Millisecond}
}

func start(t testing.TB, cfg Config) *running {
	t.Helper()
	return startAt(t, "127.0.0.1:0", cfg)
}

// startAt starts a server at an address.
func startAt(t testing.TB, addr string, cfg Config) *running {
	t.Helper()
	srv, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, ln) }()
	r := &running{Server: srv, addr: ln.Addr().String()}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// do makes one request on a connection of its own.
func (r *running) do(t testing.TB, method, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// answer is GET /sessions as somebody else would read it.
type answer struct {
	Active    int                 `json:"active"`
	Watchers  int                 `json:"watchers"`
	Seq       int                 `json:"seq"`
	Upstreams int                 `json:"upstreams"`
	Opened    int                 `json:"opened"`
	Closed    map[CloseReason]int `json:"closed"`
	Tokens    map[string]int      `json:"tokens"`
	Process   map[string]int      `json:"process"`
	Config    map[string]float64  `json:"config"`
	Sessions  []map[string]string `json:"sessions"`
}

func (r *running) answer(t testing.TB) (a answer) {
	t.Helper()
	_, body := r.do(t, "GET", "/sessions")
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

// closed is how many sessions ended for that reason.
func (r *running) closed(reason CloseReason) uint64 {
	n, _ := r.sessions.count(nil)
	return n.closed[reason]
}

// lost is how many sessions ended because their connection did: a write may meet that first.
func (r *running) lost() uint64 {
	n, _ := r.sessions.count(nil)
	return n.closed[CloseDisconnected] + n.closed[CloseWriteFailed]
}

func (r *running) active() int {
	n, _ := r.sessions.count(nil)
	return n.active
}

// peer is a client at the level of its socket.
type peer struct {
	*net.TCPConn
	in       *bufio.Reader
	socket   bool // it asked for a WebSocket
	upgraded bool // and read that it has it
}

// dial connects and asks for a path; it reads nothing.
func (r *running) dial(t testing.TB, path string, header ...string) *peer {
	t.Helper()
	conn, err := (&net.Dialer{KeepAlive: -1}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return request(t, conn.(*net.TCPConn), path, header...)
}

func request(t testing.TB, conn *net.TCPConn, path string, header ...string) *peer {
	t.Helper()
	head := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n"
	for _, h := range header {
		head += h + "\r\n"
	}
	return send(t, conn, head+"\r\n")
}

// send sends a request as it is.
func send(t testing.TB, conn *net.TCPConn, request string) *peer {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return &peer{TCPConn: conn, in: bufio.NewReader(conn)}
}

// open is a stream whose first event has come.
func (r *running) open(t testing.TB, path string, header ...string) *peer {
	t.Helper()
	p := r.dial(t, path, header...)
	p.until(t, "event: session")
	return p
}

// leave closes as a browser does: with a FIN, whatever was not read.
func (p *peer) leave() {
	_ = p.CloseWrite()
	_ = p.Close()
}

// until reads lines until one contains what, and returns it.
func (p *peer) until(t testing.TB, what string) string {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	for {
		line, err := p.in.ReadString('\n')
		if strings.Contains(line, what) {
			return line
		}
		if err != nil {
			t.Fatalf("waiting for %q: %v", what, err)
		}
	}
}

// ended reads until the server ends the stream.
func (p *peer) ended(t testing.TB) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, p.in); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatal("the server does not end the stream")
	}
}

// reset leaves as a crashed client does.
func (p *peer) reset() {
	_ = p.SetLinger(0)
	_ = p.Close()
}

// eventually waits until what is true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}

// chat is the path of an endless stream; more is added to its query.
func chat(more ...string) string {
	return "/sse/chat?" + strings.Join(append([]string{"tokens=0"}, more...), "&")
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("test: ", err))
	}
	return v
}
