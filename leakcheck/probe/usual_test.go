package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestGuess(t *testing.T) {
	const at = "http://host/x"
	for _, c := range []struct {
		name string
		find func(string, []byte) []guess
		body string // or @ and a captured answer
		want string // the likeliest first; "-" in front of one that counts no sessions
	}{
		{"a number", guessJSON, `{"active": 3, "uptime": 12}`, "json:http://host/x#.active"},
		{"a list of sessions", guessJSON, `{"sessions": [], "count": 0}`, "json:http://host/x#.sessions json:http://host/x#.sessions | length"},
		{"an array", guessJSON, `[]`, "json:http://host/x#. json:http://host/x#length"},
		{"a map", guessJSON, `{"sessions": {}}`, "json:http://host/x#.sessions | keys"},
		{"a list of ids beside it", guessJSON, `{"active": 1, "ids": ["a"]}`, "json:http://host/x#.ids json:http://host/x#.ids | length json:http://host/x#.active"},
		{"one inside", guessJSON, `{"status": "ok", "sse": {"active": 1, "max": 10}, "db": {"connections": 4}}`, `json:http://host/x#.sse | keys json:http://host/x#.sse.active`},
		{"an odd key", guessJSON, `{"sse-active": 1}`, `json:http://host/x#.["sse-active"]`},
		{"sessions before requests", guessJSON, `{"requests_running": 1, "sessionCount": 0}`, "json:http://host/x#.sessionCount json:http://host/x#.requests_running"},
		{"nothing", guessJSON, `{"status": "ok", "active": true, "opened": 4, "sessions": -1}`, ""},
		{"no JSON", guessJSON, `ok`, ""},
		{"vllm", guessMetrics, "@vllm.prom", "prometheus:http://host/x#vllm:num_requests_running -prometheus:http://host/x#process_open_fds"},
		{"llama.cpp", guessMetrics, "@llamacpp.prom", "prometheus:http://host/x#llamacpp:requests_processing"},
		{"node", guessMetrics, "@node.prom", `-prometheus:http://host/x#nodejs_active_handles{type="Socket"}`},
		{"a gauge that ends in total", guessMetrics, "# TYPE open_streams_total gauge\nopen_streams_total 2\n", "prometheus:http://host/x#open_streams_total"},
		{"a counter", guessMetrics, "# TYPE streams counter\nstreams 2\n", ""},
		{"metrics as JSON", guessMetrics, `{"in_flight": 0}`, "json:http://host/x#.in_flight"},
		{"Spring", guessActuator, "@spring-names.json", "actuator:http://host/x#chat.sessions actuator:http://host/x#http.server.requests.active -actuator:http://host/x#jvm.threads.live -actuator:http://host/x#process.files.open"},
		{"Spring before its first request", guessActuator, `{"names": ["jvm.memory.used"]}`, "actuator:http://host/x#http.server.requests.active"},
		{"expvar", guessExpvar, "@expvar.json", "expvar:http://host/x#active_streams expvar:http://host/x#sse.active expvar:http://host/x#http.requests.active"},
		{"slots", guessSlots, "@llamacpp-slots.json", "json:http://host/x#[.[] | select(.is_processing)] | length"},
		{"nginx", guessNginx, "@nginx-stub_status.txt", "nginx:http://host/x"},
		{"goroutines", guessGoroutines, "@goroutine-debug1.txt", "-goroutines:http://host/x"},
		{"a page of text", guessGoroutines, "hello", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(c.body)
			if file, ok := strings.CutPrefix(c.body, "@"); ok {
				var err error
				if body, err = os.ReadFile(filepath.Join("testdata", "answers", file)); err != nil {
					t.Fatal(err)
				}
			}
			var sessions, rest []guess
			for _, g := range c.find(at, body) {
				if _, err := Parse(g.spec, Access{}); err != nil {
					t.Errorf("%s: %v", g.spec, err)
				}
				if g.role == leakcheck.Sessions {
					sessions = append(sessions, g)
				} else {
					rest = append(rest, g)
				}
			}
			slices.SortStableFunc(sessions, func(a, b guess) int { return a.rank - b.rank })
			slices.SortFunc(rest, func(a, b guess) int { return strings.Compare(a.spec, b.spec) })
			var got []string
			for _, g := range sessions {
				got = append(got, g.spec)
			}
			for _, g := range rest {
				got = append(got, "-"+g.spec)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}

// stage is a server whose streams a test opens by itself.
type stage struct {
	mu      sync.Mutex
	streams map[string]bool
	asked   atomic.Int64
}

func (s *stage) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for id := range s.streams {
		ids = append(ids, id)
	}
	return ids
}

func (s *stage) open(n int) func(context.Context) (int, func(), error) {
	return func(context.Context) (int, func(), error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range n {
			s.streams[fmt.Sprint("id", i)] = true
		}
		return n, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			clear(s.streams)
		}, nil
	}
}

func TestMoves(t *testing.T) {
	for _, c := range []struct {
		name  string
		pages map[string]func(s *stage) any
		want  string // the end of what is taken
	}{
		{"a list before a count", map[string]func(*stage) any{
			"/health":   func(s *stage) any { return map[string]any{"active": len(s.ids())} },
			"/sessions": func(s *stage) any { return s.ids() },
		}, "/sessions#."},
		{"only one of two moves", map[string]func(*stage) any{
			"/sessions": func(*stage) any { return map[string]any{"sessions": 7} },
			"/health":   func(s *stage) any { return map[string]any{"sseConnections": len(s.ids())} },
		}, "/health#.sseConnections"},
		{"a list of objects without ids", map[string]func(*stage) any{
			"/status": func(s *stage) any {
				list := []any{}
				for range s.ids() {
					list = append(list, map[string]any{"user": "u"})
				}
				return map[string]any{"clients": list}
			},
		}, "/status#.clients | length"},
		{"a count of readings", map[string]func(*stage) any{
			"/stats": func(s *stage) any { return map[string]any{"sessions": s.asked.Add(1)} },
		}, ""},
		{"one of two streams shows", map[string]func(*stage) any{
			"/stats": func(s *stage) any { return map[string]any{"sessions": min(1, len(s.ids()))} },
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &stage{streams: map[string]bool{}}
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, ok := c.pages[r.URL.Path]
				if !ok {
					http.NotFound(w, r)
					return
				}
				_ = json.NewEncoder(w).Encode(page(s))
			})
			survey := Look(t.Context(), url+"/events", Access{})
			if len(survey.Tried) != len(pages) {
				t.Errorf("%d places tried of %d", len(survey.Tried), len(pages))
			}
			found, rises, err := survey.Moves(t.Context(), s.open(2))
			got := ""
			if found != nil {
				got = strings.TrimPrefix(found.Spec(), "json:"+url)
			}
			if err != nil || got != c.want {
				t.Errorf("took %q, want %q; rises %v, %v", got, c.want, rises, err)
			}
		})
	}
}

