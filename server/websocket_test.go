package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// dialSocket is /ws/chat by the library's own client.
func (r *running) dialSocket(t testing.TB, query string, header ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	opts := &websocket.DialOptions{HTTPHeader: http.Header{}}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		opts.HTTPHeader.Set(name, value)
	}
	conn, resp, err := websocket.Dial(ctx, "ws://"+r.addr+"/ws/chat?"+query, opts)
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, resp, err
}

func (r *running) socket(t testing.TB, query string) *websocket.Conn {
	t.Helper()
	conn, _, err := r.dialSocket(t, query)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// readSocket returns messages until the server closes, and how it does.
func readSocket(t testing.TB, conn *websocket.Conn) (messages []message, end websocket.CloseError) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn.SetReadLimit(1 << 20)
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			end.Code = websocket.CloseStatus(err)
			if at := strings.Index(err.Error(), "reason = "); at >= 0 {
				end.Reason = strings.Trim(err.Error()[at+len("reason = "):], `"`)
			}
			return messages, end
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil || kind != websocket.MessageText {
			t.Fatalf("%v %s: %v", kind, data, err)
		}
		messages = append(messages, m)
	}
}

func say(t testing.TB, conn *websocket.Conn, kind websocket.MessageType, text string) {
	t.Helper()
	if err := conn.Write(t.Context(), kind, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestSocket(t *testing.T) {
	want := []message{
		{Type: "session", SessionID: "me"},
		{Type: "delta", Delta: tokenOf(Prompt{Message: "hi"}, 0), Tokens: 1},
		{Type: "delta", Delta: tokenOf(Prompt{Message: "hi"}, 1), Tokens: 2},
		{Type: "done", Tokens: 2},
	}
	const query = "session=me&tokens=2&rate=1000"
	for name, begin := range map[string]func(t *testing.T, r *running) *websocket.Conn{
		"in the query": func(t *testing.T, r *running) *websocket.Conn {
			conn, resp, err := r.dialSocket(t, query+"&message=hi", "Origin: http://"+r.addr)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "X-Session-Id", resp.Header.Get("X-Session-Id"), "me")
			return conn
		},
		"as a message": func(t *testing.T, r *running) *websocket.Conn {
			conn := r.socket(t, query)
			say(t, conn, websocket.MessageText, `{"message":"hi","more":1}`)
			say(t, conn, websocket.MessageText, `{"message":"ignored"}`)
			return conn
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, DefaultConfig())
			got, end := readSocket(t, begin(t, r))
			if len(got) != len(want) {
				t.Fatalf("got %+v", got)
			}
			for i := range want {
				equal(t, "message", got[i], want[i])
			}
			equal(t, "close code", end.Code, websocket.StatusNormalClosure)
			eventually(t, "completed", func() bool { return r.closed(CloseCompleted) == 1 && r.sessions.upstreams.Load() == 0 })
		})
	}
}

