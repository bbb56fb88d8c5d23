package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
)

func TestStreamGivesItemsInOrder(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, "retry: 1500\n: hello\n\nid: 7\nevent: delta\ndata: a\ndata: b\n\n")
		send(w, "data: c\n\nid: 8\ndata: cut")
	})
	s, err := Open(t.Context(), Config{URL: url + "/x?y=1"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := drain(s.Next)
	if !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	sameLines(t, "items", lines(got), []string{
		retry(1500e6), comment("hello"), event("delta", "a\nb", "7"), event("", "c", "7"),
	})
	if got[0].Kind != KindOpen || got[0].Head.Status != 200 || got[0].Head.Proto != "HTTP/1.1" || got[0].URL != url+"/x?y=1" {
		t.Errorf("the first item is %+v", got[0])
	}
	for i := 1; i < len(got); i++ {
		if got[i].At.IsZero() || got[i].At.Before(got[i-1].At) {
			t.Errorf("item %d came at %v, the one before at %v", i, got[i].At, got[i-1].At)
		}
	}
	if !s.Pending() || s.LastEventID() != "7" {
		t.Errorf("pending %t, last event ID %q", s.Pending(), s.LastEventID())
	}
	if _, again := s.Next(); !errors.Is(again, io.EOF) {
		t.Errorf("then %v", again)
	}
	if s.ctx.Err() == nil {
		t.Error("its context outlives it, within that of the caller")
	}
}

// What came in one read is given item by item, and the last event ID does not run ahead of it.
func TestStreamLastEventIDGoesWithItems(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, "id: 1\ndata: a\n\n: comment\nid: 2\ndata: b\n\ndata: c\n\nid\ndata: d\n\nid: 3\n\nid: cut")
	})
	s, err := Open(t.Context(), Config{URL: url, LastEventID: "0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := []string{s.LastEventID()}
	for _, err := range s.Items() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.LastEventID())
	}
	sameLines(t, "last event IDs", append(ids, s.LastEventID()), []string{"0", "0", "1", "1", "2", "2", "", "3"})
}

func TestStreamEventsAlone(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, ": hello\n\ndata: a\n\nretry: 1\n\ndata: b\n\n")
	})
	s, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	for e, err := range s.Events() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(e.Data))
	}
	sameLines(t, "events", got, []string{"a", "b"})
}

func TestStreamCancelled(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begin(w, "data: a\n\n")
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := Open(ctx, Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for e, err := range s.Events() {
		if err == nil && string(e.Data) == "a" {
			cancel()
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	}
}
