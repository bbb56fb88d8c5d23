package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestOpenRefusesWhatIsNoStream(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		is    func(error) bool
		want  string
	}{
		{"status", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no such chat", http.StatusNotFound) },
			isType[*StatusError], `response has status 404 Not Found: "no such chat"`},
		{"no content", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) },
			isType[*StatusError], `response has status 204 No Content`},
		{"not modified", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) },
			isType[*StatusError], `response has status 304 Not Modified`},
		{"content type", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(`{"error":1}`))
		}, isType[*ContentTypeError], `response has content type "application/json", not text/event-stream: "{\"error\":1}"`},
		{"no content type", func(w http.ResponseWriter, r *http.Request) { w.Header()["Content-Type"] = nil; w.Write([]byte("x")) },
			isType[*ContentTypeError], `response has no content type, not text/event-stream: "x"`},
		{"a body that does not end", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			send(w, "full")
			<-r.Context().Done()
		}, isType[*StatusError], `response has status 503 Service Unavailable: "full"`},
		{"a long body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.Write([]byte(strings.Repeat("x", 10000)))
		}, isType[*StatusError], `response has status 500 Internal Server Error: "` + strings.Repeat("x", MaxRefusedBody) + `"`},
	} {
		url := serve(t, c.serve)
		_, err := Open(t.Context(), Config{URL: url + "/chat?token=hunter2"})
		if !c.is(err) || !isType[*RefusedError](err) || err.Error() != "open "+url+"/chat?token=…: "+c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOpenTakesTheTypeWithParameters(t *testing.T) {
	for _, contentType := range []string{"text/event-stream", "Text/Event-Stream;charset=utf-8", "text/event-stream ; x=\"y", "text/event-stream;"} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", contentType) })
		s, err := Open(t.Context(), Config{URL: url})
		if err != nil {
			t.Errorf("%s: %v", contentType, err)
			continue
		}
		s.Close()
	}
}

// One clear line that tells no secret.
func TestOpenErrors(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	ssh := serveBytes(t, func(c net.Conn) { c.Write([]byte("SSH-2.0-OpenSSH\r\n")) })
	silent := serveBytes(t, func(c net.Conn) {})
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	for _, c := range []struct {
		name, url, want string
	}{
		{"nobody listens", "http://" + nobody.Addr().String(), "connection refused"},
		{"no such host", "http://nobody.invalid", "no such host"},
		{"no HTTP", ssh, "malformed HTTP"},
		{"no answer", silent, "the server closed the connection before it answered"},
		{"no TLS", strings.Replace(plain, "http:", "https:", 1), "HTTP response to HTTPS client"},
	} {
		_, err := Open(t.Context(), Config{URL: strings.Replace(c.url, "//", "//me:hunter2@", 1) + "/?a=hunter2"})
		if err == nil || !strings.HasPrefix(err.Error(), "open http") || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Whatever it is doing, it returns at once when its context is cancelled, and leaves nothing behind.
func TestOpenIsCancelled(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and answers nothing: neither TLS nor HTTP
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	hanging := &http.Transport{DialContext: hang}
	defer hanging.CloseIdleConnections() // ends its dials
	for name, c := range map[string]Config{
		"dialling":             {URL: "http://dial.example/", Transport: hanging},
		"within the handshake": {URL: "https://" + mute.Addr().String()},
		"before the head":      {URL: "http://" + mute.Addr().String()},
		"within the head":      {URL: serveBytes(t, func(c net.Conn) { c.Write([]byte("HTTP/1.1 200 OK\r\nA: ")); _, _ = c.Read(make([]byte, 1)) })},
	} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("had enough"))
		began := time.Now()
		_, err := Open(ctx, c)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), "had enough") || time.Since(began) > soon {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		c.ReadTimeout = 50 * time.Millisecond
		if _, err = Open(t.Context(), c); !isType[*StallError](err) {
			t.Errorf("%s: %v, not a stall", name, err)
		}
	}
}

