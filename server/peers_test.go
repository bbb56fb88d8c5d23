package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	r3labs "github.com/r3labs/sse/v2"

	"github.com/sse-tool/sse-tool/client"
)

// Other clients read what this server writes: as r3labs/sse does here, Node's do in node_interop_test.go.

// beating is a server whose replies have heartbeats between their tokens.
func beating(t *testing.T) *running {
	return start(t, Config{Timeout: time.Minute, Heartbeat: 20 * time.Millisecond})
}

const beatenReply = "/sse/chat?session=me&tokens=5&rate=10"

// line is an event as every client can tell it, without the part of its id that
// is each reply's own.
func line(name, data, id string) string {
	_, place, _ := strings.Cut(id, "-")
	return fmt.Sprintf("%s %s id=%s", name, data, place)
}

// ours is what our own client reads of a stream to its end, and how many comments.
func ours(t *testing.T, url string) (events []string, comments int) {
	t.Helper()
	s, err := client.Open(t.Context(), client.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for item, err := range s.Items() {
		switch {
		case err != nil:
			t.Fatal(err)
		case item.Kind == client.KindEvent:
			events = append(events, line(string(item.Event.Name), string(item.Event.Data), string(item.Event.ID)))
		case item.Kind == client.KindComment:
			comments++
		}
	}
	if len(events) != 7 || comments == 0 {
		t.Fatalf("not session, five deltas and done, with heartbeats: %q, %d comments", events, comments)
	}
	return events, comments
}

// r3labs/sse reads the whole reply. Each comment after an id is an empty event to it: so it deviates, in nothing else.
func TestR3labsReadsOurServer(t *testing.T) {
	srv := beating(t)
	url := "http://" + srv.addr + beatenReply
	want, _ := ours(t, url)
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	c := r3labs.NewClient(url)
	c.Connection.Transport = transport
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []string
	phantoms := 0
	err := c.SubscribeRawWithContext(ctx, func(e *r3labs.Event) {
		if len(e.Event) == 0 && len(e.Data) == 0 {
			phantoms++
			return
		}
		got = append(got, line(string(e.Event), string(e.Data), string(e.ID)))
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
	if phantoms == 0 {
		t.Error("r3labs/sse tells no empty events for comments any more")
	}
}
