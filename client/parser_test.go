package client

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unsafe"
)

func feedAll(p *Parser, chunks []string, h Handler) error {
	var err error
	for _, chunk := range chunks {
		b := []byte(chunk)
		err = p.Feed(b, h)
		scrub(b)
	}
	return err
}

func TestParserCases(t *testing.T) {
	for _, c := range parserCases {
		t.Run(c.name, func(t *testing.T) {
			eachSplit(c.stream, func(name string, chunks []string) {
				var p Parser
				var got record
				if err := feedAll(&p, chunks, &got); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				sameLines(t, name, got.lines, c.want)
				if p.Pending() != c.pending {
					t.Errorf("%s: pending %t, want %t", name, p.Pending(), c.pending)
				}
				if p.LastEventID() != c.lastID {
					t.Errorf("%s: last event ID %q, want %q", name, p.LastEventID(), c.lastID)
				}
			})
		})
	}
}

// The reference must agree with the table, else it is no oracle for the fuzz target.
func TestReferenceCases(t *testing.T) {
	for _, c := range parserCases {
		got := interpret([]byte(c.stream))
		sameLines(t, c.name, got.lines, c.want)
		if got.lastID != c.lastID {
			t.Errorf("%s: last event ID %q, want %q", c.name, got.lastID, c.lastID)
		}
	}
}

func TestParserDispatchesAtOnceAtCR(t *testing.T) {
	var p Parser
	var got record
	if err := p.Feed([]byte("data: a\r\r"), &got); err != nil {
		t.Fatal(err)
	}
	sameLines(t, "before the LF", got.lines, []string{message("a")})
	if p.Pending() {
		t.Error("pending after a dispatched event")
	}
}

func TestParserHandsOutTheChunk(t *testing.T) {
	chunk := []byte("id: 7\ndata: whole\n\n")
	var p Parser
	var at *byte
	if err := p.Feed(chunk, atData(func(b []byte) { at = unsafe.SliceData(b) })); err != nil {
		t.Fatal(err)
	}
	if at != &chunk[12] {
		t.Error("data was copied although the event lies within the chunk")
	}
}

// atData is a Handler that looks at each event's data.
type atData func([]byte)

func (f atData) Event(e Event)       { f(e.Data) }
func (f atData) Comment([]byte)      {}
func (f atData) Retry(time.Duration) {}

func TestParserReconnect(t *testing.T) {
	var p Parser
	p.SetLastEventID("40")
	var got record
	if err := p.Feed([]byte("data: a\n\nid: 41\ndata: b\n\nid: 42\ndata: cut"), &got); err != nil {
		t.Fatal(err)
	}
	if !p.Pending() || p.LastEventID() != "41" {
		t.Errorf("pending %t, last event ID %q; want true, 41", p.Pending(), p.LastEventID())
	}
	p.Reset()
	if p.Pending() {
		t.Error("pending after Reset")
	}
	if err := p.Feed([]byte("\uFEFFdata: c\n\n"), &got); err != nil {
		t.Fatal(err)
	}
	sameLines(t, "two connections", got.lines, []string{event("", "a", "40"), event("", "b", "41"), event("", "c", "41")})
}

func TestParserLimit(t *testing.T) {
	cases := []struct {
		name, stream string
		want         []string
		bad          bool
	}{
		{"at the limit", "data: 4567890123\n\n", []string{message("4567890123")}, false},
		{"past the limit", "data: 45678901234\n\n", nil, true},
		{"line without end", "data: 45678901234", nil, true},
		{"comment without end", ":23456789012345678", nil, true},
		{"unknown line without end", "x23456789012345678", nil, true},
		{"several lines", "data:6789\ndata:5678\n\n", nil, true},
		{"name counts", "event:789\ndata:5678\n\n", nil, true},
		{"id counts", "id:4567890\ndata:56\n\n", nil, true},
		{"lines after which nothing is held do not add up", ":23456789\nx23456789\n:23456789\ndata:67\n\n",
			[]string{comment("23456789"), comment("23456789"), message("67")}, false},
		{"each event anew", "data:6789012\n\ndata:6789012\n\n", []string{message("6789012"), message("6789012")}, false},
		{"events before it come", "data:6789\n\ndata:678901234567\n\ndata:6\n\n", []string{message("6789")}, true},
	}
	for _, c := range cases {
		eachSplit(c.stream, func(name string, chunks []string) {
			p := Parser{MaxEventBytes: 16}
			var got record
			err := feedAll(&p, chunks, &got)
			var large *EventTooLargeError
			if errors.As(err, &large) != c.bad || c.bad && large.Limit != 16 {
				t.Errorf("%s, %s: error %v", c.name, name, err)
			}
			if again := p.Feed([]byte("\n\ndata:6\n\n"), new(record)); c.bad && !errors.Is(again, err) {
				t.Errorf("%s, %s: then %v, want the same error", c.name, name, again)
			}
			sameLines(t, c.name+", "+name, got.lines, c.want)
		})
	}
}

func TestParserDefaultLimit(t *testing.T) {
	var p Parser
	chunk := []byte("data: " + strings.Repeat("x", 1<<20))
	for range 15 {
		if err := p.Feed(chunk, new(record)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Feed(chunk, new(record)); err == nil {
		t.Error("no error past 16 MiB")
	}
}

func TestParserGivesBuffersBack(t *testing.T) {
	var p Parser
	var got count
	for _, chunk := range []string{"id: 1\nevent: x\ndata: a\nda", "ta: " + strings.Repeat("x", 1<<20), "\n\n"} {
		if err := p.Feed([]byte(chunk), &got); err != nil {
			t.Fatal(err)
		}
	}
	if got.events != 1 || p.held != nil {
		t.Errorf("%d events, held %v; want 1 and nothing held", got.events, p.held)
	}
	for _, size := range []int{keepBytes, keepBytes + 1} {
		s := &straddle{line: make([]byte, 9, size), data: make([]byte, 9, size)}
		p.held = s
		p.release()
		if kept := cap(s.line) > 0 && cap(s.data) > 0; kept != (size <= keepBytes) {
			t.Errorf("buffers of %d bytes kept: %t", size, kept)
		}
	}
}

// A load tester keeps one of these a stream.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("sizes are those of a 64-bit machine")
	}
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Parser", unsafe.Sizeof(Parser{}), 64},
		{"Response", unsafe.Sizeof(Response{}), 48},
		{"Decoder", unsafe.Sizeof(Decoder{}), 120},
	} {
		if c.got != c.want {
			t.Errorf("%s has %d bytes, want %d", c.name, c.got, c.want)
		}
	}
}
