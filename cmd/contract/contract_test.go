package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// soon bounds what has to happen at once, on a slow machine.
const soon = 20 * time.Second

// suite is what the public suite's program is to the service: it asks, and serves the streams and the callbacks.
type suite struct {
	t        *testing.T
	service  string
	client   *http.Client
	logs     *logs
	ended    chan error // what Serve returned
	stop     context.CancelFunc
	visits   chan *visit
	messages chan string
	callback string
	stream   string
}

// visit is one request for the stream, which its test answers by write, until it is done.
type visit struct {
	*http.Request
	body  string
	write chan string
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &suite{
		t: t, service: "http://" + ln.Addr().String(), client: &http.Client{Transport: new(http.Transport)}, logs: new(logs),
		ended: make(chan error, 1), stop: stop, visits: make(chan *visit, 100), messages: make(chan string, 100),
	}
	s.stream = s.serve(s.serveStream)
	s.callback = s.serve(s.takeCallback()) + "/calls"
	go func() { s.ended <- Serve(ctx, ln, slog.New(slog.NewTextHandler(s.logs, nil))) }()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		stop()
		if err := s.wait(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *suite) serve(h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	s.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// wait waits for the service's end; it may be called again.
func (s *suite) wait() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(soon):
		s.t.Fatal("the service did not end")
		return nil
	}
}

// serveStream hands each request to the test, and writes what that says until it closes the channel.
func (s *suite) serveStream(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v := &visit{Request: r, body: string(body), write: make(chan string)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	s.visits <- v
	for {
		select {
		case text, more := <-v.write:
			if !more {
				return
			}
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// takeCallback sees that callbacks are numbered from 1 and come in that order.
func (s *suite) takeCallback() http.HandlerFunc {
	want := 0
	return func(w http.ResponseWriter, r *http.Request) {
		want++
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.Path != fmt.Sprintf("/calls/%d", want) || r.Header.Get("Content-Type") != "application/json" {
			s.t.Errorf("callback %d: %s %s, %v", want, r.Method, r.URL.Path, r.Header)
		}
		s.messages <- string(body)
		w.WriteHeader(http.StatusAccepted)
	}
}

// do asks the service and returns the answer, its body read.
func (s *suite) do(method, url, body string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp
}

// create asks for a stream, by more than its URLs, and returns where it can be commanded.
func (s *suite) create(more map[string]any) string {
	s.t.Helper()
	p := map[string]any{"streamUrl": s.stream, "callbackUrl": s.callback, "tag": s.t.Name(), "initialDelayMs": 0, "readTimeoutMs": nil}
	for name, value := range more {
		p[name] = value
	}
	body, err := json.Marshal(p)
	if err != nil {
		s.t.Fatal(err)
	}
	resp := s.do(http.MethodPost, s.service, string(body))
	location := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusCreated || !strings.HasPrefix(location, s.service+"/") {
		s.t.Fatalf("%s, Location %q", resp.Status, location)
	}
	return location
}

func (s *suite) visit() *visit {
	s.t.Helper()
	select {
	case v := <-s.visits:
		return v
	case <-time.After(soon):
		s.t.Fatal("nobody asked for the stream")
		return nil
	}
}

// want waits for a message that begins so.
func (s *suite) want(start string) {
	s.t.Helper()
	select {
	case got := <-s.messages:
		if !strings.HasPrefix(got, start) {
			s.t.Fatalf("got %s\nwant %s", got, start)
		}
	case <-time.After(soon):
		s.t.Fatalf("no message; want %s", start)
	}
}

// quiet sees that no message and no request is left over: with the stream removed, none can come any more.
func (s *suite) quiet(stream string) {
	s.t.Helper()
	if resp := s.do(http.MethodDelete, stream, ""); resp.StatusCode != http.StatusNoContent {
		s.t.Errorf("removed: %s", resp.Status)
	}
	if len(s.messages) > 0 || len(s.visits) > 0 {
		s.t.Errorf("%d messages and %d requests too many", len(s.messages), len(s.visits))
	}
}

func eventOf(name, data, id string) string {
	body, _ := json.Marshal(message{Kind: "event", Event: &event{Type: name, Data: data, ID: id}})
	return string(body)
}

func commentOf(text string) string { return fmt.Sprintf(`{"kind":"comment","comment":%q}`, text) }

const anError = `{"kind":"error","comment":"`

// logs is what the service has logged so far.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
