package probe_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/server"
)

const patience = 10 * time.Second

// reference is the real reference server.
func reference(t *testing.T, cfg server.Config) (origin string) {
	t.Helper()
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}

// open opens a stream and returns once its session is registered: its id, and
// what ends it.
func open(t *testing.T, origin, streamID string) (session string, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/sse/chat?tokens=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	if streamID != "" {
		req.Header.Set("X-Stream-Id", streamID)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	leave = func() {
		cancel()
		_ = resp.Body.Close()
	}
	t.Cleanup(leave)
	if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return resp.Header.Get("X-Session-Id"), leave
}

func TestDetectAndRead(t *testing.T) {
	before := time.Now().Add(-time.Second)
	origin := reference(t, server.Config{
		Timeout: 90 * time.Second, Heartbeat: 1500 * time.Millisecond, UserTimeout: 3 * time.Second, SweepEvery: 7 * time.Second, IdleTimeout: 11 * time.Second,
	})
	own := probe.Detect(t.Context(), origin+"/sse/chat?message=hi&token=x#part", probe.Access{})
	if own == nil {
		t.Fatal("the reference server was not recognised")
	}
	wantSeries := []leakcheck.Series{
		{Name: "sessions", Role: leakcheck.Sessions, Spec: origin + "/sessions"},
		{Name: "upstreams", Role: leakcheck.Upstreams, Spec: origin + "/sessions"},
	}
	if got := own.Series(); !reflect.DeepEqual(got, wantSeries) {
		t.Errorf("series: got %+v, want %+v", got, wantSeries)
	}

	a := readOwn(t, own)
	if want := []leakcheck.Sample{{IDs: []string{}}, {Output: &leakcheck.Output{Direct: true}}}; !reflect.DeepEqual(a.Samples, want) {
		t.Errorf("before: got %+v, want %+v", a.Samples, want)
	}
	wantLimits := leakcheck.Limits{Timeout: 90 * time.Second, Heartbeat: 1500 * time.Millisecond, UserTimeout: 3 * time.Second, SweepEvery: 7 * time.Second, IdleTimeout: 11 * time.Second}
	if a.Server == nil || a.Server.Config != wantLimits || a.Server.Opened != 0 {
		t.Errorf("before: the server tells %+v", a.Server)
	}
	if started := a.Server.StartedAt; started.Before(before) || started.After(time.Now().Add(time.Second)) {
		t.Errorf("it started at %s", started)
	}

	_, leave := open(t, origin, "storm-1")
	anonymous, _ := open(t, origin, "")
	a = readOwn(t, own)
	slices.Sort(a.Samples[0].IDs)
	ids := []string{"storm-1", anonymous}
	slices.Sort(ids)
	a.Samples[1].Output = nil // it goes on
	if want := []leakcheck.Sample{{Count: 2, IDs: ids}, {Count: 2}}; !reflect.DeepEqual(a.Samples, want) {
		t.Errorf("with two streams: got %+v, want %+v", a.Samples, want)
	}
	if a.Server.Opened != 2 {
		t.Errorf("%d opened", a.Server.Opened)
	}

	leave()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		a = readOwn(t, own)
		if a.Samples[0].Count == 1 && a.Samples[1].Count == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the session does not go: %+v", a.Samples)
		}
	}
	if !slices.Equal(a.Samples[0].IDs, []string{anonymous}) {
		t.Errorf("after: %v is left, not %v", a.Samples[0].IDs, anonymous)
	}
}

// As the model behind somebody's gateway a reference server tells what it has
// generated, and nothing of itself that the gateway's would be taken for.
func TestModelBehindAGateway(t *testing.T) {
	origin := reference(t, server.Config{Timeout: time.Minute, ReplyRate: 1000})
	p, err := probe.Parse("upstreams="+origin+"/v1", probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	_, leave := open(t, origin, "")
	var a leakcheck.Answer
	until := func(what string, is func(leakcheck.Output) bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if a, err = p.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			if is(*a.Samples[0].Output) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", what, a.Samples[0].Output)
			}
		}
	}
	until("it generates", func(o leakcheck.Output) bool { return o.Tokens > 10 })
	if s := a.Samples; len(s) != 1 || s[0].Count != 1 || s[0].Output.Direct || a.Server != nil {
		t.Errorf("%+v, %+v", s, a.Server)
	}
	leave()
	until("it was cut short", func(o leakcheck.Output) bool { return o.Cancelled == 1 && o.Completed == 0 })
}

func readOwn(t *testing.T, own *probe.Own) leakcheck.Answer {
	t.Helper()
	a, err := own.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Samples) != len(own.Series()) {
		t.Fatalf("%d samples for %d series", len(a.Samples), len(own.Series()))
	}
	return a
}

