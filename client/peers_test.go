package client

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	r3labs "github.com/r3labs/sse/v2"
	tmaxmax "github.com/tmaxmax/go-sse"
)

// A peer is another client, with its known deviations from the standard: the cases in which its events are others than
// the table's. Comments and retry fields, which neither hands out, are left out of the comparison.
type peer struct {
	name       string
	read       func(t *testing.T, stream string) []string
	ids        bool // an event's id is the standard's, which persists, and not the id field of the event
	deviations []string
}

var peers = []peer{
	{name: "tmaxmax/go-sse v0.12.0", read: readTmaxmax, ids: true, deviations: tmaxmaxDeviations},
	{name: "r3labs/sse v2.10.0", read: readR3labs, deviations: r3labsDeviations},
}

// Both give invalid UTF-8 as it came.
var rawBytes = []string{
	"cut sequence of three", "cut sequence at the line's end", "cut before a space", "lone continuation bytes", "overlong forms",
	"surrogates", "past the last code point", "cut sequence before another", "U+FFFD itself", "invalid in name, id and comment",
}

// An event without data is given, not dropped.
var tmaxmaxDeviations = append([]string{
	"name reset without data", "id without data sticks", "id alone", "empty id with colon resets", "id with NUL is ignored",
	"resetting id pending",
}, rawBytes...)

var r3labsDeviations = append([]string{
	// An event without data is given, not dropped; so is each retry field, and after any id each comment.
	"name reset without data", "id without data sticks", "id alone", "empty id with colon resets", "id with NUL is ignored",
	"retry", "retry zero", "retry with leading zeros", "retry not a number", "retry of other digits", "retry largest",
	"retry too large", "comments make no event after an id",
	// An event that the end cuts is given.
	"no blank line, no event", "no end of the line", "pending after an event", "name pending",
	"id of a pending event does not count", "resetting id pending",
	// An event of empty data is dropped.
	"data without colon", "empty data", "data of one space", "data is not carried over",
	// Blank lines of mixed ends are none, and a byte order mark stays.
	"LF CR is two ends", "CRLF CR", "byte order mark",
}, rawBytes...)

func readTmaxmax(_ *testing.T, stream string) []string {
	var got []string
	for e, err := range tmaxmax.Read(strings.NewReader(stream), nil) {
		if err != nil {
			return append(got, "error "+err.Error())
		}
		got = append(got, event(e.Type, e.Data, e.LastEventID))
	}
	return got
}

func readR3labs(t *testing.T, stream string) []string {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { begin(w, stream) })
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	c := r3labs.NewClient(url)
	c.Connection.Transport = transport
	var got []string
	err := c.SubscribeRawWithContext(t.Context(), func(e *r3labs.Event) {
		got = append(got, event(string(e.Event), string(e.Data), ""))
	})
	if err != nil {
		got = append(got, "error "+err.Error())
	}
	return got
}

// ours is what this package makes of a stream, as far as peers tell it.
func ours(t *testing.T, stream string, ids bool) []string {
	var p Parser
	var got record
	if err := p.Feed([]byte(stream), peerHandler{&got, ids}); err != nil {
		t.Fatal(err)
	}
	return got.lines
}

type peerHandler struct {
	*record
	ids bool
}

func (h peerHandler) Comment([]byte) {}
func (h peerHandler) Event(e Event) {
	if !h.ids {
		e.ID = nil
	}
	h.record.Event(e)
}

// Peers agree with us, but for a list that is explicit, and complete.
func TestPeers(t *testing.T) {
	for _, p := range peers {
		var deviations []string
		for _, c := range parserCases {
			want := slices.DeleteFunc(ours(t, c.stream, p.ids), func(line string) bool { return strings.HasPrefix(line, "retry") })
			if got := p.read(t, c.stream); !slices.Equal(got, want) {
				deviations = append(deviations, c.name)
				if !slices.Contains(p.deviations, c.name) {
					t.Errorf("%s, %s: got %q, here %q", p.name, c.name, got, want)
				}
			}
		}
		for _, name := range p.deviations {
			if !slices.Contains(deviations, name) {
				t.Errorf("%s, %s: agrees now", p.name, name)
			}
		}
		t.Logf("%s agrees in %d of %d cases", p.name, len(parserCases)-len(deviations), len(parserCases))
	}
}

// On streams as servers write them all three agree, however long they are.
func TestPeersOnPlainStreams(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", `{"delta":"token"}`, "two words", "é€😀", "x: y", strings.Repeat("long ", 300)}
	var stream bytes.Buffer
	for id := range 500 {
		if random.IntN(2) == 0 {
			fmt.Fprintf(&stream, "event: e%d\n", random.IntN(3))
		}
		fmt.Fprintf(&stream, "id: %d\n", id)
		for range 1 + random.IntN(3) {
			fmt.Fprintf(&stream, "data: %s\n", words[random.IntN(len(words))])
		}
		stream.WriteString("\n")
	}
	for _, p := range peers {
		sameLines(t, p.name, p.read(t, stream.String()), ours(t, stream.String(), p.ids))
	}
}
