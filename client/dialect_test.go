package client

import "testing"

func TestDialectByName(t *testing.T) {
	for _, d := range Dialects() {
		if got, err := DialectByName(d.Name()); got != d || err != nil {
			t.Errorf("%s: %v, %v", d.Name(), got, err)
		}
	}
	_, err := DialectByName("gopher")
	if err == nil || err.Error() != `dialect "gopher": there are chat, openai, anthropic, text` {
		t.Error(err)
	}
}

func TestDetectDialect(t *testing.T) {
	for base, want := range map[string]string{
		"http://127.0.0.1:8080/sse/chat?rate=5":           "chat",
		"https://h/v1/chat/completions":                   "openai",
		"https://h/v1/":                                   "openai",
		"https://h/api/paas/v4":                           "openai",
		"https://api.openai.com":                          "openai",
		"https://h/v1beta/openai":                         "openai",
		"https://h/openai/deployments/x/chat/completions": "openai",
		"https://api.anthropic.com":                       "anthropic",
		"https://api.anthropic.com/v1":                    "anthropic",
		"https://h/v1/messages":                           "anthropic",
		"https://h/anthropic":                             "anthropic",
		"https://h/anthropic/v1":                          "anthropic",
		"https://h/ask?q={{message}}":                     "text",
		"https://h":                                       "",
		"https://h/stream":                                "",
		"https://h/version":                               "",
		"h/v1":                                            "",
	} {
		d, ok := DetectDialect(base)
		got := ""
		if ok {
			got = d.Name()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", base, got, want)
		}
	}
}

func TestDetectAnswer(t *testing.T) {
	const stream = "text/event-stream; charset=utf-8"
	for _, c := range []struct{ contentType, name, data, want string }{
		{stream, "session", `{"session_id":"me"}`, "chat"},
		{stream, "session", `{"id":"me"}`, "text"},
		{stream, "", `{"id":"c","object":"chat.completion.chunk","choices":[]}`, "openai"},
		{stream, "", `{"choices":[{"delta":{"content":3}}]}`, "openai"},
		{stream, "", `{"error":{"message":"no"}}`, "openai"},
		{stream, "error", `{"error":"no"}`, "openai"},
		{stream, "", `{"object":"error","message":"no"}`, "openai"},
		{stream, "", " [DONE] ", "openai"},
		{stream, "message_start", `{"type":"message_start","message":{}}`, "anthropic"},
		{stream, "", `{"type":"message_start","message":{}}`, "anthropic"},
		{stream, "ping", `{"type":"ping"}`, "anthropic"},
		{stream, "error", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, "anthropic"},
		{stream, "", "Once", "text"},
		{stream, "", `{"response":"Once"}`, "text"},
		{stream, "", "", "text"},
		{"Text/Plain; charset=utf-8", "", `{"choices":[]}`, "text"},
	} {
		if got := DetectAnswer(c.contentType, Event{Name: []byte(c.name), Data: []byte(c.data)}).Name(); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.name, c.data, got, c.want)
		}
	}
}

// What each dialect's stream begins with tells which it is.
func TestDetectAnswerInStreams(t *testing.T) {
	for name, stream := range map[string]string{
		"openai": openAIStream, "anthropic": anthropicStream,
		"chat": "event: session\ndata: {\"session_id\":\"me\"}\n\n", "text": "data: Once\n\n",
	} {
		first := &firstEvent{}
		if err := new(Parser).Feed([]byte(stream), first); err != nil {
			t.Fatal(err)
		}
		if first.dialect.Name() != name {
			t.Errorf("%s is taken for %s", name, first.dialect.Name())
		}
	}
}

// firstEvent is a Handler that detects the dialect of a stream.
type firstEvent struct {
	count
	dialect Dialect
}

func (f *firstEvent) Event(e Event) {
	if f.dialect == nil {
		f.dialect = DetectAnswer("text/event-stream", e)
	}
}
