package talk

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	own := startServer(t, server.Config{Heartbeat: 7 * time.Second, UserTimeout: 3 * time.Second})
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	for _, tt := range []struct {
		url      string
		dialect  Dialect
		want     Dialect
		sure     bool
		sessions string
	}{
		{own, Auto, Own, true, own + "/sessions"},
		{own + "/", "", Own, true, own + "/sessions"},
		{own + "/sse/chat?tokens=3", Auto, Own, true, own + "/sessions"},
		{own + "/v1", Auto, OpenAI, true, own + "/sessions"},
		{own, OpenAI, OpenAI, true, own + "/sessions"},
		{strings.Replace(own, "//", "//u:p@", 1), Auto, Own, true, strings.Replace(own, "//", "//u:p@", 1) + "/sessions"},
		{other.URL, Auto, OpenAI, false, ""},
		{other.URL + "/v1/chat/completions", Auto, OpenAI, true, ""},
		{other.URL + "/v1/messages", Auto, Anthropic, true, ""},
		{other.URL + "/sse/chat", Auto, Own, true, ""},
		{other.URL + "/events", Auto, Text, false, ""},
		{other.URL + "/ask/{{message}}", Auto, Text, true, ""},
		{other.URL + "/events", Anthropic, Anthropic, true, ""},
		{"https://api.openai.com", Auto, OpenAI, true, ""}, // is not asked for its sessions
		{"https://api.anthropic.com", Auto, Anthropic, true, ""},
	} {
		c, err := Config{URL: tt.url, Dialect: tt.dialect}.Resolve(t.Context())
		if err != nil || c.Target.Dialect != tt.want || c.Target.Sure != tt.sure || c.Target.Sessions != tt.sessions {
			t.Errorf("%s: %v, %+v", tt.url, err, c.Target)
			continue
		}
		window, ok := c.Target.Window(Departure{Way: loadgen.Close}, time.Second)
		if known := tt.sessions != ""; ok != known || known && (window != 16*time.Second || c.Target.Limits.UserTimeout != 3*time.Second) {
			t.Errorf("%s: the window is %s, %t of %+v", tt.url, window, ok, c.Target.Limits)
		}
	}
	for _, c := range []Config{{}, {URL: "ftp://u:s3cret@host"}, {URL: own, Dialect: "french"}, {URL: own, Retry: -1}, {URL: own, Patience: -1}, {URL: own, ReadTimeout: -1}} {
		if _, err := c.Resolve(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestDialectFlag(t *testing.T) {
	var d Dialect
	var unknown *UnknownDialectError
	if err := d.Set("french"); !errors.As(err, &unknown) || !strings.Contains(unknown.Hint(), "auto, sse-tool, openai, anthropic, text") || d != "" {
		t.Errorf("%v, %q", err, d)
	}
	if err := d.Set("text"); err != nil || d.String() != "text" {
		t.Errorf("%v, %q", err, d)
	}
}

// A vendor's key goes to whom it is meant for, and to no server that only may be one.
func TestKeyFrom(t *testing.T) {
	vendors := map[string]string{OpenAIKeyVariable: "o", AnthropicKeyVariable: "a"}
	all := map[string]string{OpenAIKeyVariable: "o", AnthropicKeyVariable: "a", KeyVariable: "k"}
	for _, tt := range []struct {
		target Target
		env    map[string]string
		want   string
	}{
		{Target{Dialect: OpenAI, Sure: true}, vendors, "o"},
		{Target{Dialect: Anthropic, Sure: true}, vendors, "a"},
		{Target{Dialect: OpenAI}, vendors, ""},
		{Target{Dialect: Text, Sure: true}, vendors, ""},
		{Target{Dialect: Own, Sure: true}, vendors, ""},
		{Target{Dialect: OpenAI}, all, "k"},
		{Target{Dialect: Own, Sure: true}, all, "k"},
		{Target{Dialect: OpenAI, Sure: true}, nil, ""},
	} {
		key := KeyFrom(func(name string) string { return tt.env[name] }, tt.target)
		if string(key) != tt.want {
			t.Errorf("%+v of %v: %q, want %q", tt.target, tt.env, string(key), tt.want)
		}
	}
}

// The OpenAI door of our own server takes the session from the query.
func TestSessionAtEveryDoor(t *testing.T) {
	t.Parallel()
	url := startServer(t, server.Config{ReplyLength: 2, ReplyRate: 500})
	for _, path := range []string{"", "/v1"} {
		talk := says("hello")
		talk.Session = "mine"
		if h := complete(t, ask(t, resolved(t, Config{URL: url + path}), talk)); h.life.Session != "mine" || h.text == "" {
			t.Errorf("%q: %q in session %q", path, h.text, h.life.Session)
		}
	}
}
