package loadgen

import (
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/client"
)

// What an answer's events were decides whether it was said to be done, and only of a
// stream that was to complete and ended whole it is noted that it was not.
func TestUnsaid(t *testing.T) {
	t.Parallel()
	const words = "id: 1\ndata: a\n\nid: 2\ndata: b\n\n"
	for name, tt := range map[string]struct {
		answer string
		way    Disconnect
		unsaid bool
		lastID string
	}{
		"no last word":              {words, Complete, true, "2"},
		"no ids":                    {"data: a\n\ndata: b\n\n", Complete, true, ""},
		"nothing":                   {"", Complete, true, ""},
		"one event with a name":     {"event: answer\ndata: a\n\n", Complete, true, ""},
		"all of one name":           {"event: word\ndata: a\n\nevent: word\ndata: b\n\n", Complete, true, ""},
		"a heartbeat is last":       {words + ": ping\n\n", Complete, true, "2"},
		"the id was taken back":     {words + "id\ndata: c\n\n", Complete, true, ""},
		"done":                      {words + "event: done\ndata: {}\n\n", Complete, false, ""},
		"[DONE]":                    {words + "data: [DONE]\n\n", Complete, false, ""},
		"done, and the usage":       {words + "data: [DONE]\n\ndata: {}\n\n", Complete, false, ""},
		"only done":                 {"event: done\ndata: {}\n\n", Complete, false, ""},
		"a last word of its own":    {words + "event: that-is-all\ndata: {}\n\n", Complete, false, ""},
		"of names, another":         {"event: word\ndata: a\n\nevent: bye\ndata: b\n\n", Complete, false, ""},
		"within an event":           {words + "data: c\n", Complete, false, ""},
		"an id that nobody can ask": {"id: " + strings.Repeat("9", longestID+1) + "\ndata: a\n\n", Complete, false, ""},
		"was to leave otherwise":    {words, Close, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(c *rawConn) {
				c.head()
				if tt.answer != "" {
					c.chunk(tt.answer)
				}
				c.last()
				_ = c.gone()
			})
			p := small(s.url(), 1, tt.way)
			p.Hold = patience // the server is first
			if r := run(t, p)[0]; r.End != Completed || r.Unsaid != tt.unsaid || r.LastID != tt.lastID {
				t.Errorf("the record is %+v", r)
			}
		})
	}
}

func TestLastWordAllocates(t *testing.T) {
	var w lastWord
	e := client.Event{Name: []byte(strings.Repeat("name", 100)), Data: []byte("text")}
	w.take(e, true)
	if n := testing.AllocsPerRun(100, func() { w.take(e, false) }); n != 0 || len(w.name) != keptName {
		t.Errorf("%g allocations an event, %d bytes of a name", n, len(w.name))
	}
}
