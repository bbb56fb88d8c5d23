package client

import (
	"context"
	"net/http/httptest"
	"testing"

	r3labs "github.com/r3labs/sse/v2"
)

// r3labsServer is r3labs/sse's server with one stream, as it comes.
type r3labsServer struct {
	*r3labs.Server
	http       *httptest.Server
	subscribed chan struct{} // one for each connection
}

func serveR3labs(t *testing.T, set func(*r3labs.Server)) *r3labsServer {
	s := &r3labsServer{subscribed: make(chan struct{}, 10)}
	s.Server = r3labs.NewWithCallback(func(string, *r3labs.Subscriber) { s.subscribed <- struct{}{} }, nil)
	set(s.Server)
	s.CreateStream("s")
	s.http = httptest.NewServer(s.Server)
	t.Cleanup(func() {
		s.http.CloseClientConnections()
		s.http.Close()
		s.Close() // last: it leaves a goroutine for whoever is still connected
	})
	return s
}

func (s *r3labsServer) publish(events ...r3labs.Event) {
	for _, e := range events {
		s.Publish("s", &e)
	}
}

// follow follows the stream, which is open when it returns; the test's end closes it.
func (s *r3labsServer) follow(t *testing.T) *Follower {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*soon)
	t.Cleanup(cancel)
	f, err := Follow(ctx, Config{URL: s.http.URL + "?stream=s", Retry: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.opened(t, f)
	return f
}

// opened waits until the next connection is open on both sides.
func (s *r3labsServer) opened(t *testing.T, f *Follower) {
	t.Helper()
	if item, err := f.Next(); err != nil || item.Kind != KindOpen {
		t.Fatalf("%+v, %v", item, err)
	}
	<-s.subscribed
}

// until reads n items of those that lines tells.
func until(t *testing.T, f *Follower, n int) []string {
	t.Helper()
	var items []Item
	for len(lines(items)) < n {
		item, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return lines(items)
}

// By default r3labs/sse numbers events anew, from zero, whatever ids they were given, ends comments with a blank line,
// and begins a replay with the event that the client had last.
func TestWeReadR3labsServer(t *testing.T) {
	s := serveR3labs(t, func(s *r3labs.Server) { s.SplitData = true })
	f := s.follow(t)
	s.publish(
		r3labs.Event{ID: []byte("a"), Event: []byte("greeting"), Data: []byte("hello\nworld")},
		r3labs.Event{Comment: []byte("ping")},
		r3labs.Event{ID: []byte("b"), Data: []byte(": data"), Retry: []byte("1")},
		r3labs.Event{Data: []byte("你好"), Comment: []byte("both")},
	)
	sameLines(t, "at first", until(t, f, 6), []string{
		event("greeting", "hello\nworld", "0"), comment("ping"), retry(1e6), event("", ": data", "1"), comment("both"), event("", "你好", "2"),
	})
	s.http.CloseClientConnections()
	sameLines(t, "replayed", until(t, f, 2), []string{comment("both"), event("", "你好", "2")})
	if f.LastEventID() != "2" {
		t.Errorf("last id %q", f.LastEventID())
	}
}

// Without replay it sends the ids that it was given, an empty one too, which resets ours; unless it splits data, one that
// begins with a colon as a comment; and an event without data ends the connection. (Ids are
// numbers here: it refuses to have a client back that had another.)
func TestWeReadR3labsServerWithoutReplay(t *testing.T) {
	s := serveR3labs(t, func(s *r3labs.Server) { s.AutoReplay = false })
	f := s.follow(t)
	s.publish(
		r3labs.Event{ID: []byte("7"), Data: []byte("one")},
		r3labs.Event{Data: []byte("two")},
		r3labs.Event{ID: []byte("8"), Data: []byte(": lost")},
	)
	sameLines(t, "ids", until(t, f, 3), []string{event("", "one", "7"), event("", "two", ""), comment("lost")})
	s.publish(r3labs.Event{Event: []byte("bare")})
	item, err := f.Next()
	if err != nil || item.Kind != KindReconnect || item.Err != nil || item.Cut {
		t.Fatalf("an event without data: %+v, %v", item, err)
	}
	s.opened(t, f)
	s.publish(r3labs.Event{ID: []byte("9"), Data: []byte("three")})
	sameLines(t, "again", until(t, f, 1), []string{event("", "three", "9")})
}