func hang(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A dial goes on without the request that wanted it: net/http keeps its connection for the next one.
func TestReleaseEndsADial(t *testing.T) {
	transport, release := Config{}.WithDefaults().transport()
	dialling, ended := make(chan struct{}), make(chan struct{})
	transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		close(dialling)
		defer close(ended)
		return hang(ctx, "", "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-dialling
		cancel()
	}()
	req, err := newRequest(Config{URL: "http://dial.example/"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := req.fetch(ctx, transport); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	release()
	select {
	case <-ended:
	case <-time.After(soon):
		t.Error("the dial goes on")
	}
}

func TestCloseWakesNext(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gzip" {
			w.Header().Set("Content-Encoding", "gzip")
		}
		begin(w, "")
		<-r.Context().Done()
	})
	s, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	compressed, err := Open(t.Context(), Config{URL: url + "/gzip"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Follow(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range []interface {
		Next() (Item, error)
		Close() error
	}{s, compressed, f} {
		if _, err := stream.Next(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(20*time.Millisecond, func() { stream.Close() })
		began := time.Now()
		if _, err := stream.Next(); !errors.Is(err, ErrClosed) || time.Since(began) > soon {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err := stream.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
		if _, err := stream.Next(); !errors.Is(err, ErrClosed) {
			t.Errorf("then %v", err)
		}
	}
}

// The server sees the connection end when the caller is done with the stream.
func TestTheConnectionEndsWithTheStream(t *testing.T) {
	for _, how := range []string{"close", "cancel"} {
		gone := make(chan struct{})
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			begin(w, "data: a\n\n")
			<-r.Context().Done()
			close(gone)
		})
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Open(ctx, Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if how == "close" {
			s.Close()
		} else {
			cancel()
		}
		select {
		case <-gone:
		case <-time.After(soon):
			t.Errorf("%s: the connection stays", how)
		}
		cancel()
		s.Close()
	}
}

func TestConfigIsValidated(t *testing.T) {
	for want, c := range map[string]Config{
		"neither http:// nor https://": {URL: "ftp://user:hunter2@h/"},
		"names no host":                {URL: "http://:80"},
		"method":                       {URL: "http://h", Method: "GE T"},
		"no name of a field":           {URL: "http://h", Header: http.Header{"X Y": {"hunter2"}}},
		"the value of X-Y has":         {URL: "http://h", Header: http.Header{"X-Y": {"hunter2\n"}}},
		"no host:port":                 {URL: "http://h", Resolve: map[string]string{"h": "127.0.0.1"}},
		"no IP address":                {URL: "http://h", Resolve: map[string]string{"h:80": "localhost"}},
		"max event bytes":              {URL: "http://h", MaxEventBytes: -1},
		"read timeout":                 {URL: "http://h", ReadTimeout: -1},
		"retry":                        {URL: "http://h", Retry: -1},
		"max backoff":                  {URL: "http://h", MaxBackoff: -1},
	} {
		_, errOpen := Open(t.Context(), c)
		_, errFollow := Follow(t.Context(), c)
		if errOpen == nil || errFollow == nil || !strings.Contains(errOpen.Error(), want) || errOpen.Error() != errFollow.Error() ||
			strings.Contains(errOpen.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", want, errOpen, errFollow)
		}
	}
}

// Whatever Follow is doing: Close comes from another goroutine, and Next returns.
func TestFollowIsClosedAtAnyMoment(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { begin(w, "retry: 0\nid: 1\ndata: a\n\n") })
	for i := range 100 {
		f, err := Follow(t.Context(), Config{URL: url, Retry: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(i)*100*time.Microsecond, func() { f.Close() })
		if _, err := drain(f.Next); !errors.Is(err, ErrClosed) {
			t.Errorf("the end is %v", err)
		}
		f.Close()
	}
}

// Streams that nobody closes end with their context, and their connections with them.
func TestContextEndsConnections(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		closed := make(chan struct{}, 10)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begin(w, "data: a\n\n")
			<-r.Context().Done()
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
		s.EnableHTTP2 = proto == "HTTP/2.0"
		s.StartTLS()
		ctx, cancel := context.WithCancel(t.Context())
		c := Config{URL: s.URL, TLS: &tls.Config{InsecureSkipVerify: true}}
		stream, err := Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Follow(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		next(t, f, KindEvent)
		if got := stream.Head().Proto; got != proto {
			t.Errorf("it speaks %s, not %s", got, proto)
		}
		cancel()
		for range 2 {
			select {
			case <-closed:
			case <-time.After(soon):
				t.Errorf("%s: a connection stays", proto)
			}
		}
		s.Close()
	}
}
