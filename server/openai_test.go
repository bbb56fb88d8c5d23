package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ask posts a chat completion: query is that of /sse/chat, more are further
// members of the body.
func (r *running) ask(t testing.TB, query string, more ...string) (*http.Response, string) {
	t.Helper()
	body := `{"messages":[{"role":"user","content":"hi there"}]` + strings.Join(append([]string{""}, more...), ",") + "}"
	return r.post(t, "/v1/chat/completions?"+query, strings.NewReader(body))
}

func (r *running) post(t testing.TB, path string, body io.Reader) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addr+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestCompletionStream(t *testing.T) {
	r := start(t, DefaultConfig())
	resp, body := r.ask(t, "session=me&tokens=2&rate=1000", `"stream":true`, `"model":"gpt"`)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Session-Id": "me"} {
		equal(t, name, resp.Header.Get(name), want)
	}
	p := Prompt{Message: "hi there"}
	created := created(t, strings.TrimPrefix(strings.SplitN(body, "\n", 2)[0], "data: "))
	line := func(choices string) string {
		return fmt.Sprintf(`data: {"id":"chatcmpl-me","object":"chat.completion.chunk","created":%d,"model":"gpt","choices":[%s]}`+"\n\n", created, choices)
	}
	equal(t, "body", body, line(`{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}`)+
		line(`{"index":0,"delta":{"content":"`+tokenOf(p, 0)+`"},"finish_reason":null}`)+
		line(`{"index":0,"delta":{"content":"`+tokenOf(p, 1)+`"},"finish_reason":null}`)+
		line(`{"index":0,"delta":{},"finish_reason":"stop"}`)+"data: [DONE]\n\n")
	eventually(t, "completed", func() bool { return r.closed(CloseCompleted) == 1 })
	equal(t, "tokens sent", r.sessions.sent.Load(), 2)
}

func created(t *testing.T, object string) int64 {
	t.Helper()
	var v struct {
		Created int64 `json:"created"`
	}
	if err := json.Unmarshal([]byte(object), &v); err != nil || time.Since(time.Unix(v.Created, 0)) > patience {
		t.Fatalf("%v in %s", err, object)
	}
	return v.Created
}

func TestCompletionStreamUsage(t *testing.T) {
	r := start(t, DefaultConfig())
	_, body := r.ask(t, "rate=1000", `"stream":true`, `"max_tokens":3`, `"stream_options":{"include_usage":true}`)
	lines := strings.Split(strings.TrimSpace(body), "\n\n")
	equal(t, "events", len(lines), 7)
	for _, l := range lines[:5] {
		if !strings.HasSuffix(l, `,"usage":null}`) {
			t.Error(l)
		}
	}
	if !strings.Contains(lines[4], `"finish_reason":"length"`) {
		t.Error(lines[4])
	}
	if !strings.HasSuffix(lines[5], `"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}`) {
		t.Error(lines[5])
	}
	equal(t, "last", lines[6], "data: [DONE]")
}

func TestCompletionWhole(t *testing.T) {
	r := start(t, DefaultConfig())
	resp, body := r.ask(t, "tokens=3&rate=1000", `"max_completion_tokens":9`)
	equal(t, "status", resp.StatusCode, 200)
	equal(t, "content type", resp.Header.Get("Content-Type"), "application/json")
	p := Prompt{Message: "hi there"}
	equal(t, "body", body, fmt.Sprintf(`{"choices":[{"finish_reason":"stop","index":0,"message":{"content":%q,"refusal":null,"role":"assistant"}}],`+
		`"created":%d,"id":"chatcmpl-%s","model":"sse-tool","object":"chat.completion",`+
		`"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}`+"\n",
		tokenOf(p, 0)+tokenOf(p, 1)+tokenOf(p, 2), created(t, body), resp.Header.Get("X-Session-Id")))
	equal(t, "tokens sent", r.sessions.sent.Load(), 3)
}

// A reply that takes its time is preceded by line feeds, and is JSON.
func TestCompletionWholeHeartbeats(t *testing.T) {
	t.Parallel()
	cfg := quick()
	r := start(t, cfg)
	_, body := r.ask(t, "tokens=20&rate=50")
	if !strings.HasPrefix(body, "\n\n") || !json.Valid([]byte(body)) {
		t.Errorf("%q", body)
	}
}

