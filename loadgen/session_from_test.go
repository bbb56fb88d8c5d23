package loadgen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSessionFromFlag(t *testing.T) {
	for _, text := range []string{"header:X-Id", "event:session#.session_id", "event:#.id", "event:session", "event", "var:user", "sent", "none"} {
		var f SessionFrom
		if err := f.Set(text); err != nil || f.String() != text {
			t.Errorf("%q: %q, %v", text, f.String(), err)
		}
	}
	for _, text := range []string{"", "header", "header:", "var:", "sent:x", "none:", "cookie:x", "event:x#.["} {
		var wrong *SessionFromError
		if err := new(SessionFrom).Set(text); !errors.As(err, &wrong) || !strings.Contains(wrong.Hint(), "header:X-Session-Id") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A server that tells its session's id in every way there is.
func TestSessionFrom(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", longestID+1)
	s := serve(t, func(c *rawConn) {
		id := c.id()
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Session-Id: usual-%s\r\nX-Chat: head-%s\r\nX-Long: %s\r\n\r\n", id, id, long)
		json := "data: no JSON\n\nevent: session\ndata: {\"chat\": {\"id\": \"in-" + id + "\"}, \"no\": 12345678, \"long\": \"" + long + "\"}\n\n"
		plain := "event: plain\ndata: plain-" + id + "\n\nevent: long\ndata: " + long + "\n\n"
		fmt.Fprint(c, head+chunkOf(json)+chunkOf(plain)) // at once: on a busy machine the stream may leave between two writes
		_ = c.gone()
	})
	const none = ""
	for from, want := range map[string]string{
		"":                         "usual-%s",
		"header:x-chat":            "head-%s",
		"header:X-Other":           none,
		"header:X-Long":            none,
		"event:session#.chat.id":   "in-%s",
		"event:#.chat.id":          "in-%s",
		"event:session#.no":        "12345678",
		"event:session#.chat":      none,
		"event:session#error(.)":   none,
		"event:session#.long":      none,
		"event:long":               none,
		"event:other#.chat.id":     none,
		"event:plain":              "plain-%s",
		"var:user":                 "ann",
		"sent":                     none,
		"none":                     none,
		"event:session#range(0;5)": "0",
	} {
		p := small(s.url(), 1, Close)
		p.Request.Vars = Vars{Columns: []string{"user"}, Rows: [][]string{{"ann"}}}
		if from != "" {
			if err := p.SessionFrom.Set(from); err != nil {
				t.Fatal(err)
			}
		}
		l := start(t, p)
		await(t, "the stream to leave", l.Left())
		r := l.AppendRecords(nil)[0]
		if want != none && strings.Contains(want, "%s") {
			want = fmt.Sprintf(want, r.ID)
		}
		if r.Session != want {
			t.Errorf("%s: the session is %q, want %q", from, r.Session, want)
		}
		known := l.AppendMatches(nil, []string{"a stranger", r.ID, r.Session}, time.Hour)
		switch {
		case from == "none" && len(known) != 0, from != "none" && !slices.Contains(known, 0):
			t.Errorf("%s: known as %v", from, known)
		}
	}
}

// A session that a refresh takes over is its successor's, in whatever order the
// two connections come and go.
func TestSessionOfASuccessor(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		c.headFor("chat-" + c.request.URL.Query().Get("chat"))
		c.event()
		_ = c.gone()
	})
	for _, from := range []string{"header:X-Session-Id", "var:chat"} {
		p := small(s.url()+"?chat={{chat}}", 6, Refresh)
		for n := range 6 {
			p.Request.Vars.Rows = append(p.Request.Vars.Rows, []string{fmt.Sprint("chat-", n)})
		}
		p.Request.Vars.Columns = []string{"chat"}
		if from != "var:chat" {
			p.Request.URL = s.url() + "?chat={{n}}"
		}
		if err := p.SessionFrom.Set(from); err != nil {
			t.Fatal(err)
		}
		l := start(t, p)
		await(t, "all streams to leave", l.Left())
		eventually(t, "the successors to open", func() bool { return Count(l.AppendRecords(nil)).Controls == 6 })
		for n := range 6 {
			id := fmt.Sprint("chat-", n)
			if known := l.AppendMatches(nil, []string{id}, time.Hour); len(known) != 1 || known[0] < 6 {
				t.Errorf("%s: %s is known as %v", from, id, known)
			}
		}
		l.Release()
	}
}

// A session that is named by {{id}} is its successor's too; an entry of the old
// stream itself, beside that of the new one, is not.
func TestTagOfASuccessor(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
		c.event()
		_ = c.gone()
	})
	l := start(t, small(s.url()+"?session={{id}}", 2, Refresh))
	await(t, "all streams to leave", l.Left())
	eventually(t, "the successors to open", func() bool { return Count(l.AppendRecords(nil)).Controls == 2 })
	next := find(l.AppendRecords(nil)[2:], "t-2")
	old := next.As
	opened := next.Opened
	for name, tt := range map[string]struct {
		ids   []string
		asked time.Duration
		want  []int
	}{
		"the session's":                {[]string{fmt.Sprint("t-", old)}, time.Hour, []int{2}},
		"the session's, before it was": {[]string{fmt.Sprint("t-", old)}, opened, []int{old}},
		"both streams'":                {[]string{fmt.Sprint("t-", old), "t-2"}, time.Hour, []int{old, 2}},
	} {
		if got := l.AppendMatches(nil, tt.ids, tt.asked); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestSessionFromVarsNeedsRows(t *testing.T) {
	p := small("http://h", 5, Close)
	p.Controls = 2
	if err := p.SessionFrom.Set("var:user"); err != nil {
		t.Fatal(err)
	}
	if err := p.WithDefaults().Validate(); !errors.As(err, new(*NoColumnError)) {
		t.Errorf("without rows: %v", err)
	}
	p.Request.Vars = Vars{Columns: []string{"user"}, Rows: slices.Repeat([][]string{{"a"}}, 6)}
	if err := p.WithDefaults().Validate(); err == nil || !strings.Contains(err.Error(), "6 rows are not enough to tell 7 sessions apart") {
		t.Errorf("with too few rows: %v", err)
	}
	p.Request.Vars.Rows = append(p.Request.Vars.Rows, []string{"b"})
	if err := p.WithDefaults().Validate(); err != nil {
		t.Errorf("with enough rows: %v", err)
	}
}
