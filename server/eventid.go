package server

import (
	"strconv"
	"strings"
)

// eventID is what an event of /sse/chat has as its id, and what an EventSource
// sends back as Last-Event-ID when it connects again: "REPLY-17" after 17
// tokens, and "REPLY-end" when there is no more to come. So the answer to a
// client that has everything needs no memory.
type eventID struct {
	reply  string
	tokens int
	ended  bool
}

const replyIDSize = 16 // hexadecimal digits: who can guess it could read a reply

// String is the form that parseEventID reads.
func (e eventID) String() string {
	if e.ended {
		return e.reply + "-end"
	}
	return e.reply + "-" + strconv.Itoa(e.tokens)
}

// parseEventID tells whether s is an id of ours. Any other is somebody else's,
// and means nothing here.
func parseEventID(s string) (eventID, bool) {
	reply, rest, _ := strings.Cut(s, "-")
	if len(reply) != replyIDSize || strings.Trim(reply, "0123456789abcdef") != "" {
		return eventID{}, false
	}
	if rest == "end" {
		return eventID{reply: reply, ended: true}, true
	}
	n, err := strconv.Atoi(rest)
	e := eventID{reply: reply, tokens: n}
	return e, err == nil && n >= 0 && e.String() == s
}
