package talk

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen. It is long, because the machine may be busy; nothing waits for
// all of it unless it fails.
const patience = 20 * time.Second

// startServer starts a reference server and returns its URL.
func startServer(t testing.TB, cfg server.Config) string {
	t.Helper()
	return "http://" + startServerAt(t, "127.0.0.1:0", cfg).addr
}

type running struct {
	addr string
	stop func() // may be called twice
}

func startServerAt(t testing.TB, addr string, cfg server.Config) *running {
	t.Helper()
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := server.Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, ln) }()
	stopped := false
	r := &running{addr: ln.Addr().String()}
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// resolved is the config of a URL.
func resolved(t testing.TB, c Config) Config {
	t.Helper()
	c, err := c.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func says(text string) client.Conversation {
	return client.Conversation{Messages: []client.Message{{Role: client.RoleUser, Text: text}}}
}

// ask asks, and closes the reply with the test.
func ask(t testing.TB, c Config, talk client.Conversation) *Reply {
	t.Helper()
	r := Ask(t.Context(), c, talk)
	t.Cleanup(func() { r.Close() })
	return r
}

// heard is what came of a reply until its end.
type heard struct {
	text, reasoning string
	kinds           []client.Kind
	states          []State
	life            Life
	err             error
}

// hear reads a reply to its end, or until a function says that it is enough.
func hear(t testing.TB, r *Reply, enough func(Update) bool) (h heard) {
	t.Helper()
	limit := time.AfterFunc(patience, func() { r.Close() })
	defer limit.Stop()
	for {
		u, err := r.Next()
		h.text += u.Text
		h.reasoning += u.Reasoning
		h.life, h.err = u.Life, err
		if n := len(h.states); n == 0 || h.states[n-1] != u.Life.State {
			h.states = append(h.states, u.Life.State)
		}
		if err != nil {
			if errors.Is(err, ErrLeft) && !limit.Stop() {
				t.Fatalf("nothing more came within %s; so far %q", patience, h.text)
			}
			return h
		}
		h.kinds = append(h.kinds, u.Kind)
		if enough != nil && enough(u) {
			return h
		}
	}
}

// complete reads a reply that has to be complete.
func complete(t testing.TB, r *Reply) heard {
	t.Helper()
	h := hear(t, r, nil)
	if !errors.Is(h.err, io.EOF) || h.life.State != Done || h.life.Err != nil {
		t.Fatalf("it ended with %v, %s (%v), after %q", h.err, h.life.State, h.life.Err, h.text)
	}
	return h
}

func someText(u Update) bool { return u.Text != "" }
