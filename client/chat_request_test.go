package client

import (
	"bytes"
	"flag"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shown is a request as a golden file has it: each member of its JSON on a line.
func shown(t *testing.T, r *ChatRequest) string {
	t.Helper()
	var head bytes.Buffer
	if err := r.Header.Write(&head); err != nil {
		t.Fatal(err)
	}
	lines := strings.NewReplacer("\r\n", "\n", ",\"", ",\n\"").Replace(head.String() + "\n" + string(r.Body))
	return r.Method + " " + r.URL + "\n" + strings.TrimSpace(lines) + "\n"
}

func TestChatRequests(t *testing.T) {
	cool := 0.0
	short := Conversation{Messages: []Message{{RoleUser, "hi"}}}
	full := Conversation{
		Model: "small", System: "Be brief.", MaxTokens: 50, Temperature: &cool, Session: "me", Key: "sk-1",
		Messages: []Message{{RoleUser, "hi"}, {RoleAssistant, "Hello."}, {RoleUser, "1 + 1 = ?\n<ä> & \"b\""}},
	}
	for _, d := range Dialects() {
		for name, c := range map[string]Conversation{"short": short, "full": full} {
			r, err := d.Request("https://example.com", c)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "request", d.Name()+"_"+name+".txt")
			got := shown(t, r)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what is asked (go test ./client -run %s -update writes it anew):\n%s", file, t.Name(), got)
			}
		}
	}
}

func TestChatRequestURLs(t *testing.T) {
	cases := []struct{ dialect, base, want string }{
		{"chat", "http://localhost:8080", "http://localhost:8080/sse/chat?message=hi"},
		{"chat", "http://localhost:8080/", "http://localhost:8080/sse/chat?message=hi"},
		{"chat", "http://localhost:8080/sse/chat", "http://localhost:8080/sse/chat?message=hi"},
		{"chat", "https://h/behind/?rate=5&message=no#top", "https://h/behind/sse/chat?message=hi&rate=5"},
		{"openai", "https://h", "https://h/v1/chat/completions"},
		{"openai", "https://h/", "https://h/v1/chat/completions"},
		{"openai", "https://h/v1", "https://h/v1/chat/completions"},
		{"openai", "https://h/v1/", "https://h/v1/chat/completions"},
		{"openai", "https://h/v1/chat/completions", "https://h/v1/chat/completions"},
		{"openai", "https://h/v1/chat/completions/", "https://h/v1/chat/completions/"},
		{"openai", "https://h/api/paas/v4", "https://h/api/paas/v4/chat/completions"},
		{"openai", "https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"},
		{"openai", "https://h/d/gpt%2F4/chat/completions?api-version=1", "https://h/d/gpt%2F4/chat/completions?api-version=1"},
		{"openai", "https://h/d/gpt%2F4?api-version=1", "https://h/d/gpt%2F4/chat/completions?api-version=1"},
		{"openai", "https://u:p@h", "https://u:p@h/v1/chat/completions"},
		{"anthropic", "https://h", "https://h/v1/messages"},
		{"anthropic", "https://h/v1", "https://h/v1/messages"},
		{"anthropic", "https://h/v1/messages", "https://h/v1/messages"},
		{"anthropic", "https://h/anthropic", "https://h/anthropic/v1/messages"},
		{"anthropic", "https://h/anthropic/v1/", "https://h/anthropic/v1/messages"},
		{"text", "https://h/stream", "https://h/stream?message=hi"},
		{"text", "https://h/stream?model=x", "https://h/stream?message=hi&model=x"},
		{"text", "https://h/stream?q={{message}}", "https://h/stream?q=hi"},
		{"text", "https://h/say/{{message}}", "https://h/say/hi"},
	}
	for _, c := range cases {
		d, err := DialectByName(c.dialect)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Request(c.base, Conversation{Messages: []Message{{RoleUser, "hi"}}})
		if err != nil {
			t.Errorf("%s %s: %v", c.dialect, c.base, err)
		} else if r.URL != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.dialect, c.base, r.URL, c.want)
		}
	}
}

func TestTextRequestKeepsTheMessageWhole(t *testing.T) {
	const message = "a b&c=d#e/f?g%h+ä{{message}}"
	for base, of := range map[string]func(*http.Request) string{
		"http://h/{{message}}":      func(r *http.Request) string { return r.URL.Path[1:] },
		"http://h/?q={{message}}&x": func(r *http.Request) string { return r.URL.Query().Get("q") },
		"http://h/":                 func(r *http.Request) string { return r.URL.Query().Get("message") },
	} {
		r, err := textDialect{}.Request(base, Conversation{Messages: []Message{{RoleUser, message}}})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := of(req); got != message {
			t.Errorf("%s: got %q", r.URL, got)
		}
	}
}

func TestOpenAIRequestOfOpenAI(t *testing.T) {
	r, err := openAIDialect{}.Request("https://api.openai.com/v1", Conversation{Messages: []Message{{RoleUser, "hi"}}, MaxTokens: 7})
	if err != nil || !strings.Contains(string(r.Body), `"max_completion_tokens":7`) || strings.Contains(string(r.Body), `"max_tokens"`) {
		t.Errorf("%s, %v", r.Body, err)
	}
}

func TestChatRequestErrors(t *testing.T) {
	hot := math.Inf(1)
	hi := []Message{{RoleUser, "hi"}}
	cases := []struct {
		base string
		c    Conversation
		in   string // dialects; empty is all
		want string
	}{
		{"localhost:8080", Conversation{Messages: hi}, "", "chat request: the URL begins with neither http:// nor https://"},
		{"127.0.0.1:8080", Conversation{Messages: hi}, "", "chat request: URL: first path segment in URL cannot contain colon"},
		{"https:///v1", Conversation{Messages: hi}, "", "chat request: the URL names no host"},
		{"https://h:port/", Conversation{Messages: hi}, "", `chat request: URL: invalid port ":port" after host`},
		{"https://u:p%@h/", Conversation{Messages: hi}, "", "chat request: the URL cannot be read; is its password percent-encoded?"},
		{"https://h", Conversation{}, "", "chat request: the conversation has no message of the user"},
		{"https://h", Conversation{Messages: []Message{{RoleAssistant, "hi"}}}, "chat text", "chat request: the conversation has no message of the user"},
		{"https://h", Conversation{Messages: hi, Temperature: &hot}, "openai anthropic", "chat request: json: unsupported value: +Inf"},
	}
	for _, c := range cases {
		for _, d := range Dialects() {
			if c.in != "" && !strings.Contains(c.in, d.Name()) {
				continue
			}
			if r, err := d.Request(c.base, c.c); err == nil || err.Error() != c.want || r != nil {
				t.Errorf("%s %s: got %v, %v, want %s", d.Name(), c.base, r, err, c.want)
			}
		}
	}
}

func TestChatRequestString(t *testing.T) {
	r := ChatRequest{Method: "GET", URL: "https://u:p@h:1/sse/chat?message=private"}
	if got := r.String(); got != "GET https://h:1/sse/chat" {
		t.Error(got)
	}
}
