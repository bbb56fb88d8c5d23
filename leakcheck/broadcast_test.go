package leakcheck_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// news is what every client of a broadcast gets, and how often.
const newsEvery = 20 * time.Millisecond

var news = strings.Repeat("word ", 800)

// hub sends the same to everybody: each client has a queue, which its handler writes.
type hub struct {
	waits   bool          // for a queue that is full; else its client misses the event
	bound   time.Duration // of a write; zero is none
	forgets bool          // that who waits for a queue has to hear when its client has gone

	mu     sync.Mutex
	queues map[*queue]bool
}

type queue struct {
	events chan string
	gone   chan struct{}
}

// run broadcasts until ctx ends.
func (b *hub) run(ctx context.Context) {
	ticker := time.NewTicker(newsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		b.mu.Lock()
		for q := range b.queues {
			b.send(ctx, q)
		}
		b.mu.Unlock()
	}
}

func (b *hub) send(ctx context.Context, q *queue) {
	text := "data: " + news + "\n\n"
	select {
	case q.events <- text:
		return
	default:
	}
	if !b.waits {
		return
	}
	gone := q.gone
	if b.forgets {
		gone = nil
	}
	select {
	case q.events <- text:
	case <-gone:
	case <-ctx.Done():
	}
}

// live is a client's part of it.
func (b *hub) live(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	defer h.keep(id)()
	h.begin(id, w)
	q := &queue{make(chan string, 8), make(chan struct{})}
	b.mu.Lock()
	b.queues[q] = true
	b.mu.Unlock()
	defer func() {
		close(q.gone)
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.queues, q)
	}()
	out := http.NewResponseController(w)
	for {
		select {
		case text := <-q.events:
			if b.bound != 0 {
				_ = out.SetWriteDeadline(time.Now().Add(b.bound))
			}
			if _, err := w.Write([]byte(text)); err != nil || out.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-h.over:
			return
		}
	}
}

// narrow starts a server whose sockets take little that is not acknowledged, so that it
// soon feels a client that does not read.
func narrow(h http.Handler) *httptest.Server {
	ts := httptest.NewUnstartedServer(h)
	ts.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
		return ctx
	}
	ts.Start()
	return ts
}

// stalls checks a server with a number of clients that stall, and some that stay.
func stalls(t *testing.T, events, sessions string, slower slowness) *leakcheck.Report {
	t.Helper()
	p, err := probe.Parse("json:"+sessions, probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := leakcheck.Run(t.Context(), leakcheck.Config{
		Plan: loadgen.Plan{
			Request: loadgen.Request{URL: events}, Streams: 4, Controls: 5, Mix: loadgen.Even(loadgen.Stall),
			Ramp: slower.of(2 * time.Second), Hold: time.Second, // of different ages, however late a busy machine reads
		},
		Probes:  []leakcheck.Probe{p},
		Windows: leakcheck.Windows{All: slower.of(4 * time.Second)},
		Poll:    50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// heldUp looks whether a report says that clients that stall hold up the others. Where
// they are, a machine that stops again and again hides it: then all takes longer.
func heldUp(t *testing.T, want bool, check func(slowness) *leakcheck.Report) *leakcheck.Report {
	t.Helper()
	for _, slower := range []slowness{1, 2, 4} {
		r := check(slower)
		got := slices.ContainsFunc(r.Findings, func(f leakcheck.Finding) bool { return f.Code == leakcheck.NoBackPressure })
		if got == want && r.Streams.Stalled > 0 && r.Controls.Killed == 0 {
			return r
		}
		say := t.Logf
		if slower == 4 || !want {
			say = t.Fatalf
		}
		say("that others are held up is said: %v; %d stalled, %d controls killed, the longest silence %+v; %+v",
			got, r.Streams.Stalled, r.Controls.Killed, r.Latency.Gap, r.Findings)
	}
	return nil
}

// A broadcast that waits for its slowest reader is told, and one that does not wait is
// not, whether it ends those who stall or keeps them.
func TestBroadcast(t *testing.T) {
	if err := loadgen.Stall.Able(); err != nil {
		t.Skip(err)
	}
	t.Parallel()
	const bound = 1500 * time.Millisecond // which a busy machine needs less than
	for name, tt := range map[string]struct {
		hub     *hub // as each is
		heldUp  bool
		verdict leakcheck.Verdict
	}{
		"waits": {&hub{waits: true}, true, leakcheck.Leaking},
		"waits, and no longer than a write may take": {&hub{waits: true, bound: bound}, false, leakcheck.Clean},
		"waits for who has gone":                     {&hub{waits: true, bound: bound, forgets: true}, true, leakcheck.Leaking},
		"waits for nobody":                           {&hub{}, false, leakcheck.Leaking},
		"right":                                      {&hub{bound: bound}, false, leakcheck.Clean},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := heldUp(t, tt.heldUp, func(slower slowness) *leakcheck.Report {
				b := &hub{waits: tt.hub.waits, bound: tt.hub.bound, forgets: tt.hub.forgets, queues: map[*queue]bool{}}
				base := handwriteTo(t, 0, b.live, narrow)
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { b.run(ctx) })
				defer running.Wait()
				defer cancel()
				return stalls(t, base+"/events", base+"/#.sessions", slower)
			})
			if r.Verdict != tt.verdict {
				t.Errorf("%s: %+v", r.Verdict, r.Findings)
			}
		})
	}
}

// r3labs' Publish waits for its stream's broadcaster, and that for every client.
func TestThirdPartyBroadcast(t *testing.T) {
	if err := loadgen.Stall.Able(); err != nil {
		t.Skip(err)
	}
	t.Parallel()
	heldUp(t, true, func(slower slowness) *leakcheck.Report {
		party := sse.New()
		party.AutoReplay = false
		party.CreateStream("all")
		var open atomic.Int64
		ts := narrow(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/sessions" {
				fmt.Fprintf(w, `{"active": %d}`, open.Load())
				return
			}
			open.Add(1)
			defer open.Add(-1)
			party.ServeHTTP(w, r)
		}))
		ctx, cancel := context.WithCancel(t.Context())
		var publishing sync.WaitGroup
		publishing.Go(func() {
			for ctx.Err() == nil {
				party.Publish("all", &sse.Event{Data: []byte(news)})
				select {
				case <-time.After(newsEvery):
				case <-ctx.Done():
				}
			}
		})
		defer publishing.Wait()
		defer party.Close()
		defer ts.Close()
		defer ts.CloseClientConnections() // which ends what Publish waits for
		defer cancel()
		return stalls(t, ts.URL+"/events?stream=all", ts.URL+"/sessions#.active", slower)
	})
}
