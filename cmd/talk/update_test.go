package talk

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/client"
)

func recorded(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const secret = "sk-s3cret"

// at is the config of a server in a dialect, with a key.
func at(t testing.TB, url string, d Dialect) Config {
	t.Helper()
	return resolved(t, Config{URL: url, Dialect: d, Key: secret})
}

func TestRecordedOpenAI(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, streams(recorded(t, "openai.txt")))
	talk := says("hi")
	talk.System, talk.Model = "Be brief.", "m"
	h := complete(t, ask(t, at(t, s.url()+"/v1", Auto), talk))
	if h.text != "Hello there!\n" || h.life.Finish != "stop" || h.life.Usage != (client.Usage{PromptTokens: 9, CompletionTokens: 3}) ||
		h.life.Deltas != 3 || h.life.Dialect != OpenAI || h.life.Session != "raw" {
		t.Errorf("%q, %+v", h.text, h.life)
	}
	r := s.requests()[0]
	if r.request.Method != "POST" || r.request.URL.Path != "/v1/chat/completions" || r.request.Header.Get("Authorization") != "Bearer "+secret ||
		r.request.Header.Get("X-Stream-Id") != "" {
		t.Errorf("asked by %s %s with %v", r.request.Method, r.request.URL, r.request.Header)
	}
	var body struct {
		Model    string
		Messages []client.Message
		Stream   bool
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || !body.Stream || body.Model != "m" || len(body.Messages) != 2 || body.Messages[0].Text != "Be brief." {
		t.Errorf("%v, asked with %s", err, r.body)
	}
}

func TestRecordedAnthropic(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, streams(recorded(t, "anthropic.txt")))
	h := complete(t, ask(t, at(t, s.url(), Anthropic), says("hi")))
	if h.text != "Hello there!" || h.reasoning != "A greeting." || h.life.Finish != "end_turn" ||
		h.life.Usage != (client.Usage{PromptTokens: 12, CompletionTokens: 15}) || h.life.Deltas != 3 || h.life.Beats != 1 {
		t.Errorf("%q, %q, %+v", h.text, h.reasoning, h.life)
	}
	if r := s.requests()[0]; r.request.URL.Path != "/v1/messages" || r.request.Header.Get("X-Api-Key") != secret || r.request.Header.Get("Authorization") != "" {
		t.Errorf("asked by %s with %v", r.request.URL, r.request.Header)
	}
}

// A stream of an unknown path is read as what it looks like.
func TestAnswerIsDetected(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stream string
		want   Dialect
		text   string
	}{
		{recorded(t, "openai.txt"), OpenAI, "Hello there!\n"},
		{recorded(t, "anthropic.txt"), Anthropic, "Hello there!"},
		{"event: session\ndata: {\"session_id\": \"a\"}\n\nevent: delta\ndata: {\"delta\": \"Hi\"}\n\nevent: done\ndata: {\"tokens\": 1}\n\n", Own, "Hi"},
		{": hello\n\ndata: Hi\n\ndata:  there\n\n", Text, "Hi there"},
	} {
		s := serveRaw(t, streams(tt.stream))
		c := resolved(t, Config{URL: s.url() + "/stream", Key: ""})
		if c.Target.Dialect != Text || c.Target.Sure {
			t.Errorf("the target is %+v", c.Target)
		}
		h := complete(t, ask(t, c, says("a&b")))
		if h.text != tt.text || h.life.Dialect != tt.want {
			t.Errorf("%q in dialect %s, want %q in %s", h.text, h.life.Dialect, tt.text, tt.want)
		}
		if r := s.requests()[0].request; r.Method != "GET" || r.URL.Query().Get("message") != "a&b" {
			t.Errorf("asked by %s %s", r.Method, r.URL)
		}
	}
}