// The json kind reads the same server, and agrees.
func TestJSONOfTheReference(t *testing.T) {
	origin := reference(t, server.DefaultConfig())
	session, _ := open(t, origin, "storm-1")
	for filter, want := range map[string]leakcheck.Sample{
		".active":              {Count: 1},
		".upstreams":           {Count: 1},
		".sessions":            {Count: 1, IDs: []string{"storm-1", session}},
		".sessions | map(.id)": {Count: 1, IDs: []string{session}},
	} {
		p, err := probe.Parse("json:"+origin+"/sessions#"+filter, probe.Access{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.Read(t.Context())
		if err != nil || len(a.Samples) != 1 || !reflect.DeepEqual(a.Samples[0], want) || a.Server != nil {
			t.Errorf("%s: got %+v, %v; want %+v", filter, a, err, want)
		}
	}
}

func TestDetectIsNotFooled(t *testing.T) {
	for name, body := range map[string]string{
		"page":           "<!doctype html>",
		"other JSON":     `{"active": 3, "sessions": []}`,
		"other service":  `{"service": "chat", "active": 3}`,
		"service later":  `[{"service": "sse-tool"}]`,
		"another type":   `{"service": "sse-tool", "active": "three"}`,
		"bad time":       `{"service": "sse-tool", "started_at": "noon"}`,
		"bare string":    `"sse-tool"`,
		"null":           `null`,
		"truncated":      `{"service": "sse-tool"`,
		"nothing":        ``,
		"case":           `{"service": "SSE-Tool"}`,
		"a service list": `{"service": ["sse-tool"]}`,
		"below nothing":  `{"service": "sse-tool", "active": -3}`,
		"fewer tokens":   `{"service": "sse-tool", "tokens": {"sent": 5, "after_disconnect": -9}}`,
		"fewer closed":   `{"service": "sse-tool", "closed": {"completed": -1}}`,
		"too many":       `{"service": "sse-tool", "process": {"heap_bytes": 9223372036854775807}}`,
		"before time":    `{"service": "sse-tool", "config": {"heartbeat_s": -1}}`,
		"for ever":       `{"service": "sse-tool", "config": {"timeout_s": 1e300}}`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		if own := probe.Detect(t.Context(), s.URL, probe.Access{}); own != nil {
			t.Errorf("%s: %s is taken for the reference server", name, body)
		}
		if _, err := probe.NewOwn(s.URL, probe.Access{}).Read(t.Context()); err == nil {
			t.Errorf("%s: read without an error", name)
		}
		s.Close()
	}

	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer asked.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, address := range []string{
		asked.URL, gone.URL, gone.URL + "/sse/chat",
		"", "host", "localhost:8080", "/sse/chat", "http://", "ftp://127.0.0.1:1/", "http://ho st/", "http://[::1", ":",
	} {
		if own := probe.Detect(t.Context(), address, probe.Access{}); own != nil {
			t.Errorf("%q: detected %+v", address, own.Series())
		}
	}
}

func TestDetectEndsWithItsContext(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	own := probe.Detect(ctx, s.URL, probe.Access{})
	if took := time.Since(begun); own != nil || took > 2*time.Second {
		t.Errorf("after %s: %v", took, own)
	}
	if _, err := probe.NewOwn(s.URL, probe.Access{}).Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// Detect asks for the counts alone and leaves no connection: the server's
// descriptors are what the run is about to measure.
func TestDetectLeavesNothing(t *testing.T) {
	var asked atomic.Value
	closed := make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.RequestURI)
		_, _ = w.Write([]byte(`{"service": "sse-tool"}`))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	s.Start()
	defer s.Close()
	address := strings.Replace(s.URL, "http://", "http://me:pw@", 1)
	own := probe.Detect(t.Context(), address+"/sse/chat?list=1", probe.Access{})
	begun := time.Now()
	if own == nil {
		t.Fatal("not detected")
	}
	if got := asked.Load(); got != "/sessions?list=0" {
		t.Errorf("asked for %s", got)
	}
	select {
	case <-closed:
	case <-time.After(patience):
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("its connection stayed for %s", took)
	}
	for _, series := range own.Series() {
		if strings.Contains(series.Spec, "pw") || strings.Contains(series.Spec, "me@") {
			t.Errorf("the spec is %s", series.Spec)
		}
	}
}

// What Own says when the place is not what it was told.
func TestOwnTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{200, `{"active": 3}`, "/sessions is not a session endpoint of our form"},
		{200, `{"sessions": ["a"]}`, `/sessions is not a session endpoint of our form: "sessions" is not to hold a string`},
		{200, "<html>", "/sessions answered HTML, not JSON"},
		{404, "", "/sessions answered 404 Not Found"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		defer s.Close()
		_, err := probe.NewOwn(s.URL, probe.Access{}).Read(t.Context())
		if err == nil || err.Error() != s.URL+c.want {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
		if own := new(probe.Error); !errors.As(err, &own) || !strings.Contains(own.Hint(), "json:URL#JQ") {
			t.Errorf("%d %s: it does not say how another's is written: %v", c.status, c.body, err)
		}
	}
}
