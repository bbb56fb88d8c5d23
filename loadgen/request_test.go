package loadgen

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// sent is what a server reads of the request of stream 7, "id-7".
func sent(t *testing.T, r Request, extra url.Values) (*http.Request, string) {
	t.Helper()
	wire, err := r.WithDefaults().bytes(caller{tag: "id-7", id: "id-7", n: 7}, extra)
	if err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(bytes.NewReader(wire))
	got, err := http.ReadRequest(reader)
	if err != nil {
		t.Fatalf("read the request: %v\n%s", err, wire)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatalf("read the body: %v\n%s", err, wire)
	}
	if n := reader.Buffered(); n > 0 {
		t.Errorf("%d bytes follow the request:\n%s", n, wire)
	}
	return got, string(body)
}

func TestRequestBytes(t *testing.T) {
	get, _ := sent(t, Request{URL: "http://example.com:8080/sse/chat?a=1#part"}, nil)
	if get.Method != "GET" || get.RequestURI != "/sse/chat?a=1" || get.Host != "example.com:8080" || get.Proto != "HTTP/1.1" {
		t.Errorf("the request is %s %s %s to %s", get.Method, get.RequestURI, get.Proto, get.Host)
	}
	for name, want := range map[string]string{
		"Accept": "text/event-stream", "Cache-Control": "no-cache", "User-Agent": "sse-tool", StreamIDHeader: "id-7",
	} {
		if got := get.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if get.ContentLength != 0 || get.Header.Get("Content-Length") != "" {
		t.Error("a GET without a body tells a length")
	}

	post, body := sent(t, Request{URL: "http://h", Body: []byte(`{"stream":true}`)}, nil)
	if post.Method != "POST" || post.RequestURI != "/" || post.ContentLength != 15 || body != `{"stream":true}` {
		t.Errorf("the request is %s %s with %q", post.Method, post.RequestURI, body)
	}
	empty, body := sent(t, Request{URL: "http://h", Body: []byte{}}, nil)
	if empty.Method != "POST" || body != "" || empty.Header.Get("Content-Length") != "0" {
		t.Errorf("the request is %s, a length of %q", empty.Method, empty.Header.Get("Content-Length"))
	}
	if put, _ := sent(t, Request{URL: "http://h", Method: "PUT", Body: []byte("x")}, nil); put.Method != "PUT" {
		t.Errorf("the method is %s", put.Method)
	}
}

func TestRequestTemplates(t *testing.T) {
	got, body := sent(t, Request{
		URL:    "http://h/{{n}}/{{id}}?user=u{{n}}&session={{id}}",
		Header: http.Header{"X-User": {"user {{n}}", "{{id}}{{id}}"}, "X-Other": {"{{other}} {n} {{ n }}"}},
		Body:   []byte(`{"user":"{{n}}","id":"{{id}}"}`),
	}, nil)
	if got.URL.Path != "/7/id-7" || got.URL.RawQuery != "user=u7&session=id-7" {
		t.Errorf("the URL is %s", got.RequestURI)
	}
	if v := got.Header.Values("X-User"); len(v) != 2 || v[0] != "user 7" || v[1] != "id-7id-7" {
		t.Errorf("the header is %q", v)
	}
	if v := got.Header.Get("X-Other"); v != "{{other}} {n} {{ n }}" {
		t.Errorf("what is no placeholder became %q", v)
	}
	if body != `{"user":"7","id":"id-7"}` || got.ContentLength != int64(len(body)) {
		t.Errorf("the body is %q", body)
	}
}

func TestRequestTemplatesAreNotUsedUp(t *testing.T) {
	r := Request{URL: "http://h/{{n}}", Header: http.Header{"X-N": {"{{n}}"}}, Body: []byte("{{n}}")}
	sent(t, r, url.Values{"a": {"1"}})
	if r.URL != "http://h/{{n}}" || r.Header.Get("X-N") != "{{n}}" || string(r.Body) != "{{n}}" {
		t.Errorf("a stream's request changed the plan's: %+v", r)
	}
}

func TestRequestHeaderTakesThePlaceOfOurs(t *testing.T) {
	got, _ := sent(t, Request{URL: "http://h/", Header: http.Header{
		"accept":        {"*/*"},
		"Cache-Control": {"max-age=0"},
		"User-Agent":    {"Mozilla"},
		"x-stream-id":   {"mine-{{n}}"},
		"host":          {"virtual-{{n}}.example.com"},
		"Cookie":        {"a=1; b=2"},
	}}, nil)
	for name, want := range map[string]string{
		"Accept": "*/*", "Cache-Control": "max-age=0", "User-Agent": "Mozilla", StreamIDHeader: "mine-7", "Cookie": "a=1; b=2",
	} {
		if v := got.Header.Values(name); len(v) != 1 || v[0] != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	if got.Host != "virtual-7.example.com" || got.Header.Get("Host") != "" {
		t.Errorf("the host is %q, and %q beside it", got.Host, got.Header.Get("Host"))
	}
}

func TestRequestUserInfo(t *testing.T) {
	got, _ := sent(t, Request{URL: "http://me:s%2Fcret@h/"}, nil)
	if user, password, _ := got.BasicAuth(); user != "me" || password != "s/cret" {
		t.Errorf("Authorization is %q", got.Header.Get("Authorization"))
	}
	got, _ = sent(t, Request{URL: "http://token@h/"}, nil)
	if user, password, ok := got.BasicAuth(); user != "token" || password != "" || !ok {
		t.Errorf("Authorization is %q", got.Header.Get("Authorization"))
	}
	got, _ = sent(t, Request{URL: "http://me:secret@h/", Header: http.Header{"Authorization": {"Bearer x"}}}, nil)
	if v := got.Header.Values("Authorization"); len(v) != 1 || v[0] != "Bearer x" {
		t.Errorf("Authorization is %q, want the header that was given", v)
	}
}

func TestRequestQuery(t *testing.T) {
	shape := url.Values{"tokens": {"0"}, "size": {"10"}}
	for _, c := range []struct {
		url   string
		extra url.Values
		want  string
	}{
		{"http://h/p", nil, "/p"},
		{"http://h/p", shape, "/p?size=10&tokens=0"},
		{"http://h/p?", shape, "/p?size=10&tokens=0"},
		{"http://h/p?message=hi", shape, "/p?message=hi&size=10&tokens=0"},
		{"http://h/p?tokens=5&z&a=%20", shape, "/p?tokens=5&z&a=%20&size=10"},
		{"http://h/p?size&tokens=5", shape, "/p?size&tokens=5"},
		{"http://h/p?z=1&a=2", nil, "/p?z=1&a=2"}, // its order is kept
		{"http://h/p?message=hello there", nil, "/p?message=hello%20there"},
		{"http://h/a b?message={{n}} and more", shape, "/a%20b?message=7%20and%20more&size=10&tokens=0"},
		{"http://h/p?a=1;b=2", shape, "/p?a=1;b=2"}, // no query that can be read
	} {
		if got, _ := sent(t, Request{URL: c.url}, c.extra); got.RequestURI != c.want {
			t.Errorf("%s with %v asks for %s, want %s", c.url, c.extra, got.RequestURI, c.want)
		}
	}
}

func TestRequestValidate(t *testing.T) {
	for _, c := range []struct {
		request Request
		want    string // of the error; empty for none
	}{
		{Request{URL: "http://h"}, ""},
		{Request{URL: "https://h:8443/{{n}}?{{id}}"}, ""},
		{Request{URL: "http://[::1]:80/"}, ""},
		{Request{URL: "http://{{n}}.example.com/"}, ""},
		{Request{URL: ""}, "neither http:// nor https://"},
		{Request{URL: "/path"}, "neither http:// nor https://"},
		{Request{URL: "localhost:8080/path"}, "neither http:// nor https://"},
		{Request{URL: "ftp://h/"}, "neither http:// nor https://"},
		{Request{URL: "http:///path"}, "names no host"},
		{Request{URL: "http://:80/path"}, "names no host"},
		{Request{URL: "http://h:port/"}, "invalid port"},
		{Request{URL: "http://h/%zz"}, "invalid URL escape"},
		{Request{URL: "http://h/\n"}, "control character"},
		{Request{URL: "http://h/", Method: "GE T"}, "method"},
	} {
		err := c.request.WithDefaults().Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: Validate() = %v, want %q", c.request.Method, c.request.URL, err, c.want)
		}
	}
}

func TestRequestValidateTellsNoSecret(t *testing.T) {
	for _, raw := range []string{
		"user:hunter2@example.com/x?token=hunter2",
		"ftp://user:hunter2@example.com/",
		"http://user:hunter2@/path",
		"http:user:hunter2@example.com/",
		"http://user:hunter2/more@example.com/", // a password that is not escaped
		"http://user:hunter2?more@example.com/",
		"http://user:hunter2#more@example.com/",
		"http://user:hunter2%zz@example.com/",
		"http://user:hunter2 @example.com/",
		"/path?token=hunter2",
		"ftp://h/#access_token=hunter2",
	} {
		err := Request{URL: raw}.WithDefaults().Validate()
		if err == nil {
			t.Errorf("%s is valid", raw)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells a secret: %v", raw, err)
		}
	}
}

func TestRequestAddress(t *testing.T) {
	for _, c := range []struct {
		url, host, port string
		secure          bool
	}{
		{"http://h/", "h", "80", false},
		{"https://h/", "h", "443", true},
		{"http://h:8080/x?y=1", "h", "8080", false},
		{"https://[::1]:8443/", "::1", "8443", true},
		{"http://user:pw@127.0.0.1", "127.0.0.1", "80", false},
	} {
		host, port, secure := Request{URL: c.url}.address()
		if host != c.host || port != c.port || secure != c.secure {
			t.Errorf("%s is at %s, %s, %v", c.url, host, port, secure)
		}
	}
}

// A host that no name server knows is found where Resolve says.
func TestResolveByHand(t *testing.T) {
	t.Parallel()
	hosts := make(chan string, 10)
	s := serve(t, func(c *rawConn) {
		hosts <- c.request.Host
		holdOpen(c)
	})
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := small("http://chat.invalid:"+port+"/stream", 1, Close)
	p.Request.Resolve = map[string]string{"Chat.Invalid:" + port: "127.0.0.1", "chat.invalid:1": "192.0.2.1"}
	if r := run(t, p)[0]; r.End != Left {
		t.Errorf("the record is %+v", r)
	}
	if host := <-hosts; host != "chat.invalid:"+port {
		t.Errorf("asked %s", host)
	}
}
