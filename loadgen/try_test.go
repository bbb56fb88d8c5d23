package loadgen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

func TestTry(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 1)
	s := serve(t, func(c *rawConn) {
		c.head()
		seen <- c.gone()
	})
	p := DefaultPlan() // a thousand streams and ten controls, of which Try opens none
	p.Request.URL = s.url()
	if err := Try(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := collect(t, "ends", seen, 1)[0]; !isFIN(err) {
		t.Errorf("the server sees %v", err)
	}
	if s.requests() != 1 {
		t.Errorf("%d requests came", s.requests())
	}
}

func TestTryErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer string
		is     func(error) bool
	}{
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", func(err error) bool {
			var status *client.StatusError
			return errors.As(err, &status) && status.Status == 404
		}},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", func(err error) bool {
			var status *client.StatusError
			return errors.As(err, &status) && status.Status == 204
		}},
		{"HTML", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", func(err error) bool {
			var kind *client.ContentTypeError
			return errors.As(err, &kind) && kind.ContentType == "text/html"
		}},
		{"gzip", plainHead + "Content-Encoding: gzip\r\n\r\n", func(err error) bool {
			var coding *client.ContentEncodingError
			return errors.As(err, &coding)
		}},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n", func(err error) bool {
			var protocol *client.ProtocolError
			return errors.As(err, &protocol) && protocol.Problem == client.ProblemNotHTTP
		}},
		{"nothing", "", func(err error) bool { return strings.Contains(err.Error(), "no answer within 1s") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(raw *rawConn) {
				fmt.Fprint(raw, c.answer)
				_ = raw.gone()
			})
			p := Plan{Request: Request{URL: s.url()}, OpenTimeout: patience}
			if c.answer == "" {
				p.OpenTimeout = time.Second
			}
			if err := Try(t.Context(), p); err == nil || !c.is(err) {
				t.Errorf("Try: %v", err)
			}
			eventually(t, "the connection to be closed", func() bool { return s.open() == 0 })
		})
	}
}

func TestTryUntrusted(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, holdOpen)
	err := Try(t.Context(), Plan{Request: Request{URL: s.url()}})
	var verify *tls.CertificateVerificationError
	if !errors.As(err, &verify) {
		t.Errorf("Try: %v, want a *tls.CertificateVerificationError", err)
	}
	if err := Try(t.Context(), insecure(Plan{Request: Request{URL: s.url()}})); err != nil {
		t.Errorf("Try: %v", err)
	}
}

func TestTryRefused(t *testing.T) {
	t.Parallel()
	err := Try(t.Context(), Plan{Request: Request{URL: nobody(t)}})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Try: %v, want a refusal", err)
	}
	if err := Try(t.Context(), Plan{Request: Request{URL: "h"}}); err == nil || !strings.HasPrefix(err.Error(), "url: ") {
		t.Errorf("Try of what is no URL: %v", err)
	}
}

func TestTryGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) { _ = c.gone() }) // never answers
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	tried := make(chan error, 1)
	go func() { tried <- Try(ctx, Plan{Request: Request{URL: s.url()}}) }()
	eventually(t, "the request", func() bool { return s.requests() == 1 })
	cancel(enough)
	if err := collect(t, "answers", tried, 1)[0]; !errors.Is(err, enough) {
		t.Errorf("Try: %v, want the context's cause", err)
	}
	eventually(t, "the connection to be closed", func() bool { return s.open() == 0 })
}

// nobody is a URL where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return "http://" + l.Addr().String() + "/"
}
