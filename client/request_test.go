package client

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// asked opens a stream and returns the request as the server saw it.
func asked(t *testing.T, c Config) (*http.Request, string) {
	t.Helper()
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		begin(w, "")
	})
	c.URL = strings.Replace(c.URL, "http://server", url, 1)
	if at := strings.Index(c.URL, "@server"); at >= 0 {
		c.URL = c.URL[:at+1] + strings.TrimPrefix(url, "http://") + c.URL[at+len("@server"):]
	}
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	return got, string(body)
}

func TestRequestDefaults(t *testing.T) {
	r, body := asked(t, Config{URL: "http://server/a%20b?c=d e#f"})
	if r.Method != "GET" || r.RequestURI != "/a%20b?c=d%20e" || body != "" || r.ContentLength != 0 {
		t.Errorf("the request is %s %s with %q", r.Method, r.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Cache-Control": "no-cache", "User-Agent": "sse-tool",
		"Last-Event-ID": "", "Authorization": "", "Connection": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestRequestOfTheCaller(t *testing.T) {
	r, body := asked(t, Config{URL: "http://server/", Body: []byte(`{}`), Header: http.Header{
		"accept": {"text/event-stream, application/json"}, "Accept-Encoding": {"identity"}, "User-Agent": {"other"},
		"host": {"virtual.example"}, "X-Two": {"a", "b"}, "last-event-id": {"9"},
	}})
	if r.Method != "POST" || body != "{}" || r.ContentLength != 2 || r.Host != "virtual.example" {
		t.Errorf("the request is %s to %s with %q", r.Method, r.Host, body)
	}
	for name, want := range map[string]string{
		"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity", "User-Agent": "other",
		"X-Two": "a|b", "Last-Event-ID": "9",
	} {
		if got := strings.Join(r.Header.Values(name), "|"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r, body := asked(t, Config{URL: "http://server/", Method: "REPORT", Body: []byte("x")}); r.Method != "REPORT" || body != "x" {
		t.Errorf("the request is %s with %q", r.Method, body)
	}
	if r, _ := asked(t, Config{URL: "http://server/", Body: []byte{}}); r.Method != "POST" || r.Header.Get("Content-Length") != "0" {
		t.Errorf("the request is %s with %q bytes", r.Method, r.Header.Get("Content-Length"))
	}
}

func TestRequestAuthorization(t *testing.T) {
	r, _ := asked(t, Config{URL: "http://me:s%2Fcret@server/"})
	if user, password, _ := r.BasicAuth(); user != "me" || password != "s/cret" {
		t.Errorf("Authorization is %q", r.Header.Get("Authorization"))
	}
	r, _ = asked(t, Config{URL: "http://me:s%2Fcret@server/", Header: http.Header{"Authorization": {"Bearer x"}}})
	if got := r.Header.Get("Authorization"); got != "Bearer x" {
		t.Errorf("Authorization is %q", got)
	}
}

func TestRequestLastEventID(t *testing.T) {
	for id, want := range map[string]string{"": "", "42": "42", "名 €": "名 €", "a\x01b": ""} {
		if r, _ := asked(t, Config{URL: "http://server/", LastEventID: id}); r.Header.Get("Last-Event-ID") != want {
			t.Errorf("%q is sent as %q", id, r.Header.Get("Last-Event-ID"))
		}
	}
	c := Config{URL: "http://server/", LastEventID: "42", Header: http.Header{"Last-Event-ID": {"41"}}}
	if r, _ := asked(t, c); len(r.Header.Values("Last-Event-ID")) != 1 || r.Header.Get("Last-Event-ID") != "42" {
		t.Errorf("both are sent: %q", r.Header.Values("Last-Event-ID"))
	}
	if c.Header.Get("Last-Event-ID") != "" || len(c.Header) != 1 {
		t.Errorf("the caller's header was changed: %v", c.Header)
	}
}

// The body is sent with each attempt, and an id of the stream takes the place of the caller's own.
func TestFollowAsksTheSameAgain(t *testing.T) {
	var got []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+string(body)+" "+r.Header.Get("X-Key")+" "+r.Header.Get("Last-Event-ID"))
		switch len(got) {
		case 1:
			begin(w, "retry: 1\nid: 2\ndata: a\n\n")
		case 2:
			begin(w, "id\n\n: x\n\n")
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	c := Config{URL: url, Body: []byte("ask"), Header: http.Header{"X-Key": {"k"}, "Last-Event-ID": {"1"}}}
	if _, err := follow(t, c, 0); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	sameLines(t, "requests", got, []string{"POST ask k 1", "POST ask k 2", "POST ask k "})
}
