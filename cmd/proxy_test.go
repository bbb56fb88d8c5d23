package cmd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy VAR right|holding URL: what stands in front of a server. A holding one reads
// on for clients that have gone. Its base URL goes into VAR.
func proxy(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3 && (args[1] == "right" || args[1] == "holding"), "proxy VAR right|holding URL")
	target, err := url.Parse(args[2])
	ts.Check(err)
	transport := &http.Transport{}
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	p := httputil.NewSingleHostReverseProxy(target)
	p.Transport, p.FlushInterval = transport, -1
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	handler := http.Handler(p)
	if args[1] == "holding" {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reading.Add(1)
			defer reading.Done()
			p.ServeHTTP(unhearing{w}, r.Clone(ctx))
		})
	}
	srv := httptest.NewServer(handler)
	ts.Defer(func() {
		stop()
		srv.CloseClientConnections()
		srv.Close()
		reading.Wait()
		transport.CloseIdleConnections()
	})
	setURL(ts, args[0], srv.URL)
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
