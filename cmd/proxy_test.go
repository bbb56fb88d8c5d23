package cmd

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy VAR right|holding URL: what stands in front of a server. A holding one reads
// on for clients that have gone. Its base URL goes into VAR.
func proxy(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3 && (args[1] == "right" || args[1] == "holding"), "proxy VAR right|holding URL")
	target, err := url.Parse(args[2])
	ts.Check(err)
	front, shut := proxyTo(target, args[1] == "holding")
	ts.Defer(shut)
	setURL(ts, args[0], front)
}

// newFront is a foreign server, with a proxy that holds in front of it.
func newFront(t *testing.T) (front, behind string) {
	t.Helper()
	srv := httptest.NewServer(newHealth())
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	front, shut := proxyTo(target, true)
	t.Cleanup(func() {
		shut()
		srv.CloseClientConnections()
		srv.Close()
	})
	return front, srv.URL
}

func proxyTo(target *url.URL, holds bool) (front string, shut func()) {
	transport := &http.Transport{}
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	p := httputil.NewSingleHostReverseProxy(target)
	p.Transport, p.FlushInterval = transport, -1
	p.ErrorLog = log.New(io.Discard, "", 0)
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	handler := http.Handler(p)
	if holds {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reading.Add(1)
			defer reading.Done()
			p.ServeHTTP(unhearing{w}, r.Clone(ctx))
		})
	}
	srv := httptest.NewServer(handler)
	return srv.URL, func() {
		stop()
		srv.CloseClientConnections()
		srv.Close()
		reading.Wait()
		transport.CloseIdleConnections()
	}
}

// unhearing does not hear that nobody reads any more.
type unhearing struct{ http.ResponseWriter }

func (d unhearing) Write(p []byte) (int, error) {
	_, _ = d.ResponseWriter.Write(p)
	return len(p), nil
}

// FlushError is what a response controller asks for.
func (d unhearing) FlushError() error {
	_ = http.NewResponseController(d.ResponseWriter).Flush()
	return nil
}
