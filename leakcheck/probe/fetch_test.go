package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestFetchRefuses(t *testing.T) {
	for _, c := range []struct {
		name        string
		status      int
		contentType string
		body        string
		words       []string
	}{
		{"page", 200, "text/html; charset=utf-8", "<!doctype html><title>chat</title>", []string{"answered HTML, not JSON", "that is a page"}},
		{"page without a type", 200, "", "\r\n\t <html></html>", []string{"answered HTML, not JSON"}},
		{"page after many blanks", 200, "", strings.Repeat("\n", 200) + "<html></html>", []string{"answered HTML, not JSON"}},
		{"not found", 404, "application/json", `{"active": 3}`, []string{"answered 404 Not Found", "try it with curl"}},
		{"page of a 404", 404, "text/html", "<html></html>", []string{"answered 404 Not Found"}},
		{"unauthorized", 401, "application/json", `{}`, []string{"answered 401 Unauthorized"}},
		{"server error", 500, "text/plain", "oops", []string{"answered 500 Internal Server Error"}},
		{"no content", 204, "", "", []string{"answered 204 No Content"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := answering(t, c.status, c.contentType, c.body)
			_, err := read(t.Context(), t, parse(t, "json:"+url+"/s#.active"))
			told(t, err, append(c.words, url+"/s")...)
		})
	}
}

func TestFetchLimit(t *testing.T) {
	const limit = 1 << 20
	size := int64(limit)
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat(" ", int(atomic.LoadInt64(&size))-1) + "1"))
	})
	f := newFetcher(address, jsonMedium, Access{})
	if f.limit != 64<<20 {
		t.Errorf("the limit is %d", f.limit)
	}
	f.limit = limit
	if got, err := length(t.Context(), f); err != nil || got != limit {
		t.Errorf("at the limit: %d, %v", got, err)
	}
	atomic.AddInt64(&size, 1)
	_, err := length(t.Context(), f)
	told(t, err, address, "larger than 1 MiB")
}

// length is how long an answer is.
func length(ctx context.Context, f *fetcher) (int, error) {
	s, err := f.body(ctx, func(_ context.Context, body []byte) (leakcheck.Sample, error) {
		return leakcheck.Sample{Count: len(body)}, nil
	})
	return s.Count, err
}

// An endless answer ends at the limit.
func TestFetchEndlessAnswer(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte("[" + strings.Repeat(" ", 64<<10))
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	f := newFetcher(address, jsonMedium, Access{})
	f.limit = 1 << 20
	_, err := length(t.Context(), f)
	told(t, err, "larger than")
}

func TestFetchUnreachable(t *testing.T) {
	address := refused(t)
	_, err := read(t.Context(), t, parse(t, "json:"+address+"/s#.active"))
	told(t, err, "connection refused", "see that "+address+"/s can be reached from here")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%#v is no ECONNREFUSED", err)
	}
}

// refused is the address of a port that nobody listens at.
func refused(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(nil)
	s.Close()
	return s.URL
}

// hanging accepts a request and answers its head at the most.
func hanging(t testing.TB, head bool) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if head {
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
}

// A server that hangs costs one reading, of a bounded time.
func TestFetchTimeout(t *testing.T) {
	for name, head := range map[string]bool{"no head": false, "no body": true} {
		t.Run(name, func(t *testing.T) {
			address := hanging(t, head)
			f := newFetcher(address, jsonMedium, Access{})
			if f.timeout != 5*time.Second {
				t.Errorf("the timeout is %s", f.timeout)
			}
			f.timeout = 50 * time.Millisecond
			begun := time.Now()
			_, err := length(t.Context(), f)
			if took := time.Since(begun); took > patience {
				t.Errorf("it took %s", took)
			}
			told(t, err)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%#v is no DeadlineExceeded", err)
			}
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	for name, head := range map[string]bool{"no head": false, "no body": true} {
		t.Run(name, func(t *testing.T) {
			p := parse(t, "json:"+hanging(t, head)+"#.")
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			begun := time.Now()
			_, err := read(ctx, t, p)
			if took := time.Since(begun); took > patience || !errors.Is(err, context.Canceled) {
				t.Errorf("after %s: %v", took, err)
			}
			told(t, err)
			if _, err := read(ctx, t, p); !errors.Is(err, context.Canceled) {
				t.Errorf("with a context that has ended: %v", err)
			}
		})
	}
}

func TestFetchCutOff(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"active": 1`))
	})
	_, err := read(t.Context(), t, parse(t, "json:"+address+"#.active"))
	told(t, err, "read the answer of "+address+": unexpected EOF")
}

func TestFetchNoHTTP(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024)) // the request
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH\r\n"))
			_ = conn.Close()
		}
	}()
	defer func() { _ = ln.Close(); <-done }()
	_, err = read(t.Context(), t, parse(t, "json:http://"+ln.Addr().String()+"#."))
	told(t, err)
}

// Every trouble that a server can make, with secrets in the URL.
func TestFetchHidesSecrets(t *testing.T) {
	var far atomic.Value
	status := func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil {
			w.WriteHeader(code)
		}
		switch r.URL.Path {
		case "/html":
			_, _ = w.Write([]byte("<html>"))
		case "/text":
			_, _ = w.Write([]byte("text"))
		case "/null":
			_, _ = w.Write([]byte("null"))
		case "/loop":
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		case "/away":
			http.Redirect(w, r, far.Load().(string)+"?"+r.URL.RawQuery, http.StatusFound)
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	}
	up, down := serve(t, status), refused(t)
	far.Store(down)
	for _, base := range []string{up, down} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/html", "/text", "/null", "/loop", "/away", "/cut", "/404", "/500", "/301"} {
			p := parse(t, "json:http://hunter:2rabbit@"+u.Host+path+"?token=s3cr3t&u=hunter#.")
			hidden(t, path, p.Series()[0].Spec)
			_, err := read(t.Context(), t, p)
			hidden(t, path, told(t, err))
			own := NewOwn("http://hunter:2rabbit@"+u.Host+path, Access{})
			for _, s := range own.Series() {
				hidden(t, "own "+path, s.Spec)
			}
			_, err = own.Read(t.Context())
			hidden(t, "own "+path, told(t, err))
		}
	}
}

// Readings share one connection, and leave none behind once the transport has
// seen that nobody uses it.
func TestFetchConnections(t *testing.T) {
	var opened atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("1")) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	p := parse(t, "json:"+s.URL+"#.")
	for range 20 {
		if _, err := read(t.Context(), t, p); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("20 readings took %d connections", n)
	}
}
