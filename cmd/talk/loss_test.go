package talk

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

// deltas are events of text with ids from one on.
func deltas(words ...string) string {
	var b strings.Builder
	for i, w := range words {
		fmt.Fprintf(&b, "id: %d\ndata: %s\n\n", i+1, w)
	}
	return b.String()
}

const soon = "retry: 20\n\n"

// A stream that dies in mid-word is resumed, and nothing is lost or doubled, however the server goes on.
func TestResumes(t *testing.T) {
	t.Parallel()
	all := []string{"one", "two", "three"}
	for name, tt := range map[string]struct {
		steps   []func(*rawConn)
		last    []string // Last-Event-ID of each request
		doubled int
	}{
		"behind the last event": {
			[]func(*rawConn){breaks(soon + deltas(all[:2]...) + "id: 3\ndata: thr"), streams("id: 3\ndata: three\n\nevent: done\ndata:\n\n")},
			[]string{"", "2"}, 0,
		},
		"from the beginning": {
			[]func(*rawConn){breaks(soon + deltas(all[:2]...)), streams(deltas(all...) + "event: done\ndata:\n\n")},
			[]string{"", "2"}, 2,
		},
		"nothing had come": {
			[]func(*rawConn){breaks(soon + "id: 7\ndata"), breaks("id: 0\nevent: start\ndata:\n\n"), streams(deltas(all...) + "event: done\ndata:\n\n")},
			[]string{"", "", ""}, 0,
		},
		"twice, and a status that passes": {
			[]func(*rawConn){breaks(soon + deltas(all[:1]...)), answers(503, "text/plain", ""), breaks("id: 2\ndata: two\n\n"),
				streams("id: 3\ndata: three\n\nevent: done\ndata:\n\n")},
			[]string{"", "1", "1", "2"}, 0,
		},
		"the server has no more": {
			[]func(*rawConn){breaks(soon + deltas(all...)), answers(204, "text/plain", "")},
			[]string{"", "3"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveRaw(t, tt.steps...)
			c := at(t, s.url()+"/stream", Text)
			h := complete(t, ask(t, c, says("hi")))
			if h.text != strings.Join(all, "") || h.life.Doubled != tt.doubled || h.life.Reconnects != len(tt.last)-1 || h.life.Deltas != 3 {
				t.Errorf("%q, %+v", h.text, h.life)
			}
			var last []string
			for _, r := range s.requests() {
				last = append(last, r.request.Header.Get("Last-Event-ID"))
			}
			if !slices.Equal(last, tt.last) {
				t.Errorf("it came back with %q, want %q", last, tt.last)
			}
			if !slices.Contains(h.states, Reconnecting) || !slices.Contains(h.kinds, client.KindReconnect) {
				t.Errorf("states %v, kinds %v", h.states, h.kinds)
			}
		})
	}
}

// What cannot be resumed says so, keeps what came, and is asked for no more.
func TestCannotResume(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(recorded(t, "openai.txt"), "\n\n")
	openAI := strings.Join(lines[:3], "") + lines[3][:40]
	messages := strings.SplitAfter(recorded(t, "anthropic.txt"), "\n\n")
	anthropic := strings.Join(messages[:8], "")
	for name, tt := range map[string]struct {
		dialect  Dialect
		steps    []func(*rawConn)
		text     string
		requests int
		says     string
	}{
		"openai, in mid-word":      {OpenAI, []func(*rawConn){breaks(openAI)}, "Hello there", 1, "openai dialect"},
		"openai, without its end":  {OpenAI, []func(*rawConn){streams(strings.Join(lines[:3], ""))}, "Hello there", 1, "the answer broke off; the server cannot resume it"},
		"anthropic":                {Anthropic, []func(*rawConn){breaks(anthropic)}, "Hello", 1, "anthropic dialect"},
		"text without ids":         {Text, []func(*rawConn){breaks(soon + "data: a\n\ndata: b\n\n")}, "ab", 1, "no ids"},
		"text with one id for all": {Text, []func(*rawConn){breaks(soon + "id: 1\ndata: a\n\ndata: b\n\n")}, "ab", 1, "no ids"},
		"another answer": {Text, []func(*rawConn){breaks(soon + deltas("one", "two")), streams(deltas("eins", "zwei"))}, "onetwo", 2,
			"another answer"},
		"refused":        {Text, []func(*rawConn){breaks(soon + deltas("one")), answers(410, "text/plain", "too late")}, "one", 2, "too late"},
		"lost meanwhile": {Own, []func(*rawConn){breaks(soon + "event: delta\nid: 1\ndata: {\"delta\": \"a\"}\n\n"), streams("event: failed\ndata: {\"error\": \"the rest is lost\"}\n\n")}, "a", 2, "the rest is lost"},
		"no more, too early": {Own, []func(*rawConn){breaks(soon + "event: delta\nid: 1\ndata: {\"delta\": \"a\"}\n\n"), answers(204, "text/plain", "")}, "a", 2,
			"no more of it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveRaw(t, tt.steps...)
			url := s.url()
			if tt.dialect == Text {
				url += "/stream"
			}
			h := hear(t, ask(t, at(t, url, tt.dialect), says("hi")), nil)
			var cannot *CannotResumeError
			if !errors.As(h.err, &cannot) || !strings.Contains(h.err.Error(), tt.says) || cannot.Hint() == "" {
				t.Errorf("%v, want one with %q", h.err, tt.says)
			}
			if h.text != tt.text || h.life.State != Lost || len(s.requests()) != tt.requests {
				t.Errorf("%q, %s, asked %d times", h.text, h.life.State, len(s.requests()))
			}
		})
	}
}

