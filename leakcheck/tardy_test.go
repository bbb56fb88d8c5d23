package leakcheck_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// tardy is a server that registers a session some time after its request, and
// keeps it for ever if its client has left by then. Of requests that say so ("?leaves")
// the client has always left.
type tardy struct {
	mu   sync.Mutex
	kept map[string]bool
}

const tardyBy = 150 * time.Millisecond

func (s *tardy) keep(id string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if is {
		s.kept[id] = true
	} else {
		delete(s.kept, id)
	}
}

func (s *tardy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/sessions" {
		s.mu.Lock()
		defer s.mu.Unlock()
		ids := []string{}
		for id := range s.kept {
			ids = append(ids, id)
		}
		_ = json.NewEncoder(w).Encode(ids)
		return
	}
	if r.URL.Query().Has("leaves") {
		<-r.Context().Done()
	}
	time.Sleep(tardyBy)
	id := r.Header.Get("X-Stream-Id")
	s.keep(id, true)
	if r.Context().Err() != nil {
		return // nobody will tell that it has left
	}
	defer s.keep(id, false)
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write([]byte("data: hello\n\n"))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// Sessions may come after their streams have left: that none is there once does
// not end the watch.
func TestWatchSeesWhatComesLate(t *testing.T) {
	t.Parallel()
	ts := httptest.NewServer(&tardy{kept: map[string]bool{}})
	defer ts.Close()
	defer ts.CloseClientConnections()
	sessions, err := probe.Parse("json:"+ts.URL+"/sessions#.", probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := leakcheck.Run(t.Context(), leakcheck.Config{
		Plan: loadgen.Plan{
			Request: loadgen.Request{URL: ts.URL + "/events"},
			Streams: 4, Controls: 2, Mix: loadgen.Even(loadgen.Early),
			Ramp: 10 * time.Millisecond, Hold: 300 * time.Millisecond,
			Shape: map[loadgen.Disconnect]url.Values{loadgen.Early: {"leaves": {""}}},
		},
		Probes:  []leakcheck.Probe{sessions},
		Windows: leakcheck.Windows{All: 500 * time.Millisecond},
		Poll:    20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Disconnects[0]; r.Verdict != leakcheck.Leaking || row.Leaked != 4 {
		t.Errorf("%s: %+v, findings %+v", r.Verdict, row, r.Findings)
	}
}
