package server

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// events is a stream as an EventSource reads it: what came, one string an
// event, and the id that it would come back with.
type events struct {
	seen   []string
	lastID string
}

// read reads until an event of that name has come, or to the end.
func (e *events) read(in *bufio.Scanner, name string) {
	event := ""
	for in.Scan() {
		field, value, _ := strings.Cut(in.Text(), ": ")
		switch field {
		case "id":
			e.lastID = value
		case "event":
			event = value
		case "data":
			e.seen = append(e.seen, event+" "+value)
			if event == name {
				return
			}
		}
	}
}

// deltas are the texts of the deltas seen.
func (e *events) deltas() (texts []string) {
	for _, s := range e.seen {
		if text, ok := strings.CutPrefix(s, `delta {"delta":"`); ok {
			texts = append(texts, strings.TrimSuffix(text, `"}`))
		}
	}
	return texts
}

// last is the last event seen.
func (e *events) last() string { return e.seen[len(e.seen)-1] }

// take reads a stream until it has seen n events of that name, and leaves it.
func (r *running) take(t *testing.T, e *events, path, name string, n int) {
	t.Helper()
	p := r.dial(t, path, "Last-Event-ID: "+e.lastID)
	_ = p.SetReadDeadline(time.Now().Add(patience))
	in := bufio.NewScanner(p.in)
	for range n {
		e.read(in, name)
	}
	p.leave()
}

// A client that is cut again and again ends with the whole reply, each token
// once and in order, whether its old session is still there or not.
func TestResumeWithoutGapOrDuplicate(t *testing.T) {
	t.Parallel()
	const path = "/sse/chat?message=hi&tokens=25&rate=500"
	for name, spoil := range map[string]func(*Config){
		"from the buffer":   func(*Config) {},
		"beyond the buffer": func(c *Config) { c.ResumeBytes = 1 },
		"unnoticed":         func(c *Config) { c.Defects = []Defect{NoErrorCallback} },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := quick()
			spoil(&cfg)
			r := start(t, cfg)
			var e events
			for len(e.seen) == 0 || !strings.HasPrefix(e.last(), "done") {
				r.take(t, &e, path, "delta", 4)
			}
			var want []string
			for i := range 25 {
				want = append(want, tokenOf(Prompt{Message: "hi"}, i))
			}
			if got := e.deltas(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			equal(t, "last", e.last(), `done {"tokens":25}`)
			sessions := map[string]bool{}
			for _, s := range e.seen {
				if strings.HasPrefix(s, "session ") {
					sessions[s] = true
				}
			}
			equal(t, "session ids", len(sessions), 1)
			eventually(t, "nothing stays", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })

			opened := r.answer(t).Opened
			p := r.dial(t, path, "Last-Event-ID: "+e.lastID)
			if line := p.until(t, "HTTP/1.1"); !strings.Contains(line, "204") {
				t.Errorf("an EventSource would ask for ever: %s", line)
			}
			equal(t, "sessions opened for it", r.answer(t).Opened-opened, 0)
		})
	}
}

// A reply that was complete, but whose end did not arrive.
func TestResumeOfAFinishedReply(t *testing.T) {
	r := start(t, quick())
	var e events
	r.take(t, &e, "/sse/chat?tokens=3&rate=1000", "done", 1)
	eventually(t, "completed", func() bool { return r.closed(CloseCompleted) == 1 })
	again := events{lastID: strings.TrimSuffix(e.lastID, "end") + "2"}
	r.take(t, &again, "/sse/chat?tokens=3&rate=1000", "done", 1)
	equal(t, "deltas", strings.Join(again.deltas(), ""), e.deltas()[2])
	equal(t, "last", again.last(), `done {"tokens":3}`)
	equal(t, "its session", again.seen[0], e.seen[0])
}

// counting is an upstream that cannot begin in the middle.
type counting struct{}