// A server that does not come back is given up.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, func(c *rawConn) { breaks(soon + deltas("one"))(c) })
	c := at(t, s.url()+"/stream", Text)
	c.Patience = 300 * time.Millisecond
	r := ask(t, c, says("hi"))
	hear(t, r, func(u Update) bool { return u.Kind == client.KindReconnect })
	s.stop()
	h := hear(t, r, nil)
	if !errors.As(h.err, new(*CannotResumeError)) || !strings.Contains(h.err.Error(), "within 300ms") {
		t.Errorf("%v", h.err)
	}
}

// One that lets itself be opened, and brings nothing, is given up too.
func TestPatienceWithASilentServer(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, breaks(soon+deltas("one")), breaks("id: 1\nevent: start\ndata:\n\n"))
	c := at(t, s.url()+"/stream", Text)
	c.Patience = 2 * time.Second // time for a busy machine to come back
	h := hear(t, ask(t, c, says("hi")), nil)
	if !errors.As(h.err, new(*CannotResumeError)) || !strings.Contains(h.err.Error(), "within 2s") || len(s.requests()) < 2 {
		t.Errorf("%v, asked %d times", h.err, len(s.requests()))
	}
}

// Our own server: the connection is cut in the middle of an event, by what stands between, and the whole answer comes.
func TestOwnServerResumes(t *testing.T) {
	t.Parallel()
	address := strings.TrimPrefix(startServer(t, server.Config{ReplyLength: 60, ReplyRate: 400, Heartbeat: time.Minute}), "http://")
	want := complete(t, ask(t, resolved(t, Config{URL: "http://" + address}), says("hello")))
	p := startProxy(t, address, 1500)
	c := resolved(t, Config{URL: "http://" + p.addr})
	if c.Target.Dialect != Own {
		t.Fatalf("the target is %+v", c.Target)
	}
	talk := says("hello")
	talk.Session = "cut"
	p.cuts.Store(1) // from here on
	h := complete(t, ask(t, c, talk))
	if h.text != want.text || h.life.Doubled != 0 || h.life.Reconnects != 1 || h.life.Deltas != 60 || h.life.Session != "cut" {
		t.Errorf("%q of %q, %+v", h.text, want.text, h.life)
	}
}

// proxy passes connections on, and cuts the first of them after so many bytes.
type proxy struct {
	addr string
	cuts atomic.Int64
}

func startProxy(t testing.TB, to string, after int64) *proxy {
	t.Helper()
	p := &proxy{}
	s := &rawServer{conns: map[net.Conn]struct{}{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	pass := func(c *net.TCPConn) {
		defer c.Close()
		up, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer up.Close()
		s.running.Go(func() {
			_, _ = io.Copy(up, c)
			up.Close()
		})
		if p.cuts.Add(-1) < 0 {
			_, _ = io.Copy(c, up)
			return
		}
		_, _ = io.CopyN(c, up, after)
	}
	s.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { pass(c.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.running.Wait()
	})
	return p
}
