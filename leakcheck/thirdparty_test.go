package leakcheck_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// thirdParty is a chat in front of r3labs/sse's server, each client with a
// stream of its own name, and a session endpoint that lists the streams that
// the library still keeps.
type thirdParty struct {
	sse *sse.Server

	mu    sync.Mutex
	names []string
}

func (p *thirdParty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/events":
		p.mu.Lock()
		p.names = append(p.names, r.URL.Query().Get("stream"))
		p.mu.Unlock()
		p.sse.ServeHTTP(w, r)
	case "/sessions":
		p.mu.Lock()
		defer p.mu.Unlock()
		kept := []string{}
		for _, name := range p.names {
			if p.sse.StreamExists(name) {
				kept = append(kept, name)
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"active": len(kept), "sessions": kept})
	}
}

// r3labs' AutoStream makes a stream, and a goroutine, for each name that is
// asked for; with AutoReplay, which is the default, it never removes one.
func TestThirdPartyServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		replay  bool
		filter  string
		verdict leakcheck.Verdict
		byID    bool
	}{
		"as it comes, by id":       {true, ".sessions", leakcheck.Leaking, true},
		"as it comes, by count":    {true, ".active", leakcheck.Leaking, false},
		"without replay, by id":    {false, ".sessions", leakcheck.Clean, true},
		"without replay, by count": {false, ".active", leakcheck.Clean, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			party := &thirdParty{sse: sse.New()}
			party.sse.AutoStream, party.sse.AutoReplay = true, tt.replay
			ts := httptest.NewServer(party)
			defer party.close(ts)
			sessions, err := probe.Parse("json:"+ts.URL+"/sessions#"+tt.filter, probe.Access{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := leakcheck.Run(t.Context(), leakcheck.Config{
				Plan: loadgen.Plan{
					Request: loadgen.Request{URL: ts.URL + "/events?stream={{id}}"},
					Streams: 30, Controls: 3, Mix: loadgen.Even(loadgen.Close),
					Ramp: 200 * time.Millisecond, Hold: time.Second, // in which a busy machine reads a probe, too
				},
				Probes:  []leakcheck.Probe{sessions},
				Windows: leakcheck.Windows{All: time.Second},
				Poll:    20 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != tt.verdict {
				t.Fatalf("%s: %+v", r.Verdict, r.Findings)
			}
			row := r.Disconnects[len(r.Disconnects)-1]
			want := 0
			if tt.verdict == leakcheck.Leaking {
				want = 30
			}
			if row.Left != 30 || row.Leaked != want || r.Probes[0].IDs != tt.byID {
				t.Errorf("%+v, by id %v", row, r.Probes[0].IDs)
			}
			if wantIDs := min(want, 20); tt.byID && len(row.LeakedIDs) != wantIDs {
				t.Errorf("%d leaked ids, want %d", len(row.LeakedIDs), wantIDs)
			}
		})
	}
}

// close ends the server and what the library would leave behind.
func (p *thirdParty) close(ts *httptest.Server) {
	ts.CloseClientConnections()
	ts.Close()
	p.sse.Close()
}

// publish sends to every stream that there is, until ctx ends, without waiting for
// any: r3labs' Publish would.
func (p *thirdParty) publish(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	text := []byte(strings.Repeat("word ", 800))
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		p.mu.Lock()
		names := slices.Clone(p.names)
		p.mu.Unlock()
		for _, name := range names {
			p.sse.TryPublish(name, &sse.Event{Data: text})
		}
	}
}

// r3labs' server has no bound on how long a write may take: whoever stops to read
// stays. Who leaves does not, and others live on.
func TestThirdPartyStall(t *testing.T) {
	if err := loadgen.Stall.Able(); err != nil {
		t.Skip(err)
	}
	t.Parallel()
	party := &thirdParty{sse: sse.New()}
	party.sse.AutoStream, party.sse.AutoReplay = true, false
	ts := httptest.NewServer(party)
	defer party.close(ts)
	ctx, cancel := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() { party.publish(ctx) })
	defer func() { cancel(); publishing.Wait() }()
	sessions, err := probe.Parse("json:"+ts.URL+"/sessions#.sessions", probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := leakcheck.Run(t.Context(), leakcheck.Config{
		Plan: loadgen.Plan{
			Request: loadgen.Request{URL: ts.URL + "/events?stream={{id}}"},
			Streams: 12, Controls: 3, Mix: loadgen.Even(loadgen.Close, loadgen.Stall),
			Ramp: 200 * time.Millisecond, Hold: 500 * time.Millisecond,
		},
		Probes:  []leakcheck.Probe{sessions},
		Windows: leakcheck.Windows{All: 1500 * time.Millisecond},
		Poll:    20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	e := expected{verdict: leakcheck.Leaking, code: leakcheck.NoWriteDeadline, ways: []loadgen.Disconnect{loadgen.Stall}, saw: []string{"6 of 12 sessions past the window; left by stall"}}
	if faults := e.faults(r); len(faults) > 0 || r.Controls.Kept != 3 || r.Streams.Stalled != 6 {
		t.Errorf("%q in %s", faults, r)
	}
}
