package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestCheckOrigin(t *testing.T) {
	for _, good := range []string{"*", "https://chat.example", "http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]:8443", "https://xn--bcher-kva.example"} {
		if err := checkOrigin(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "null", "chat.example", "//chat.example", "ftp://chat.example", "https://", "https://:80", "https://chat.example/",
		"https://chat.example/path", "https://Chat.example", "https://u@chat.example", "https://chat.example?", "https://chat.example#",
		"https://chat.example:443", "http://chat.example:80", "https://chat.example:", "https://bücher.example", "https://*.example.com/", "https://a b"} {
		if checkOrigin(bad) == nil {
			t.Errorf("%q is taken for an origin", bad)
		}
	}
}

func FuzzCheckOrigin(f *testing.F) {
	for _, seed := range []string{"https://chat.example", "http://[::1]:1", "http://a:80", "*", "null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if checkOrigin(s) != nil || s == anyOrigin {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || s != u.Scheme+"://"+u.Host || strings.ContainsAny(s, "\r\n, ") {
			t.Errorf("%q is taken for an origin", s)
		}
	})
}

func TestSharing(t *testing.T) {
	const friend, other = "https://chat.example", "https://other.example"
	for _, c := range []struct {
		allowed      []string
		method, path string
		origin       string
		status       int
		shared       bool
	}{
		{nil, "GET", "/sse/chat?tokens=1", friend, 403, false},
		{nil, "GET", "/sse/chat?tokens=1", "null", 403, false},
		{nil, "GET", "/sse/chat?tokens=1", "", 200, false},
		{nil, "OPTIONS", "/sse/chat", friend, 405, false},
		{[]string{friend}, "GET", "/sse/chat?tokens=1", friend, 200, true},
		{[]string{friend}, "GET", "/sse/chat?tokens=x", friend, 400, true},
		{[]string{friend}, "GET", "/sse/chat?tokens=1", other, 403, false},
		{[]string{friend}, "GET", "/sse/chat?tokens=1", "", 200, false},
		{[]string{friend}, "OPTIONS", "/sse/chat", friend, 204, true},
		{[]string{friend}, "OPTIONS", "/sse/chat", other, 405, false},
		{[]string{"*"}, "GET", "/sse/chat?tokens=1", other, 200, true},
		{[]string{"*"}, "GET", "/sessions", other, 200, false}, // nobody's page
		{[]string{"*"}, "OPTIONS", "/sessions/x", other, 405, false},
		{[]string{"*"}, "GET", "/sessions/feed", other, 200, false},
		{[]string{"*"}, "GET", "/metrics", other, 200, false},
	} {
		cfg := quick()
		cfg.CORSOrigins, cfg.ReplyRate = c.allowed, 1000
		r := start(t, cfg)
		req := must(http.NewRequestWithContext(t.Context(), c.method, "http://"+r.addr+c.path, nil))
		req.Close = true
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
			req.Header.Set("Access-Control-Request-Method", "GET")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		what := c.method + " " + c.path + " from " + c.origin
		equal(t, what, resp.StatusCode, c.status)
		want := ""
		if c.shared {
			want = c.origin
		}
		equal(t, what+": shared", resp.Header.Get("Access-Control-Allow-Origin"), want)
		if len(c.allowed) > 0 && strings.HasPrefix(c.path, "/sse") && !slices.Contains(resp.Header.Values("Vary"), "Origin") {
			t.Errorf("%s: a cache may mix answers up", what)
		}
		r.stop()
	}
}
