package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// serveTLS serves h over TLS, with HTTP/2 where the client wants it.
func serveTLS(t *testing.T, h http.HandlerFunc, config *tls.Config) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = config
	s.StartTLS()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func TestProtocols(t *testing.T) {
	left := make(chan string, 10)
	s, roots := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, "data: "+r.Proto+"\n\n")
		<-r.Context().Done()
		left <- r.Proto
	}, nil)
	one := new(http.Protocols)
	one.SetHTTP1(true)
	for want, c := range map[string]Config{
		"HTTP/2.0": {},
		"HTTP/1.1": {Protocols: one},
	} {
		c.URL, c.TLS = s.URL, &tls.Config{RootCAs: roots}
		stream, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if head := stream.Head(); head.Proto != want || head.Status != 200 || want == "HTTP/2.0" && head.Reason != "" {
			t.Errorf("the head is %+v, want %s", head, want)
		}
		got := next(t, stream, KindEvent)
		sameLines(t, "events", lines([]Item{got}), []string{message(want)})
		stream.Close()
		if _, err := stream.Next(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", want, err)
		}
		select {
		case proto := <-left:
			if proto != want {
				t.Errorf("%s left", proto)
			}
		case <-time.After(soon):
			t.Errorf("%s: the server does not see it leave", want)
		}
	}
}

// next reads on to the next item of a kind.
func next(t *testing.T, s interface{ Next() (Item, error) }, kind Kind) Item {
	t.Helper()
	for {
		item, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if item.Kind == kind {
			return item
		}
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(gives("data: a\n\n"))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	defer s.Close()
	c := Config{URL: s.URL, Protocols: new(http.Protocols)}
	c.Protocols.SetUnencryptedHTTP2(true)
	stream, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	got, err := drain(stream.Next)
	if !errors.Is(err, io.EOF) || stream.Head().Proto != "HTTP/2.0" {
		t.Errorf("%s ends with %v", stream.Head().Proto, err)
	}
	sameLines(t, "events", lines(got), []string{message("a")})
}

// A stream that the server aborts over HTTP/2 is broken, not ended.
func TestHTTP2StreamReset(t *testing.T) {
	s, roots := serveTLS(t, breaks("id: 1\ndata: a\n\ndata: cut"), nil)
	c := Config{URL: s.URL, TLS: &tls.Config{RootCAs: roots}, Retry: time.Millisecond}
	got, err := follow(t, c, 3)
	if err != nil {
		t.Fatal(err)
	}
	if lost := got[2]; lost.Kind != KindReconnect || lost.Err == nil || errors.Is(lost.Err, io.EOF) || !lost.Cut {
		t.Errorf("the end is %+v", lost)
	}
}

// A connection over which nothing comes any more must not carry the next attempt.
func TestHTTP2StallTakesANewConnection(t *testing.T) {
	var addrs []string
	s, roots := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		addrs = append(addrs, r.RemoteAddr)
		begin(w, "data: a\n\n")
		if len(addrs) == 1 {
			<-r.Context().Done()
		}
	}, nil)
	c := Config{URL: s.URL, TLS: &tls.Config{RootCAs: roots}, Retry: time.Millisecond, ReadTimeout: 200 * time.Millisecond}
	got, err := follow(t, c, 5)
	if err != nil || !isType[*StallError](got[2].Err) {
		t.Fatalf("%v, %+v", err, got)
	}
	if len(addrs) < 2 || addrs[0] == addrs[1] {
		t.Errorf("asked from %v", addrs)
	}
}

func TestTLS(t *testing.T) {
	s, roots := serveTLS(t, gives("data: a\n\n"), nil)
	for _, how := range []func(context.Context, Config) error{
		func(ctx context.Context, c Config) error { _, err := Open(ctx, c); return err },
		func(ctx context.Context, c Config) error { _, err := follow(t, c, 0); return err },
	} {
		err := how(t.Context(), Config{URL: s.URL + "?a=hunter2"})
		var verify *tls.CertificateVerificationError
		if !errors.As(err, &verify) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("a root that nobody knows: %v", err)
		}
		plain := strings.Replace(serve(t, gives("")), "http:", "https:", 1)
		if err := how(t.Context(), Config{URL: plain}); !errors.Is(err, http.ErrSchemeMismatch) {
			t.Errorf("no TLS: %v", err)
		}
		other := serveBytes(t, func(c net.Conn) { c.Write([]byte("220 smtp.example.org ESMTP\r\n")) })
		if err := how(t.Context(), Config{URL: strings.Replace(other, "http:", "https:", 1)}); !isType[tls.RecordHeaderError](err) {
			t.Errorf("neither TLS nor HTTP: %v", err)
		}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{URL: "https://example.com:" + u.Port() + "/", TLS: &tls.Config{RootCAs: roots}}
	c.Resolve = map[string]string{"Example.com:" + u.Port(): "127.0.0.1"}
	stream, err := Open(t.Context(), c) // the certificate is one of example.com
	if err != nil {
		t.Fatal(err)
	}
	stream.Close()
}

func TestClientCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s, roots := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, "data: "+r.TLS.PeerCertificates[0].SerialNumber.String()+"\n\n")
	}, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	c := Config{URL: s.URL, TLS: &tls.Config{RootCAs: roots}}
	// Over TLS 1.3 the alert comes after the handshake, and a reset may overtake it: then another attempt is made.
	c.Retry, c.MaxBackoff = time.Millisecond, time.Millisecond
	if _, err := follow(t, c, 0); err == nil || !strings.Contains(err.Error(), "remote error: tls: ") {
		t.Errorf("without a certificate: %v", err)
	}
	c.TLS.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	stream, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	sameLines(t, "events", lines([]Item{next(t, stream, KindEvent)}), []string{message("1")})
	if c.TLS.NextProtos != nil {
		t.Errorf("the caller's TLS config was changed: %v", c.TLS.NextProtos)
	}
}

func TestResolve(t *testing.T) {
	c := Config{Resolve: map[string]string{"a.example:80": "127.0.0.1", "b.example:443": "::1"}}
	for addr, want := range map[string]string{
		"a.example:80": "127.0.0.1:80", "A.Example:80": "127.0.0.1:80", "a.example:81": "a.example:81", "b.example:443": "[::1]:443",
	} {
		if got := c.resolve(addr); got != want {
			t.Errorf("%s is at %s, want %s", addr, got, want)
		}
	}
}

// The environment is read once in a process, so that the test of it is another one.
func TestProxyFromEnvironment(t *testing.T) {
	if target := os.Getenv("SSE_TEST_TARGET"); target != "" {
		stream, err := Open(t.Context(), Config{URL: target})
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		sameLines(t, "events", lines([]Item{next(t, stream, KindEvent)}), []string{message("by proxy")})
		return
	}
	var asked string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI + " " + r.Header.Get("Proxy-Authorization")
		begin(w, "data: by proxy\n\n")
	})
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyFromEnvironment$")
	command.Env = append(os.Environ(), "SSE_TEST_TARGET=http://stream.invalid/x", "NO_PROXY=", "no_proxy=",
		"HTTP_PROXY="+strings.Replace(proxy, "//", "//me:pw@", 1))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if asked != "http://stream.invalid/x Basic bWU6cHc=" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

func TestProxyErrorsTellNoSecret(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for want, proxy := range map[string]func(*http.Request) (*url.URL, error){
		"the proxy's URL cannot be read": func(*http.Request) (*url.URL, error) { return nil, errors.New("http://me:hunter2@:x") },
		"connection refused":             http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("me", "hunter2"), Host: nobody.Addr().String()}),
	} {
		_, err := Open(t.Context(), Config{URL: "http://stream.invalid/", Proxy: proxy})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What comes behind an answer that is over is nobody's, and no matter for the log of the process.
func TestNothingIsReadBehindAnAnswer(t *testing.T) {
	var told strings.Builder
	log.SetOutput(&told)
	defer log.SetOutput(os.Stderr)
	for _, answer := range []string{"204 No Content\r\n", "404 Not Found\r\nContent-Length: 0\r\n"} {
		left := make(chan struct{})
		url := serveBytes(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 "+answer+"\r\ndata: behind\n\n")
			_, _ = io.Copy(io.Discard, c)
			close(left)
		})
		if _, err := Open(t.Context(), Config{URL: url}); !isType[*StatusError](err) {
			t.Errorf("%s: %v", answer, err)
		}
		<-left
	}
	if told.Len() > 0 {
		t.Errorf("the log has %q", told.String())
	}
}

// Dial makes each connection, at the address that Resolve names; https goes over what it returns.
func TestDial(t *testing.T) {
	s, roots := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Location", "/there")
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		begin(w, "data: hello\n\n")
	}, nil)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var dialed []string
	stream, err := Open(t.Context(), Config{
		URL: "https://example.com:" + u.Port(), TLS: &tls.Config{RootCAs: roots},
		Resolve: map[string]string{"example.com:" + u.Port(): "127.0.0.1"},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed = append(dialed, addr)
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if items, err := drain(stream.Next); !errors.Is(err, io.EOF) || len(items) != 2 {
		t.Errorf("%d items, %v", len(items), err)
	}
	if len(dialed) == 0 || dialed[0] != u.Host {
		t.Errorf("dialed %q, want %s", dialed, u.Host)
	}
	why := errors.New("no way")
	c := Config{URL: s.URL, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, why }}
	if _, err := Open(t.Context(), c); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
