package leakcheck_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// chat is a small server of somebody's: it keeps a map of its streams.
type chat struct {
	mu      sync.Mutex
	streams map[string]bool
	forgets bool // to take a stream out of the map
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get(loadgen.StreamIDHeader)
	c.set(id, true)
	if !c.forgets {
		defer c.set(id, false)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: hello\n\n")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func (c *chat) set(id string, there bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if there {
		c.streams[id] = true
	} else {
		delete(c.streams, id)
	}
}

func (c *chat) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.streams))
}

func serveChat(t *testing.T, forgets bool) (*chat, leakcheck.Config) {
	t.Helper()
	c := &chat{streams: map[string]bool{}, forgets: forgets}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return c, leakcheck.Config{Plan: loadgen.Plan{Request: loadgen.Request{URL: s.URL}}}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	c, config := serveChat(t, false)
	config.Probes = []leakcheck.Probe{leakcheck.Func{List: c.list}}
	leakcheck.Verify(t, config)
}

// spy is a test that is looked at.
type spy struct {
	testing.TB
	log, failure string
}

func (s *spy) Helper()                         {}
func (s *spy) Context() context.Context        { return s.TB.Context() }
func (s *spy) Logf(format string, args ...any) { s.log += fmt.Sprintf(format, args...) }
func (s *spy) Errorf(format string, args ...any) {
	s.failure += fmt.Sprintf(format, args...)
}

func TestVerifyTellsALeak(t *testing.T) {
	t.Parallel()
	for name, see := range map[string]func(*chat) leakcheck.Func{
		"by id":    func(c *chat) leakcheck.Func { return leakcheck.Func{List: c.list} },
		"by count": func(c *chat) leakcheck.Func { return leakcheck.Func{Count: func() int { return len(c.list()) }} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, config := serveChat(t, true)
			config.Probes = []leakcheck.Probe{see(c)}
			config.Windows.All = 200 * time.Millisecond
			config.Plan.Mix = loadgen.Even(loadgen.Close)
			s := &spy{TB: t}
			if leakcheck.Verify(s, config) || s.log != "" || !strings.Contains(s.failure, "leakcheck: leaking, after ") ||
				!strings.Contains(s.failure, "close: 20 left, 0 reclaimed, 20 leaked (0 late)") || !strings.Contains(s.failure, "error leak: ") {
				t.Errorf("%q %q", s.log, s.failure)
			}
		})
	}
}

// What a server says ends no line of a test's log, and moves no cursor.
func TestReportOfAHostileServerInALog(t *testing.T) {
	const hostile = "x\n--- PASS: TestChat\x1b[2J\u202e"
	r := &leakcheck.Report{
		Verdict: leakcheck.Leaking, Target: hostile,
		Disconnects: []leakcheck.Row{{Name: loadgen.Close, LeakedIDs: []string{hostile, "two"}}},
		Findings: []leakcheck.Finding{{
			Code: leakcheck.Leak, Severity: leakcheck.SeverityError, Summary: hostile, Evidence: hostile, Hint: hostile,
			Fixes: []leakcheck.Fix{{Framework: leakcheck.Go, Text: hostile}},
		}},
		Facts:     []leakcheck.Fact{{Name: leakcheck.ServerFact, Value: hostile, Evidence: hostile}},
		NotJudged: []leakcheck.NotJudged{{Name: hostile, Why: hostile, How: hostile}},
	}
	text := r.String()
	if lines := strings.Count(text, "\n") + 1; lines != 11 {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%U got through", c)
		}
	}
	if !strings.Contains(text, "\n    leaked: x --- PASS: TestChat [2J  two\n") {
		t.Errorf("it lacks an id:\n%s", text)
	}
}

func TestVerifyCannotBegin(t *testing.T) {
	t.Parallel()
	_, config := serveChat(t, false)
	s := &spy{TB: t}
	if leakcheck.Verify(s, config) || s.failure != "leakcheck: no probe reads the server's sessions" {
		t.Errorf("without a probe: %q", s.failure)
	}
	config.Probes = []leakcheck.Probe{leakcheck.Func{}}
	s = &spy{TB: t}
	if leakcheck.Verify(s, config) || !strings.Contains(s.failure, "neither Count nor List is set") {
		t.Errorf("without a function: %q", s.failure)
	}
}

// A healthy server is told so in about a second and a half, at the best of some.
func TestVerifyIsQuick(t *testing.T) {
	c, config := serveChat(t, false)
	config.Probes = []leakcheck.Probe{leakcheck.Func{List: c.list}}
	quickest := time.Hour
	for range 5 {
		s := &spy{TB: t}
		began := time.Now()
		if !leakcheck.Verify(s, config) {
			t.Fatal(s.failure)
		}
		if quickest = min(quickest, time.Since(began)); quickest <= 2*time.Second {
			return
		}
	}
	t.Errorf("it took %s at the best", quickest)
}