func (counting) Generate(ctx context.Context, p Prompt, emit func(string) error) error {
	for i := 0; ; i++ {
		if err := emit(fmt.Sprint(i)); err != nil || i+1 == p.Tokens {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// What such an upstream has said is not lost; that the rest is, is told.
func TestResumeOfAnUpstreamThatCannot(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Upstream = counting{}
	r := start(t, cfg)
	path := chat("session=me")
	var e events
	r.take(t, &e, path, "delta", 5)
	eventually(t, "its session has ended", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
	e.lastID = e.lastID[:replyIDSize] + "-2" // the network had lost more
	before := len(e.seen)
	r.take(t, &e, path, "failed", 1)
	again := events{seen: e.seen[before:]}
	if got := again.deltas(); len(got) < 3 || !slices.Equal(got[:3], []string{"2", "3", "4"}) {
		t.Errorf("got %q", got)
	}
	if !strings.HasPrefix(again.last(), `failed {"error":"the rest of the reply is lost","tokens":`) {
		t.Error(again.last())
	}
	if !strings.HasSuffix(e.lastID, "-end") {
		t.Errorf("an EventSource would ask for ever: %s", e.lastID)
	}
}

// Whoever asks for a reply that is not kept, or not its own, is told so, and
// takes no session over.
func TestResumeOfALostReply(t *testing.T) {
	t.Parallel()
	r := start(t, quick())
	p := r.open(t, chat("session=me", "rate=0"))
	var known string
	for known = range r.replies.byID { // there is one
	}
	for _, c := range []struct{ session, id string }{
		{"me", "0123456789abcdef-5"},
		{"me", known + "-1"}, // a token that it never had
		{"you", known + "-0"},
	} {
		e := events{lastID: c.id}
		r.take(t, &e, "/sse/chat?session="+c.session, "failed", 1)
		if len(e.seen) != 1 || !strings.HasPrefix(e.seen[0], `failed {"error":"the rest of the reply is lost"`) {
			t.Errorf("%+v: %q", c, e.seen)
		}
		equal(t, "last id", e.lastID, c.id[:replyIDSize]+"-end")
	}
	equal(t, "opened", r.answer(t).Opened, 1)
	p.until(t, ": heartbeat")

	r.open(t, chat("session=me", "rate=0"))
	eventually(t, "a replaced one is forgotten", func() bool { return r.replies.knows(known) == nil })
	r.do(t, "DELETE", "/sessions/me")
	eventually(t, "so is a cancelled one", func() bool { return r.replies.count() == 0 })
}

func (rs *replies) count() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.byID)
}

// knows returns a reply as it is.
func (rs *replies) knows(id string) *reply {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.byID[id]
}

// Another one's id means nothing here: the reply begins.
func TestResumeOfAForeignID(t *testing.T) {
	r := start(t, quick())
	e := events{lastID: "42"}
	r.take(t, &e, "/sse/chat?tokens=1&rate=1000", "done", 1)
	equal(t, "events", len(e.seen), 3)
}

// What is kept is bounded in number and in time, and is no session.
func TestRepliesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.ResumeReplies = 10
		rs := newReplies(cfg)
		var all []*reply
		kept := func() (n int) {
			for _, r := range all {
				if rs.resume(eventID{reply: r.id}, "") != nil {
					n++
				}
			}
			return n
		}
		for range 25 {
			r := newReply("me", 100)
			rs.add(r)
			rs.retire(r, time.Now())
			all = append(all, r)
			time.Sleep(time.Second)
		}
		equal(t, "kept", kept(), 10)
		if rs.resume(eventID{reply: all[24].id}, "") == nil {
			t.Error("the newest was given up")
		}
		again := all[24].reopen(0)
		rs.add(again) // its client is back
		time.Sleep(cfg.ResumeGrace - 5*time.Second)
		synctest.Wait()
		equal(t, "kept later", kept(), 4)
		time.Sleep(cfg.ResumeGrace)
		synctest.Wait()
		equal(t, "kept, with nobody asking", len(rs.byID), 1)
		equal(t, "of those retired", len(rs.retired), 0)
		rs.forget(all[24])
		equal(t, "the one resumed", rs.knows(again.id), again)
	})
}

// During the grace neither a session nor an upstream is there.
func TestGraceHoldsNothing(t *testing.T) {
	r := start(t, quick())
	before := r.answer(t)
	var e events
	r.take(t, &e, chat("rate=100"), "delta", 3)
	eventually(t, "all but the reply is back", func() bool {
		a := r.answer(t)
		return a.Active == 0 && a.Upstreams == 0 && a.Process["goroutines"] <= before.Process["goroutines"] &&
			a.Process["open_fds"] <= before.Process["open_fds"]
	})
	if r.replies.knows(e.lastID[:replyIDSize]) == nil {
		t.Error("the reply is not kept")
	}
	resp, body := r.do(t, http.MethodGet, "/sessions")
	equal(t, "status", resp.StatusCode, 200)
	if !strings.Contains(body, `"sessions":[]`) {
		t.Error(body)
	}
}
