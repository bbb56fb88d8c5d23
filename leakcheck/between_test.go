package leakcheck

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestBetween(t *testing.T) {
	row := func(way loadgen.Disconnect, leaked int, p50 float64) Row {
		r := Row{Name: way, Left: 50, Leaked: leaked, Reclaimed: 50 - leaked}
		if p50 > 0 {
			r.Reclaim = &Quantiles{P50: p50}
		}
		return r
	}
	report := func(change func(*Report), rows ...Row) *Report {
		r := &Report{Disconnects: rows, Controls: Controls{Kept: 10}, Latency: Latency{FirstEvent: &Quantiles{P50: 0.01}}}
		for _, row := range rows {
			r.Judged = append(r.Judged, string(row.Name))
		}
		if change != nil {
			change(r)
		}
		return r
	}
	for _, c := range []struct {
		name            string
		direct, through *Report
		want            string // the codes and their ways
	}{
		{"nothing", report(nil, row("close", 0, 0.01)), report(nil, row("close", 0, 0.02)), ""},
		{"it leaks in both", report(nil, row("close", 50, 0)), report(nil, row("close", 50, 0)), ""},
		{"it holds", report(nil, row("close", 0, 0.01), row("reset", 0, 0.01), row("overstay", 0, 9)), report(nil, row("close", 50, 0), row("reset", 3, 0), row("overstay", 0, 9)), "proxy-holds close, reset"},
		{"it holds more", report(nil, row("close", 5, 0.01)), report(nil, row("close", 50, 0)), "proxy-holds close"},
		{"as much as chance has it", report(nil, row("close", 5, 0.01)), report(nil, row("close", 6, 0.01)), ""},
		{"it hides", report(nil, row("vanish", 50, 0)), report(nil, row("vanish", 0, 4)), "proxy-hides vanish"},
		{"it delays", report(nil, row("close", 0, 3.7), row("reset", 0, 1.7)), report(nil, row("close", 0, 3.8), row("reset", 0, 3.8)), "proxy-delays reset"},
		{"it cuts", report(nil), report(func(r *Report) { r.Controls.Killed = 10 }), "proxy-cuts "},
		{"it buffers", report(nil), report(func(r *Report) { r.Latency.FirstEvent = &Quantiles{P50: 4} }), "proxy-buffers "},
		{"nothing is known of events", report(nil), report(func(r *Report) { r.Latency.FirstEvent = nil }), ""},
		{"a way was not judged direct", report(func(r *Report) { r.Judged = nil }, row("close", 0, 0)), report(nil, row("close", 50, 0)), ""},
		{"a way was not taken through", report(nil, row("close", 50, 0)), report(nil), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range Between(c.direct, c.through) {
				got = append(got, fmt.Sprintf("%s %s", f.Code, ways(f.Disconnects)))
				if f.Summary == "" || f.Evidence == "" || f.Hint == "" {
					t.Errorf("it says too little: %+v", f)
				}
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

// chatBehind is a server that does right, and lists its streams by their ids.
func chatBehind(t *testing.T) (origin string, sessions Probe) {
	t.Helper()
	var mu sync.Mutex
	open := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(loadgen.StreamIDHeader)
		mu.Lock()
		open[id] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			delete(open, id)
		}()
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			_, _ = io.WriteString(w, "data: hello\n\n: beat\n\n")
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, Func{List: func() []string {
		mu.Lock()
		defer mu.Unlock()
		ids := []string{}
		for id := range open {
			ids = append(ids, id)
		}
		return ids
	}}
}

// proxyTo stands in front of a server. One that holds reads on for clients that have
// gone.
func proxyTo(t *testing.T, origin string, holds bool) string {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	end, stop := context.WithCancel(context.Background())
	right := httputil.NewSingleHostReverseProxy(u)
	right.FlushInterval, right.Transport = -1, transport
	right.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {}
	var reading sync.WaitGroup
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !holds {
			right.ServeHTTP(w, r)
			return
		}
		reading.Add(1)
		defer reading.Done()
		req := r.Clone(end)
		req.URL.Scheme, req.URL.Host, req.RequestURI = u.Scheme, u.Host, ""
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		for buf := make([]byte, 1<<10); ; {
			n, err := resp.Body.Read(buf)
			if err != nil {
				return
			}
			_, _ = w.Write(buf[:n])
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(func() {
		stop()
		s.CloseClientConnections()
		s.Close()
		reading.Wait()
		transport.CloseIdleConnections()
	})
	return s.URL
}

// The same check of a server, and through a proxy that is right or holds on, side by side.
func TestBetweenProxies(t *testing.T) {
	t.Parallel()
	var checks sync.WaitGroup
	check := func(to **Report, through func(origin string) string) {
		origin, sessions := chatBehind(t)
		url := through(origin)
		checks.Go(func() {
			r, err := Run(t.Context(), Config{
				Plan: loadgen.Plan{
					Request: loadgen.Request{URL: url}, Streams: 12, Controls: 2, Ramp: 100 * time.Millisecond, Hold: 300 * time.Millisecond,
					Mix: loadgen.Even(loadgen.Close, loadgen.Reset),
				},
				Probes: []Probe{sessions}, Poll: 20 * time.Millisecond, Windows: Windows{All: time.Second},
			})
			if err != nil {
				t.Error(err)
				r = &Report{}
			}
			*to = r
		})
	}
	var direct, right, holding *Report
	check(&direct, func(origin string) string { return origin })
	check(&right, func(origin string) string { return proxyTo(t, origin, false) })
	check(&holding, func(origin string) string { return proxyTo(t, origin, true) })
	checks.Wait()
	mistakes := func(through *Report) []Finding { // less what is only late: on a busy machine anything may be
		return slices.DeleteFunc(Between(direct, through), func(f Finding) bool { return f.Severity != SeverityError })
	}
	if found := mistakes(right); direct.Verdict != Clean || len(found) > 0 {
		t.Errorf("direct %s, and through a right proxy %+v", direct.Verdict, found)
	}
	found := mistakes(holding)
	if len(found) != 1 || found[0].Code != ProxyHolds || ways(found[0].Disconnects) != "close, reset" {
		t.Errorf("through one that holds: %+v", found)
	}
}
