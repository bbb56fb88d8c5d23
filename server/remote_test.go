package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// completions is a server of a language model: it tells what it was asked for,
// answers by answer, and tells when its client has gone.
func completions(t *testing.T, answer func(w io.Writer, gone <-chan struct{})) (url string, asked <-chan map[string]any, gone <-chan struct{}) {
	t.Helper()
	bodies, left := make(chan map[string]any, 10), make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		body["path"], body["key"] = r.URL.Path, r.Header.Get("Authorization")
		bodies <- body
		if r.Header.Get("Authorization") == "Bearer wrong" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error": {"message": "no such key: wrong", "code": "invalid_api_key"}}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		answer(flushed{w}, r.Context().Done())
		if r.Context().Err() != nil {
			left <- struct{}{}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, bodies, left
}

// flushed sends each write at once.
type flushed struct{ http.ResponseWriter }

func (f flushed) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	f.ResponseWriter.(http.Flusher).Flush()
	return n, err
}

func piece(text string) string {
	return fmt.Sprintf(`data: {"choices": [{"index": 0, "delta": {"content": %q}}]}`+"\n\n", text)
}

func TestRemote(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ answer, text, err string }{
		"whole":   {piece("Once ") + ": ping\n\n" + piece("upon") + "data: [DONE]\n\n", "Once upon", ""},
		"cut":     {piece("Once "), "Once ", "stream ended before [DONE]"},
		"failing": {piece("Once ") + `data: {"error": {"message": "out of memory"}}` + "\n\n", "Once ", "out of memory"},
	} {
		url, asked, _ := completions(t, func(w io.Writer, _ <-chan struct{}) { fmt.Fprint(w, tt.answer) })
		r := Remote{URL: url + "/v1", Model: "small", Key: "secret"}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		text := ""
		err := r.Generate(t.Context(), Prompt{Message: "hello", Tokens: 9, Rate: 20}, func(token string) error { text += token; return nil })
		if text != tt.text || (err == nil) != (tt.err == "") || (err != nil && !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		body := <-asked
		message := body["messages"].([]any)[0].(map[string]any)
		if body["path"] != "/v1/chat/completions" || body["key"] != "Bearer secret" || body["model"] != "small" ||
			body["stream"] != true || body["max_tokens"] != 9.0 || message["content"] != "hello" {
			t.Errorf("%s: asked for %v", name, body)
		}
	}
}

func TestRemoteErrors(t *testing.T) {
	t.Parallel()
	url, _, _ := completions(t, func(io.Writer, <-chan struct{}) {})
	none := func(string) error { return nil }
	err := Remote{URL: url, Key: "wrong"}.Generate(t.Context(), Prompt{Message: "hello"}, none)
	if err == nil || strings.Contains(err.Error(), "wrong") || !strings.Contains(err.Error(), "401") {
		t.Errorf("a key that is none: %v", err)
	}
	for _, url := range []string{"", "localhost:1", "ftp://h", "http://"} {
		if err := (Remote{URL: url}).Validate(); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}

// Whoever stops a reply ends its request at once: an emit that fails, or the end
// of the context while nothing comes.
func TestRemoteIsCancelled(t *testing.T) {
	t.Parallel()
	url, _, gone := completions(t, func(w io.Writer, gone <-chan struct{}) {
		fmt.Fprint(w, piece("Once "))
		<-gone
	})
	enough := errors.New("enough")
	if err := (Remote{URL: url}).Generate(t.Context(), Prompt{Message: "hello"}, func(string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("emit failed: %v", err)
	}
	awaited(t, gone)
	ctx, cancel := context.WithCancel(t.Context())
	err := Remote{URL: url}.Generate(ctx, Prompt{Message: "hello"}, func(string) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	awaited(t, gone)
}

func awaited(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("waited for 20 s")
	}
}

// A session that ends in whatever way ends the request to the model.
func TestRemoteOfASession(t *testing.T) {
	t.Parallel()
	url, _, gone := completions(t, func(w io.Writer, gone <-chan struct{}) {
		for {
			select {
			case <-gone:
				return
			case <-time.After(20 * time.Millisecond):
				fmt.Fprint(w, piece("word "))
			}
		}
	})
	cfg := quick()
	cfg.Upstream = Remote{URL: url}
	r := start(t, cfg)
	p := r.open(t, "/sse/chat?message=hi&tokens=0")
	p.until(t, `data: {"delta":"word "}`)
	p.leave()
	awaited(t, gone)
	eventually(t, "the session and its upstream are back", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
	equal(t, "lost", r.lost(), 1)
}
