package server

import (
	"fmt"
	"strings"
	"testing"
)

func TestReplyKeepsTheNewest(t *testing.T) {
	const limit = 100
	r := newReply("me", limit)
	for n := 1; n <= 1000; n++ {
		r.keep(n, fmt.Sprint("t", n))
		r.keep(n-1, "twice")
		if len(r.data) > limit || cap(r.data) > 2*limit {
			t.Fatalf("%d bytes in %d", len(r.data), cap(r.data))
		}
		if n > 20 {
			tokens, _, known := r.since(n - 5)
			equal(t, "known", known, true)
			equal(t, "tokens", strings.Join(tokens, " "), fmt.Sprintf("t%d t%d t%d t%d t%d", n-4, n-3, n-2, n-1, n))
		}
	}
	for n, want := range map[int]bool{0: false, 900: false, 1000: true, 1001: false} {
		_, _, known := r.since(n)
		equal(t, fmt.Sprint("known since ", n), known, want)
	}
	r.keep(1001, strings.Repeat("x", limit))
	tokens, finished, known := r.since(1001)
	if len(tokens) != 0 || finished || !known {
		t.Errorf("after a token that is too long: %q, %v, %v", tokens, finished, known)
	}
	_, _, known = r.since(1000)
	equal(t, "known before it", known, false)
}

func TestReplyReopens(t *testing.T) {
	r := newReply("me", 100)
	r.keep(1, "a")
	r.keep(2, "b")
	again := r.reopen(1)
	r.keep(3, "lost") // by a stream that does not know yet that it is dead
	again.keep(3, "c")
	again.finish()
	tokens, finished, _ := again.since(1)
	equal(t, "tokens", strings.Join(tokens, ""), "bc")
	equal(t, "finished", finished, true)
	if r.reopen(4) != nil {
		t.Error("it takes a client for one that had more than there is")
	}
}

func TestParseEventID(t *testing.T) {
	const reply = "0123456789abcdef"
	for s, want := range map[string]eventID{
		reply + "-0":   {reply: reply},
		reply + "-17":  {reply: reply, tokens: 17},
		reply + "-end": {reply: reply, ended: true},
	} {
		got, ok := parseEventID(s)
		if !ok || got != want || got.String() != s {
			t.Errorf("%q: %+v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "17", "-17", reply, reply + "-", reply + "--1", reply + "-+1", reply + "-01", reply + "-1 ",
		reply + "-99999999999999999999", reply + "0-1", strings.ToUpper(reply) + "-1", reply + "-END"} {
		if got, ok := parseEventID(s); ok {
			t.Errorf("%q is taken for %+v", s, got)
		}
	}
}

// FuzzParseEventID: what is taken for an id of ours is one.
func FuzzParseEventID(f *testing.F) {
	for _, s := range []string{"0123456789abcdef-17", "0123456789abcdef-end", "0123456789abcdef--1", "17", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, ok := parseEventID(s)
		if ok && (e.String() != s || len(e.reply) != replyIDSize || e.tokens < 0) {
			t.Errorf("%q is taken for %+v", s, e)
		}
	})
}
