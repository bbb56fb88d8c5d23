package server

import (
	"fmt"
	"strings"
	"testing"
)

// A mailbox keeps whole events, and no more of them than it has room for.
func TestMailbox(t *testing.T) {
	b := newMailbox()
	event := strings.Repeat("x", 999) + "\n"
	for range mailboxSize/1000 + 100 {
		fmt.Fprint(b, event[:500])
		fmt.Fprint(b, event[500:])
		b.Flush()
	}
	got := string(b.take(nil))
	equal(t, "size", len(got), mailboxSize/1000*1000)
	equal(t, "whole events", strings.Count(got, event)*1000, len(got))
	equal(t, "told", len(b.ready), 1)
	fmt.Fprint(b, event)
	b.Flush()
	equal(t, "room again", string(b.take(nil)), event)
}
