package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The form of GET /sessions: each key with the type of its value.
func TestSessionsForm(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Heartbeat = 1500 * time.Millisecond
	r := start(t, cfg)
	r.open(t, chat("session=a", "user=J%C3%B6rg+%22K%22"), `X-Stream-Id: run"1\`)
	r.open(t, chat("session=b"))

	resp, body := r.do(t, "GET", "/sessions")
	equal(t, "content type", resp.Header.Get("Content-Type"), "application/json")
	equal(t, "cache control", resp.Header.Get("Cache-Control"), "no-store")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	equal(t, "form", form("", got), strings.TrimSpace(`
active number
closed.cancelled number
closed.completed number
closed.disconnected number
closed.replaced number
closed.shutdown number
closed.swept number
closed.timeout number
closed.write_failed number
config.heartbeat_s number
config.idle_timeout_s number
config.sweep_every_s number
config.timeout_s number
config.user_timeout_s number
config.write_timeout_s number
opened number
process.goroutines number
process.heap_bytes number
process.open_fds number
seq number
service string
sessions[].id string
sessions[].last_active_at time
sessions[].opened_at time
sessions[].stream_id string
sessions[].transport string
sessions[].user string
started_at time
tokens.after_disconnect number
tokens.sent number
upstreams number
watchers number`))

	a := r.answer(t)
	equal(t, "active", a.Active, 2)
	equal(t, "opened", a.Opened, 2)
	equal(t, "heartbeat", got["config"].(map[string]any)["heartbeat_s"].(float64), 1.5)
	equal(t, "timeout", got["config"].(map[string]any)["timeout_s"].(float64), 300.0)
	slices.SortFunc(a.Sessions, func(x, y map[string]string) int { return strings.Compare(x["id"], y["id"]) })
	equal(t, "user", a.Sessions[0]["user"], `Jörg "K"`)
	equal(t, "stream id", a.Sessions[0]["stream_id"], `run"1\`)
	equal(t, "transport", a.Sessions[1]["transport"], "sse")
	for _, name := range []string{"goroutines", "open_fds", "heap_bytes"} {
		if a.Process[name] <= 0 {
			t.Errorf("%s: %d", name, a.Process[name])
		}
	}
}

// form lists the leaves of a JSON value, sorted, each with its type. Equal
// lines are one.
func form(path string, v any) string {
	var lines []string
	switch v := v.(type) {
	case map[string]any:
		for k, sub := range v {
			lines = append(lines, strings.Split(form(strings.TrimPrefix(path+"."+k, "."), sub), "\n")...)
		}
	case []any:
		for _, sub := range v {
			lines = append(lines, strings.Split(form(path+"[]", sub), "\n")...)
		}
	case float64:
		return path + " number"
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return path + " time"
		}
		return path + " string"
	default:
		return fmt.Sprintf("%s %T", path, v)
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

func TestSessionsWithoutList(t *testing.T) {
	r := start(t, quick())
	r.open(t, chat())
	_, body := r.do(t, "GET", "/sessions?list=0")
	if !json.Valid([]byte(body)) || strings.Contains(body, `"sessions"`) || !strings.Contains(body, `"active":1`) {
		t.Error(body)
	}
	_, body = r.do(t, "GET", "/sessions?list=1")
	if !strings.Contains(body, `"sessions":[{`) {
		t.Error(body)
	}
}

func TestSessionsEmptyAndLong(t *testing.T) {
	s := must(New(Config{}))
	for _, n := range []int{0, 1, 2, 3000} { // 3000: more than one piece
		for i := range n {
			must(s.sessions.open(context.Background(), identity{ID: fmt.Sprint("s", i)}))
		}
		w := &sink{header: http.Header{}}
		s.Handler().ServeHTTP(w, onLoopback("/sessions"))
		var a answer
		if err := json.Unmarshal(w.body, &a); err != nil {
			t.Fatal(err)
		}
		equal(t, "active", a.Active, n)
		equal(t, "listed", len(a.Sessions), n)
		if w.largest > pieceSize+1<<10 {
			t.Errorf("%d sessions: %d bytes were written at once, want a piece of %d", n, w.largest, pieceSize)
		}
		for _, sess := range s.sessions.all() {
			s.sessions.release(sess, CloseCancelled)
		}
	}
}

func TestOneSession(t *testing.T) {
	r := start(t, quick())
	r.open(t, chat("session=me", "user=you"))
	resp, body := r.do(t, "GET", "/sessions/me")
	equal(t, "status", resp.StatusCode, 200)
	var s map[string]string
	if err := json.Unmarshal([]byte(body), &s); err != nil || s["id"] != "me" || s["user"] != "you" {
		t.Error(body, err)
	}
	for _, method := range []string{"GET", "DELETE"} {
		resp, body = r.do(t, method, "/sessions/nobody")
		equal(t, "status", resp.StatusCode, 404)
		equal(t, "body", body, "{\"error\":\"no session \\\"nobody\\\"\"}\n")
	}
}

func TestRoutes(t *testing.T) {
	r := start(t, quick())
	for _, c := range []struct {
		method, path string
		status       int
		allow, body  string
	}{
		{"GET", "/healthz", 200, "", "ok\n"},
		{"HEAD", "/sessions", 200, "", ""},
		{"POST", "/sse/chat", 405, "GET", "method POST: not here; allowed are GET\n"},
		{"HEAD", "/sse/chat", 405, "GET", ""},
		{"PUT", "/sessions", 405, "GET, HEAD", "method PUT: not here; allowed are GET, HEAD\n"},
		{"POST", "/sessions/x", 405, "DELETE, GET, HEAD", "method POST: not here; allowed are DELETE, GET, HEAD\n"},
		{"GET", "/nowhere%0A", 404, "", "path /nowhere%0A: unknown; there are " + endpoints + "\n"},
	} {
		resp, body := r.do(t, c.method, c.path)
		what := c.method + " " + c.path
		equal(t, what, resp.StatusCode, c.status)
		equal(t, what, resp.Header.Get("Allow"), c.allow)
		equal(t, what, body, c.body)
	}
	equal(t, "active", r.active(), 0)
}

// sink is a connection's end that takes everything at once.
type sink struct {
	header  http.Header
	body    []byte
	largest int // of the writes
}

func (s *sink) Header() http.Header              { return s.header }
func (s *sink) WriteHeader(int)                  {}
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Flush()                           {}

func (s *sink) Write(b []byte) (int, error) {
	s.body, s.largest = append(s.body, b...), max(s.largest, len(b))
	return len(b), nil
}

func BenchmarkSessions(b *testing.B) {
	s := must(New(Config{}))
	for i := range 5000 {
		must(s.sessions.open(context.Background(), identity{ID: randomID(sessionIDSize), StreamID: fmt.Sprint("close-", i), User: "somebody", Transport: "sse"}))
	}
	for _, path := range []string{"/sessions", "/sessions?list=0"} {
		b.Run(path, func(b *testing.B) {
			w, r := &sink{header: http.Header{}}, onLoopback(path)
			h := s.Handler()
			b.ReportAllocs()
			for b.Loop() {
				w.body = w.body[:0]
				h.ServeHTTP(w, r)
			}
		})
	}
}

// onLoopback is a request of this machine's own.
func onLoopback(path string) *http.Request {
	r := httptest.NewRequest("GET", "http://localhost"+path, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	return r
}