// How a reply that cannot be completed is told, before anything was written
// and after it.
func TestCompletionWholeFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil   func(*Config)
		query   string
		status  int
		message string
	}{
		"upstream":           {func(c *Config) { c.Upstream = failing{} }, "", 500, "the upstream failed"},
		"timeout":            {func(c *Config) { c.Timeout = 100 * time.Millisecond }, "rate=0", 504, "the reply took longer"},
		"timeout, heartbeat": {func(c *Config) { c.Timeout, c.Heartbeat = 300*time.Millisecond, 50*time.Millisecond }, "rate=0", 200, "the reply took longer"},
		"too long":           {func(*Config) {}, "tokens=0&size=65536&rate=1000", 500, "the reply is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			c.spoil(&cfg)
			r := start(t, cfg)
			resp, body := r.ask(t, c.query)
			equal(t, "status", resp.StatusCode, c.status)
			equal(t, "content type", resp.Header.Get("Content-Type"), "application/json")
			if !strings.HasPrefix(strings.TrimSpace(body), `{"error":{"message":"`+c.message) || !json.Valid([]byte(body)) {
				t.Errorf("%q", body)
			}
			eventually(t, "nothing stays", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
		})
	}
}

func TestCompletionStreamFails(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Upstream = failing{}
	_, body := start(t, cfg).ask(t, "", `"stream":true`)
	if !strings.HasSuffix(body, `data: {"error":{"message":"the upstream failed","type":"server_error","param":null,"code":null}}`+"\n\n") {
		t.Error(body)
	}
}

func TestCompletionRefuses(t *testing.T) {
	t.Parallel()
	r := start(t, quick())
	const path = "/v1/chat/completions"
	fine := `{"messages":[{"role":"user","content":"a"}]}`
	for name, c := range map[string]struct {
		path, body string
		status     int
		message    string
	}{
		"body":   {path, "{", 400, "the body is not a JSON object"},
		"query":  {path + "?tokens=-1", fine, 400, `tokens "-1": must be`},
		"large":  {path, fine + strings.Repeat(" ", maxBody), 413, "the body is larger than 1048576 bytes"},
		"path":   {"/v1/embeddings", fine, 404, "path /v1/embeddings: unknown"},
		"method": {"/v1/models", fine, 405, "method POST: not here; allowed is GET"},
	} {
		resp, body := r.post(t, c.path, strings.NewReader(c.body))
		equal(t, name, resp.StatusCode, c.status)
		want := fmt.Sprintf(`{"error":{"message":%q`, c.message)
		if !strings.HasPrefix(body, want[:len(want)-1]) || !strings.Contains(body, `"type":"invalid_request_error"`) {
			t.Errorf("%s: %s", name, body)
		}
	}
	resp, _ := r.do(t, "GET", path)
	equal(t, "GET", resp.StatusCode, 405)
	equal(t, "Allow", resp.Header.Get("Allow"), "POST")
	n, _ := r.sessions.count(nil)
	equal(t, "opened", n.opened, 0)
}

func TestModels(t *testing.T) {
	r := start(t, quick())
	_, body := r.do(t, "GET", "/v1/models")
	want := fmt.Sprintf(`{"data":[{"created":%d,"id":"sse-tool","object":"model","owned_by":"sse-tool"}],"object":"list"}`+"\n", r.started.Unix())
	equal(t, "body", body, want)
}

// A client that leaves while it waits for the whole reply cancels it.
func TestCompletionWholeIsCancelled(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Heartbeat = time.Minute // so that no write helps
	cfg.IdleTimeout = 2 * time.Minute
	r := start(t, cfg)
	p := r.knock(t, wholeDoor, "tokens=0&rate=100&user=you", "X-Stream-Id: mine")
	eventually(t, "it generates", func() bool { return r.sessions.upstreams.Load() == 1 })
	s := r.answer(t).Sessions[0]
	equal(t, "transport", s["transport"], "openai")
	equal(t, "stream id", s["stream_id"], "mine")
	equal(t, "user", s["user"], "you")
	p.leave()
	eventually(t, "cancelled", func() bool { return r.closed(CloseDisconnected) == 1 && r.sessions.upstreams.Load() == 0 })
	equal(t, "tokens sent", r.sessions.sent.Load(), 0)
}