// A reading that fails does not say that the streams' sessions are gone.
func TestMovesWaitsForWhatItCannotRead(t *testing.T) {
	t.Parallel()
	s := &stage{streams: map[string]bool{}}
	var left, after atomic.Int64 // readings since the streams had left; how many of them failed or showed sessions
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, gone := len(s.ids()), int64(0)
		if n == 0 && left.Load() > 0 {
			gone = left.Add(1)
		}
		switch {
		case r.URL.Path != "/stats":
			http.NotFound(w, r)
		case gone == 2:
			after.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		case gone == 3:
			after.Add(1)
			_, _ = w.Write([]byte(`{"sessions": 2}`))
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"sessions": n})
		}
	})
	survey := Look(t.Context(), url+"/events", Access{})
	found, _, err := survey.Moves(t.Context(), func(ctx context.Context) (int, func(), error) {
		n, shut, err := s.open(2)(ctx)
		return n, func() { shut(); left.Store(1) }, err
	})
	if found == nil || err != nil || after.Load() != 2 {
		t.Errorf("%v, %v: %d of 2 readings were waited out", found, err, after.Load())
	}
}

// Nothing is opened where there is nothing to look at, and what keeps a stream from
// opening is told.
func TestMovesOpens(t *testing.T) {
	if found, _, err := (Survey{}).Moves(t.Context(), nil); found != nil || err != nil {
		t.Errorf("of no candidates: %v, %v", found, err)
	}
	trouble := errors.New("no stream")
	survey := Look(t.Context(), answering(t, http.StatusOK, "application/json", `{"active": 0}`), Access{})
	_, _, err := survey.Moves(t.Context(), func(context.Context) (int, func(), error) { return 0, nil, trouble })
	if !errors.Is(err, trouble) {
		t.Errorf("got %v", err)
	}
}

// A server that answers every path with its page, or with a stream, shows nothing.
func TestLookFindsNothing(t *testing.T) {
	for _, contentType := range []string{"text/html", "text/event-stream"} {
		survey := Look(t.Context(), answering(t, http.StatusOK, contentType, "<!doctype html><title>sessions</title>"), Access{})
		if len(survey.Candidates)+len(survey.Others) != 0 {
			t.Errorf("%s: %+v", contentType, survey)
		}
	}
	if survey := Look(t.Context(), "no URL", Access{}); len(survey.Tried) != 0 {
		t.Errorf("asked %v", survey.Tried)
	}
	stream := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/streams" {
			t.Error("the stream itself was asked what it counts")
		}
	})
	if survey := Look(t.Context(), stream+"/streams?user=1", Access{}); len(survey.Tried) != len(pages)-1 {
		t.Errorf("asked %v", survey.Tried)
	}
}

// A server that answers everything with the same is told of once.
func TestLookAtAServerOfOnePage(t *testing.T) {
	for contentType, want := range map[string]string{"text/html": "HTML", "text/event-stream": "an event stream"} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte("<!doctype html><title>an app</title>"))
		})
		for _, tried := range Look(t.Context(), url, Access{}).Tried {
			if tried.Outcome != want {
				t.Errorf("%s: %q, want %q", tried.Path, tried.Outcome, want)
			}
		}
	}
}

// What the probe is given to ask with, it asks with at the usual places too.
func TestLookHasAccess(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer T" || r.Method != http.MethodGet {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"active": 1}`))
	})
	survey := Look(t.Context(), url, Access{})
	if len(survey.Candidates) != 0 || survey.Tried[0].Outcome != "401 Unauthorized" {
		t.Errorf("without: %+v", survey.Tried)
	}
	survey = Look(t.Context(), url, Access{Header: http.Header{"Authorization": {"Bearer T"}}})
	if len(survey.Candidates) == 0 || len(survey.Candidates) > maxCandidates {
		t.Errorf("with: %+v", survey)
	}
}
