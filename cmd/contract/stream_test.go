package contract

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What is read is told, in its order.
func TestMessages(t *testing.T) {
	big := strings.Repeat("0123456789", 1<<20)
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"event", "data: hello\n\n", []string{eventOf("message", "hello", "")}},
		{"all fields", "event: greeting\nid: 7\ndata: one\ndata: two\n\n", []string{eventOf("greeting", "one\ntwo", "7")}},
		{"the id stays", "id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", []string{eventOf("message", "a", "7"), eventOf("message", "b", "7"), eventOf("message", "c", "")}},
		{"no data in data", "data\n\n", []string{eventOf("message", "", "")}},
		{"comments", ":Hello\n: World\ndata: x\n\n", []string{commentOf("Hello"), commentOf("World"), eventOf("message", "x", "")}},
		{"empty comment", ":\n", []string{commentOf("")}},
		{"mark", "\xEF\xBB\xBFdata: \xEF\xBB\xBFx\n\n", []string{eventOf("message", "\uFEFFx", "")}},
		{"CR", "data: a\rdata: b\r\r", []string{eventOf("message", "a\nb", "")}},
		{"large", "data: " + big + "\n\n", []string{eventOf("message", big, "")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSuite(t)
			stream := s.create(nil)
			s.visit().write <- c.stream
			for _, want := range c.want {
				s.want(want)
			}
			s.quiet(stream)
		})
	}
}

func TestRequest(t *testing.T) {
	s := newSuite(t)
	stream := s.create(nil)
	v := s.visit()
	if v.Method != http.MethodGet || v.Header.Get("Accept") != "text/event-stream" || v.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%s %v", v.Method, v.Header)
	}
	if id, sent := v.Header["Last-Event-Id"]; sent {
		t.Errorf("id %q", id)
	}
	s.quiet(stream)

	stream = s.create(map[string]any{
		"method": "REPORT", "body": `{"a": "b"}`, "lastEventId": "abc",
		"headers": map[string]string{"content-type": "application/json", "x-one": "1"},
	})
	for range 2 { // the first time, and again
		v = s.visit()
		if v.Method != "REPORT" || v.body != `{"a": "b"}` || v.Header.Get("Last-Event-Id") != "abc" ||
			v.Header.Get("Content-Type") != "application/json" || v.Header.Get("X-One") != "1" {
			t.Errorf("%s %q %v", v.Method, v.body, v.Header)
		}
		close(v.write)
	}
	s.visit()
	s.quiet(stream)
}

// A good end is no message; the next request has the last id, and what was cut is not told.
func TestReconnection(t *testing.T) {
	s := newSuite(t)
	stream := s.create(nil)
	v := s.visit()
	v.write <- "retry: 0\nid: abc\ndata: hello\n\nid: def\ndata: good bye"
	s.want(eventOf("message", "hello", "abc"))
	close(v.write)
	v = s.visit()
	if id := v.Header.Get("Last-Event-Id"); id != "abc" {
		t.Errorf("id %q", id)
	}
	v.write <- "data: again\n\n"
	s.want(eventOf("message", "again", "abc"))
	s.quiet(stream)
}

func TestRestart(t *testing.T) {
	s := newSuite(t)
	stream := s.create(map[string]any{"headers": map[string]string{"last-event-id": "first"}})
	v := s.visit()
	if id := v.Header.Get("Last-Event-Id"); id != "first" {
		t.Errorf("id %q", id)
	}
	v.write <- "retry: 3600000\nid: abc\ndata: hello\n\n" // a restart does not wait for that
	s.want(eventOf("message", "hello", "abc"))
	s.command(stream, "restart")
	<-v.Context().Done()
	v = s.visit()
	if id := v.Header.Get("Last-Event-Id"); id != "abc" {
		t.Errorf("id %q", id)
	}
	v.write <- "id\ndata: reset\n\n"
	s.want(eventOf("message", "reset", ""))
	s.command(stream, "restart")
	v = s.visit()
	if id, sent := v.Header["Last-Event-Id"]; sent {
		t.Errorf("a reset id: %q", id)
	}
	s.command(stream, "listen")
	v.write <- "event: any\ndata: x\n\n"
	s.want(eventOf("any", "x", ""))
	close(v.write)
	select { // the reconnection time outlives a restart
	case <-s.visits:
		t.Error("it is back before the hour that the server asked for")
	case <-time.After(500 * time.Millisecond):
	}
	s.command(stream, "restart")
	s.visit()
	s.quiet(stream)
}