// However it ends, the client is told why.
func TestSocketCloseCodes(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Config)
		end   func(t *testing.T, r *running, conn *websocket.Conn)
		code  websocket.StatusCode
		why   string
	}{
		"timeout": {spoil: func(c *Config) { c.Timeout = 200 * time.Millisecond },
			code: websocket.StatusPolicyViolation, why: "timeout"},
		"cancelled": {end: func(t *testing.T, r *running, _ *websocket.Conn) { r.do(t, "DELETE", "/sessions/me") },
			code: websocket.StatusPolicyViolation, why: "cancelled"},
		"replaced": {end: func(t *testing.T, r *running, _ *websocket.Conn) { r.socket(t, "session=me&message=hi") },
			code: websocket.StatusPolicyViolation, why: "replaced"},
		"shutdown": {end: func(_ *testing.T, r *running, _ *websocket.Conn) { go r.stop() },
			code: websocket.StatusGoingAway, why: "shutdown"},
		"upstream": {spoil: func(c *Config) { c.Upstream = failing{} }, end: ask(`{"message":"hi"}`),
			code: websocket.StatusInternalError, why: "the upstream failed"},
		"no JSON":    {end: ask(`hi`), code: websocket.StatusInvalidFramePayloadData, why: `message: not {\"message\":\"...\"} as text`},
		"no message": {end: ask(`{"text":"hi"}`), code: websocket.StatusInvalidFramePayloadData, why: `message: not {\"message\":\"...\"} as text`},
		"long message": {end: ask(`{"message":"` + strings.Repeat("a", maxMessage+1) + `"}`),
			code: websocket.StatusInvalidFramePayloadData, why: "message: 8193 bytes are too many, at most 8192"},
		"large frame": {end: ask(strings.Repeat("a", maxFrame+1)), code: websocket.StatusMessageTooBig, why: "read limited at 50177 bytes"},
		"binary": {end: func(t *testing.T, _ *running, conn *websocket.Conn) {
			say(t, conn, websocket.MessageBinary, `{"message":"hi"}`)
		}, code: websocket.StatusInvalidFramePayloadData, why: `message: not {\"message\":\"...\"} as text`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			if c.spoil != nil {
				c.spoil(&cfg)
			}
			r := start(t, cfg)
			conn := r.socket(t, "session=me&tokens=0")
			if _, _, err := conn.Read(t.Context()); err != nil { // it has begun
				t.Fatal(err)
			}
			if c.end != nil {
				c.end(t, r, conn)
			}
			_, end := readSocket(t, conn)
			equal(t, "code", end.Code, c.code)
			equal(t, "reason", end.Reason, c.why)
		})
	}
}

// ask sends a text.
func ask(text string) func(*testing.T, *running, *websocket.Conn) {
	return func(t *testing.T, _ *running, conn *websocket.Conn) { say(t, conn, websocket.MessageText, text) }
}

func TestSocketRefuses(t *testing.T) {
	t.Parallel()
	r := start(t, quick())
	for name, c := range map[string]struct {
		query, header string
		status        int
	}{
		"query":        {"tokens=-1", "", 400},
		"stream id":    {"", "X-Stream-Id: \u00e4", 400},
		"other origin": {"", "Origin: http://elsewhere.example", 403},
	} {
		header := []string{}
		if c.header != "" {
			header = append(header, c.header)
		}
		_, resp, err := r.dialSocket(t, c.query, header...)
		if err == nil || resp == nil || resp.StatusCode != c.status {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
	}
	resp, _ := r.do(t, "GET", "/ws/chat")
	equal(t, "no upgrade", resp.StatusCode, http.StatusUpgradeRequired)
	resp, _ = r.do(t, "POST", "/ws/chat")
	equal(t, "POST", resp.StatusCode, http.StatusMethodNotAllowed)
	n, _ := r.sessions.count(nil)
	equal(t, "opened", n.opened, 0)
}

// A client that answers pings stays, and each pong is a sign of it; one that
// acknowledges all and answers none has gone, as far as anybody can tell.
func TestSocketPongs(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.UserTimeout = 500 * time.Millisecond
	r := start(t, cfg)
	live := r.enter(t, socketDoor, "rate=0&session=live")
	s := r.sessions.get("live")
	s.activity.mu.Lock()
	s.activity.acked = 1 << 60 // so that no acknowledgement is a sign
	s.activity.mu.Unlock()
	opened := s.activity.last()
	live.stay()
	deaf := r.enter(t, socketDoor, "rate=0&session=deaf")
	go func() { _, _ = io.Copy(io.Discard, deaf.in) }()
	eventually(t, "the deaf one is gone", func() bool { return r.sessions.get("deaf") == nil })
	equal(t, "why", r.closed(CloseWriteFailed), 1)
	if r.sessions.get("live") == nil {
		t.Error("the live one is gone")
	}
	eventually(t, "a pong is a sign", func() bool { return s.activity.last().After(opened) })
}

// Serve waits for WebSockets, whom http.Server forgets, but not for ever: a
// client that does not answer the close frame has a moment.
func TestSocketShutdown(t *testing.T) {
	t.Parallel()
	r := start(t, quick())
	for range 20 {
		r.enter(t, socketDoor, "tokens=0&rate=100") // nobody reads on
	}
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > closeTimeout+2*time.Second {
		t.Errorf("took %v", took)
	}
	equal(t, "shutdown", r.closed(CloseShutdown), 20)
	equal(t, "upstreams", r.sessions.upstreams.Load(), 0)
}
