package loadgen

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/sse-tool/sse-tool/client"
)

// SessionFrom says how a stream learns its session's id, by which it is found in
// a list of sessions. The zero value takes the response's X-Session-Id, or the
// stream's own id that its request carried. *SessionFrom is a flag value:
//
//	header:NAME      a field of the response's head
//	event:NAME#JQ    in the data of the first event of that name that tells one;
//	                 it is JSON (without #JQ the whole data; without NAME any event)
//	var:COLUMN       a column of the request's Vars
//	sent             the stream's own id, sent as X-Stream-Id and as {{id}}
//	none             not at all: sessions are only counted
//
// What is longer than 1 KiB is no id, and is left out.
type SessionFrom struct {
	text   string
	source sessionSource
	name   string     // of a header, an event or a column
	filter *gojq.Code // of an event's data; nil takes all of it
}

type sessionSource string

const (
	byDefault  sessionSource = ""
	fromHeader sessionSource = "header"
	fromEvent  sessionSource = "event"
	fromVar    sessionSource = "var"
	fromSent   sessionSource = "sent"
	fromNone   sessionSource = "none"
)

// SessionIDHeader is the response header that tells a session's id where nothing
// else was said.
const SessionIDHeader = "X-Session-Id"

// Set reads one from a flag.
func (f *SessionFrom) Set(text string) error {
	source, rest, _ := strings.Cut(text, ":")
	from := SessionFrom{text: text, source: sessionSource(source), name: rest}
	switch from.source {
	case fromHeader, fromVar:
		if rest == "" {
			return &SessionFromError{Text: text, Why: "names nothing"}
		}
	case fromEvent:
		name, filter, filtered := strings.Cut(rest, "#")
		from.name = name
		if filtered {
			if err := from.compile(filter); err != nil {
				return &SessionFromError{Text: text, Why: err.Error()}
			}
		}
	case fromSent, fromNone:
		if text != source {
			return &SessionFromError{Text: text, Why: "takes no name"}
		}
	default:
		return &SessionFromError{Text: text, Why: "is none of the ways to learn a session's id"}
	}
	*f = from
	return nil
}

func (f *SessionFrom) compile(filter string) error {
	query, err := gojq.Parse(filter)
	if err != nil {
		return err
	}
	f.filter, err = gojq.Compile(query)
	return err
}

// String writes it as it was read.
func (f *SessionFrom) String() string { return f.text }

// Type names the flag's kind in a help text.
func (*SessionFrom) Type() string { return "source" }

// SessionFromError is the answer to a text that says no way to learn a session's
// id.
type SessionFromError struct{ Text, Why string }

func (e *SessionFromError) Error() string { return fmt.Sprintf("%q %s", e.Text, e.Why) }

// Hint shows what there is.
func (*SessionFromError) Hint() string {
	return "write it as header:X-Session-Id, event:session#.session_id, var:COLUMN, sent or none"
}

// longestID is the longest text that is taken for an id: each stream keeps one.
const longestID = 1 << 10

// inHead is what a response's head tells.
func (f SessionFrom) inHead(h *client.Head) string {
	name := f.name
	switch f.source {
	case byDefault:
		name = SessionIDHeader
	case fromHeader:
	default:
		return ""
	}
	return idOf(h.Header.Get(name))
}

// idOf is a text that a server tells, if it may be an id; else empty.
func idOf(text string) string {
	if len(text) > longestID {
		return ""
	}
	return text
}

// inVars is what the row of stream n tells.
func (f SessionFrom) inVars(v Vars, n int) string {
	if f.source != fromVar {
		return ""
	}
	return v.value(n, f.name)
}

// eventTime bounds what a filter may take for one event: it may have no end.
const eventTime = time.Second

// inEvent is what an event tells: empty where it tells nothing.
func (f SessionFrom) inEvent(e client.Event) string {
	if f.source != fromEvent || (f.name != "" && f.name != string(e.Name)) {
		return ""
	}
	if f.filter == nil {
		return idOf(string(e.Data))
	}
	var doc any
	if json.Unmarshal(e.Data, &doc) != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventTime)
	defer cancel()
	v, _ := f.filter.RunWithContext(ctx, doc).Next()
	switch v := v.(type) {
	case string:
		return idOf(v)
	case int, float64:
		text, _ := json.Marshal(v) // 12345678, where Sprint would write 1.2345678e+07
		return string(text)
	default:
		return ""
	}
}

// None tells whether sessions are only counted.
func (f SessionFrom) None() bool { return f.source == fromNone }

// check tells of what a request lacks that the sessions of so many streams are
// to be known from.
func (f SessionFrom) check(v Vars, streams int) error {
	if f.source != fromVar {
		return nil
	}
	if err := v.check("{{" + f.name + "}}"); err != nil || len(v.Rows) == 0 {
		return &NoColumnError{Name: f.name, Columns: v.Columns}
	}
	if len(v.Rows) < streams {
		return fmt.Errorf("vars: %d rows are not enough to tell %d sessions apart by %q", len(v.Rows), streams, f.name)
	}
	return nil
}
