package talk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

// next waits for a look at the sessions that fits.
func next(t *testing.T, s *Sessions, what string, fits func(Live) bool) Live {
	t.Helper()
	limit := time.AfterFunc(patience, func() { s.Close() })
	defer limit.Stop()
	for {
		l, err := s.Next()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if fits(l) {
			return l
		}
	}
}

func watch(t *testing.T, c Config) *Sessions {
	t.Helper()
	s, err := Watch(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSessionsOfARealServer(t *testing.T) {
	t.Parallel()
	s := startServerAt(t, "127.0.0.1:0", server.Config{ReplyRate: 1, Heartbeat: time.Minute})
	c := resolved(t, Config{URL: "http://" + s.addr, Retry: 20 * time.Millisecond})
	early := ask(t, c, says("early"))
	hear(t, early, func(u Update) bool { return u.Kind == client.KindOpen })

	w := watch(t, c)
	l := next(t, w, "the list", func(l Live) bool { return l.Connected })
	if l.Change != nil || l.Active != 1 || len(l.Sessions) != 1 || l.Sessions[0].Stream != early.Life().Stream || l.Sessions[0].Transport != "sse" ||
		l.Sessions[0].Opened.IsZero() || l.Listed.IsZero() {
		t.Errorf("the list is %+v", l)
	}
	late := ask(t, c, says("late"))
	hear(t, late, func(u Update) bool { return u.Kind == client.KindOpen })
	l = next(t, w, "a session to open", func(l Live) bool { return l.Change != nil })
	if l.Change.Closed || l.Change.Stream != late.Life().Stream || l.Active != 2 || len(l.Sessions) != 2 || l.Sessions[1].ID != l.Change.ID {
		t.Errorf("then %+v", l)
	}
	d, err := early.Leave("close")
	if err != nil {
		t.Fatal(err)
	}
	l = next(t, w, "a session to close", func(l Live) bool { return l.Change != nil })
	if g, ok := d.Gone(l); !ok || g.Reason != "disconnected" || g.After <= 0 || l.Active != 1 || len(l.Sessions) != 1 {
		t.Errorf("then %+v, %+v, %t", l, g, ok)
	}

	// Who begins to watch behind it learns that it is gone, and of one that stays that it is there.
	if g, err := d.Await(t.Context(), c); err != nil || g.Reason != "" || g.After <= 0 {
		t.Errorf("%+v, %v", g, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	stays := Departure{At: time.Now(), Stream: late.Life().Stream}
	if g, err := stays.Await(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that is there: %+v, %v", g, err)
	}

	s.stop()
	l = next(t, w, "the loss", func(l Live) bool { return !l.Connected })
	if l.Due.IsZero() || l.Change != nil {
		t.Errorf("lost: %+v", l)
	}
	w.Close()
	if _, err := w.Next(); !errors.Is(err, client.ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Errorf("after Close: %v", err)
	}
}

// A server that says that a session is closed, and does not take it out of its list, holds it.
func TestSessionsStayInTheList(t *testing.T) {
	t.Parallel()
	s := startServerAt(t, "127.0.0.1:0", server.Config{ReplyRate: 1, Heartbeat: time.Minute, Defects: []server.Defect{server.NoRemove}})
	c := resolved(t, Config{URL: "http://" + s.addr, Retry: 20 * time.Millisecond})
	r := ask(t, c, says("hello"))
	hear(t, r, func(u Update) bool { return u.Kind == client.KindOpen })
	w := watch(t, c)
	l := next(t, w, "the list", func(l Live) bool { return l.Connected })
	before := l.Listed
	d, err := r.Leave("close")
	if err != nil {
		t.Fatal(err)
	}
	l = next(t, w, "a look behind the leaving", func(l Live) bool { return l.Change != nil || l.Listed.After(before) })
	if g, ok := d.Gone(l); ok || l.Active != 1 || len(l.Sessions) != 1 {
		t.Errorf("it is told to be gone: %+v, in %+v", g, l)
	}
}

// A number that is missing has the list read again, and what the list had is not taken twice.
func TestSessionsMissAChange(t *testing.T) {
	t.Parallel()
	feed := make(chan string)
	var lists atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sessions", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list") == "0" {
			lists.Store(0)
		}
		switch lists.Add(1) {
		case 1, 2: // by Resolve
			io.WriteString(w, `{"service": "sse-tool", "active": 0}`)
		case 3:
			io.WriteString(w, `{"service": "sse-tool", "seq": 4, "active": 1, "sessions": [{"id": "a", "stream_id": "sa"}]}`)
		case 4:
			io.WriteString(w, `{"service": "sse-tool", "seq": 8, "active": 2, "sessions": [{"id": "a", "stream_id": "sa"}, {"id": "c", "stream_id": "sc"}]}`)
		case 5:
			http.Error(w, "no", http.StatusServiceUnavailable)
		default:
			io.WriteString(w, `{"service": "sse-tool", "seq": 20, "active": 0}`)
		}
	})
	mux.HandleFunc("GET /sessions/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case text := <-feed:
				if text == "" {
					return
				}
				io.WriteString(w, text)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	c := resolved(t, Config{URL: srv.URL})
	w := watch(t, c)
	go func() {
		change := func(name string, seq int, id string) {
			active := map[string]int{"opened": 9, "closed": 1}[name]
			feed <- fmt.Sprintf("event: %s\ndata: {\"seq\": %d, \"active\": %d, \"id\": %q, \"stream_id\": %q}\n\n", name, seq, active, id, "s"+id)
		}
		feed <- "retry: 20\n\nevent: watching\ndata: {\"seq\": 3, \"active\": 1}\n\n"
		change("opened", 4, "a") // is in the list
		change("opened", 5, "b")
		change("mystery", 6, "x")
		change("opened", 8, "d") // 6 and 7 are missing
		change("closed", 9, "a")
		change("closed", 12, "c")
		feed <- ""
		feed <- "event: watching\ndata: {\"seq\": 20, \"active\": 0}\n\n"
	}()
	any := func(Live) bool { return true }
	for _, want := range []struct {
		change string
		active int
		ids    string
		err    bool
	}{
		{"", 1, "a", false}, {"b", 9, "ab", false}, {"", 2, "ac", false}, {"a", 1, "c", false}, {"", 1, "c", true},
	} {
		l := next(t, w, "a look", any)
		ids, change := "", ""
		for _, s := range l.Sessions {
			ids += s.ID
		}
		if l.Change != nil {
			change = l.Change.ID
		}
		if sorted := len(ids) == 2 && ids[0] > ids[1]; sorted {
			ids = ids[1:] + ids[:1] // the one that the feed told of is the youngest
		}
		if change != want.change || l.Active != want.active || ids != want.ids || (l.Err != nil) != want.err {
			t.Errorf("%+v, want %+v", l, want)
		}
	}
	if l := next(t, w, "the loss", any); l.Connected || l.Due.IsZero() || l.Change != nil || l.Active != 1 {
		t.Errorf("lost: %+v", l)
	}
	if l := next(t, w, "the list again", any); !l.Connected || l.Err != nil || l.Active != 0 || len(l.Sessions) != 0 {
		t.Errorf("and again: %+v", l)
	}
}

func TestNoSessions(t *testing.T) {
	t.Parallel()
	if _, err := Watch(t.Context(), Config{URL: "http://127.0.0.1:1"}); !errors.Is(err, ErrNoSessions) {
		t.Errorf("%v", err)
	}
	s := serveRaw(t, streams(""))
	c := Config{URL: s.url(), Target: Target{Dialect: Own, Sessions: s.url() + "/sessions"}}
	var status *client.StatusError
	if l, err := watch(t, c).Next(); !errors.As(err, &status) || status.Status != 404 || l.Connected || l.Err == nil {
		t.Errorf("%+v, %v", l, err)
	}
}

// What a look tells of a departure.
func TestDepartureGone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := Departure{At: now, Session: "a", Stream: "sa"}
	closed := func(stream string) *Change {
		return &Change{Session: Session{ID: "a", Stream: stream}, Closed: true, Reason: "disconnected"}
	}
	after := now.Add(time.Second)
	for name, tt := range map[string]struct {
		live Live
		gone bool
	}{
		"its close":                       {Live{At: after, Change: closed("sa")}, true},
		"another stream of the session":   {Live{At: after, Connected: true, Listed: now, Change: closed("sb")}, false},
		"its opening":                     {Live{At: after, Connected: true, Change: &Change{Session: Session{Stream: "sa"}}}, false},
		"a list without it":               {Live{At: after, Connected: true, Listed: now}, true},
		"one of before":                   {Live{At: after, Connected: true, Listed: now.Add(-1)}, false},
		"one with it":                     {Live{At: after, Connected: true, Listed: now, Active: 1, Sessions: []Session{{Stream: "sa"}}}, false},
		"one with its successor":          {Live{At: after, Connected: true, Listed: now, Active: 1, Sessions: []Session{{ID: "a", Stream: "sb"}}}, true},
		"one that does not show them all": {Live{At: after, Connected: true, Listed: now, Active: 2, Sessions: []Session{{Stream: "sb"}}}, false},
		"no connection":                   {Live{At: after, Listed: now}, false},
	} {
		if g, ok := d.Gone(tt.live); ok != tt.gone || ok && g.After != time.Second {
			t.Errorf("%s: %+v, %t", name, g, ok)
		} else if took := name == "one with its successor"; took != (g.Reason == "replaced") {
			t.Errorf("%s: the reason is %q", name, g.Reason)
		}
	}
}