func (s *suite) command(stream, name string) {
	s.t.Helper()
	if resp := s.do(http.MethodPost, stream, `{"command": "`+name+`", "listen": {"type": "any"}}`); resp.StatusCode != http.StatusNoContent {
		s.t.Errorf("%s: %s", name, resp.Status)
	}
}

// Commands that come in any number and at any time do no harm, and each stream that was asked for is let go of.
func TestManyRestarts(t *testing.T) {
	s := newSuite(t)
	stream := s.create(nil)
	for range 50 {
		s.command(stream, "restart")
	}
	if resp := s.do(http.MethodDelete, stream, ""); resp.StatusCode != http.StatusNoContent {
		t.Error(resp.Status)
	}
	for len(s.visits) > 0 {
		<-s.visit().Context().Done()
	}
}

// A restart that comes before there is anything to restart is over with the first connection.
func TestEarlyRestart(t *testing.T) {
	s := newSuite(t)
	asked := make(chan struct{}, 10)
	url := s.serve(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		http.NotFound(w, r)
	})
	st, err := newStream(params{StreamURL: url, CallbackURL: s.callback}, s.client, slog.New(slog.NewTextHandler(s.logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, st.cancel = context.WithCancel(t.Context())
	st.restart()
	go st.run(ctx)
	s.want(anError)
	select {
	case <-s.messages:
		t.Error("it restarted after its end")
	case <-time.After(200 * time.Millisecond):
	}
	st.cancel()
	<-st.done
	if len(asked) != 1 {
		t.Errorf("%d requests", len(asked))
	}
}

func TestReadTimeout(t *testing.T) {
	s := newSuite(t)
	s.create(map[string]any{"readTimeoutMs": 1000})
	v := s.visit()
	v.write <- "data: hello\n\n"
	s.want(eventOf("message", "hello", ""))
	s.want(anError + "read event stream: nothing came for 1s")
	<-v.Context().Done()
	s.visit()
}

// What ends a client for good is told, but for a server that wants no one back. A restart begins anew.
func TestFinalAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		message string // empty is none
	}{
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, ""},
		{"404", http.NotFound, "response has status 404"},
		{"content type", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/plain") }, `response has content type`},
		{"301 without location", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(301) }, "response has status 301"},
		{"307 with an empty one", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", ""); w.WriteHeader(307) }, "response has status 307"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSuite(t)
			asked := make(chan struct{}, 10)
			url := s.serve(func(w http.ResponseWriter, r *http.Request) {
				c.answer(w, r)
				asked <- struct{}{}
			})
			stream := s.create(map[string]any{"streamUrl": url})
			for range 2 {
				<-asked
				if c.message != "" {
					s.want(anError + "open " + url + ": " + c.message)
				}
				s.command(stream, "restart")
			}
			s.do(http.MethodDelete, stream, "")
			if len(asked) > 1 {
				t.Errorf("asked %d times more", len(asked))
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		s := newSuite(t)
		from := s.serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.stream, status) })
		stream := s.create(map[string]any{"streamUrl": from})
		s.visit().write <- "data: hello\n\n"
		s.want(eventOf("message", "hello", ""))
		s.quiet(stream)
	}
}

// A suite that has gone ends the stream, and the log tells.
func TestCallbackIsNotTaken(t *testing.T) {
	s := newSuite(t)
	gone := s.serve(http.NotFound)
	s.create(map[string]any{"callbackUrl": gone})
	v := s.visit()
	v.write <- "data: hello\n\n"
	<-v.Context().Done()
	s.stop()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
	if got := s.logs.String(); !strings.Contains(got, `level=ERROR msg="stream ended" tag=`+t.Name()+` error="callback to `+gone+`/1: answered with status 404 Not Found"`) {
		t.Errorf("logged %q", got)
	}
}