// An answer that the server ends with an error stands as far as it came, and nobody sees the key.
func TestServerReportsAnError(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(recorded(t, "openai.txt"), "\n\n")
	openAI := strings.Join(lines[:3], "")
	for _, tt := range []struct {
		dialect Dialect
		stream  string
		text    string
	}{
		{OpenAI, openAI + `data: {"error":{"message":"the key ` + secret + ` has no credit","type":"insufficient_quota"}}` + "\n\n", "Hello there"},
		{Anthropic, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"insufficient_quota\",\"message\":\"" + secret + " is busy\"}}\n\n", ""},
		{Own, "event: delta\nid: 1\ndata: {\"delta\": \"Hi\"}\n\nevent: failed\ndata: {\"tokens\": 1, \"error\": {\"type\": \"insufficient_quota\", \"message\": \"" + secret + "\"}}\n\n", "Hi"},
	} {
		s := serveRaw(t, streams(tt.stream))
		h := hear(t, ask(t, at(t, s.url(), tt.dialect), says("hi")), nil)
		var told *client.AnswerError
		if !errors.As(h.err, &told) || h.life.State != Lost || !errors.Is(h.life.Err, h.err) || h.text != tt.text {
			t.Errorf("%s: %v, %s (%v), %q", tt.dialect, h.err, h.life.State, h.life.Err, h.text)
			continue
		}
		if strings.Contains(h.err.Error(), secret) || !strings.Contains(h.err.Error(), "[key]") || told.Type != "insufficient_quota" {
			t.Errorf("%s: %v", tt.dialect, h.err)
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("%s: asked %d times", tt.dialect, n)
		}
	}
}

// What is no event stream is told in the server's words, without the key; it is asked for once.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer func(*rawConn)
		says   string
		hint   string
	}{
		{answers(401, "application/json", `{"error":{"message":"Incorrect API key provided: `+secret+`","type":"invalid_request_error"}}`),
			"response has status 401 Status: Incorrect API key provided: [key] (invalid_request_error)", "SSE_TOOL_CHAT_KEY"},
		{answers(404, "text/plain", "nothing here\n"), "status 404 Status: nothing here", "--dialect"},
		{answers(503, "text/plain", ""), "response has status 503 Status", ""},
		{answers(200, "text/html", "<html><title>Log in</title>"), `content type "text/html", not text/event-stream: Log in`, "base URL"},
		{answers(204, "text/plain", ""), "status 204: it has no answer", ""},
	} {
		s := serveRaw(t, tt.answer)
		r := ask(t, at(t, s.url(), OpenAI), says("hi"))
		h := hear(t, r, nil)
		if h.err == nil || !strings.Contains(h.err.Error(), tt.says) || h.life.State != Lost {
			t.Errorf("%v, %s; want %q", h.err, h.life.State, tt.says)
			continue
		}
		if _, again := r.Next(); !errors.Is(again, h.err) {
			t.Errorf("and then %v", again)
		}
		hinted, ok := h.err.(interface{ Hint() string })
		if tt.hint != "" && (!ok || !strings.Contains(hinted.Hint(), tt.hint)) {
			t.Errorf("%v has no hint with %q", h.err, tt.hint)
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("%v: asked %d times", h.err, n)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, streams(""))
	s.stop()
	h := hear(t, ask(t, at(t, s.url(), Own), says("hi")), nil)
	if h.err == nil || !strings.Contains(h.err.Error(), "refused") || h.life.State != Lost || h.life.Reconnects != 0 {
		t.Errorf("%v, %+v", h.err, h.life)
	}
}

// What cannot be asked is told by Next, with nothing sent.
func TestCannotBeAsked(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, streams(""))
	for _, c := range []Config{{URL: s.url()}, at(t, s.url(), OpenAI)} {
		r := ask(t, c, client.Conversation{})
		h := hear(t, r, nil)
		if h.err == nil || h.life.State != Lost {
			t.Errorf("%v, %+v", h.err, h.life)
		}
	}
	if len(s.requests()) > 0 {
		t.Error("something was sent")
	}
}
