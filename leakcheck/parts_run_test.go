package leakcheck_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// deaf is a handler that waits for something else than its client.
type deaf struct {
	active atomic.Int64
	end    chan struct{}
}

func (d *deaf) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	d.active.Add(1)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Server", "nginx")
	fmt.Fprint(w, "data: hello\n\n")
	w.(http.Flusher).Flush()
	<-d.end
}

// The stack in which the goroutines of a leak wait is named, and what to do about it
// in Go, which the probe tells, and in the proxy in front. The tests that run beside
// others would show their goroutines, too.
func TestRunNamesTheStackThatLeaks(t *testing.T) {
	d := &deaf{end: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("/events", d)
	mux.Handle("/debug/pprof/goroutine", pprof.Handler("goroutine"))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(d.end) })
	goroutines, err := probe.Parse("goroutines:"+s.URL, probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := leakcheck.Run(t.Context(), leakcheck.Config{
		Plan: loadgen.Plan{
			Request: loadgen.Request{URL: s.URL + "/events"}, Streams: 20, Controls: 3, Mix: loadgen.Even(loadgen.Close),
			Ramp: 200 * time.Millisecond, Hold: 300 * time.Millisecond,
		},
		Probes:  []leakcheck.Probe{leakcheck.Func{Count: func() int { return int(d.active.Load()) }}, goroutines},
		Windows: leakcheck.Windows{All: 300 * time.Millisecond},
		Poll:    20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Code != leakcheck.Leak {
			continue
		}
		if !strings.Contains(f.Evidence, ` more of "github.com/sse-tool/sse-tool/leakcheck_test.(*deaf).ServeHTTP parts_run_test.go:`) {
			t.Errorf("seen: %s", f.Evidence)
		}
		if len(f.Fixes) != 2 || f.Fixes[0].Framework != leakcheck.Go || f.Fixes[1].Framework != leakcheck.Nginx {
			t.Errorf("fixes: %+v", f.Fixes)
		}
		return
	}
	t.Errorf("no leak was found: %s", r)
}
