package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// serveCases serves the streams of parserCases: "n" names the case, "how" is whole, bytewise or held. A held stream stays
// open until release gives the word.
func serveCases(t *testing.T, release <-chan struct{}) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.FormValue("n"))
		if err != nil || n >= len(parserCases) {
			http.NotFound(w, r)
			return
		}
		begin(w, "")
		stream := parserCases[n].stream
		switch r.FormValue("how") {
		case "bytewise":
			for i := range len(stream) {
				send(w, stream[i:i+1])
			}
		case "held":
			send(w, stream)
			select {
			case <-release:
			case <-r.Context().Done():
			}
		default:
			send(w, stream)
		}
	})
}

// Each case of the standard, from a real server: all at once, a byte at a time, and from one that stays open, where
// everything that is complete has to come before the end.
func TestStandardThroughOpen(t *testing.T) {
	release := make(chan struct{})
	base := serveCases(t, release)
	for n, c := range parserCases {
		for _, how := range []string{"whole", "bytewise", "held"} {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				s, err := Open(t.Context(), Config{URL: fmt.Sprintf("%s/?n=%d&how=%s", base, n, how), ReadTimeout: soon})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				var got []Item
				if how == "held" {
					for len(lines(got)) < len(c.want) {
						item, err := s.Next()
						if err != nil {
							t.Fatalf("%v, after %q", err, lines(got))
						}
						got = append(got, item)
					}
					release <- struct{}{}
				}
				rest, err := drain(s.Next)
				if !errors.Is(err, io.EOF) {
					t.Errorf("the end is %v", err)
				}
				sameLines(t, "items", lines(append(got, rest...)), c.want)
				if s.Pending() != c.pending || s.LastEventID() != c.lastID {
					t.Errorf("pending %t, last event ID %q; want %t, %q", s.Pending(), s.LastEventID(), c.pending, c.lastID)
				}
			})
		}
	}
}

// After each case of the standard, what a reconnection sends is the last event ID as of the last complete event.
func TestStandardThroughFollow(t *testing.T) {
	for _, c := range parserCases {
		var id *string
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/again" {
				sent := r.Header.Get("Last-Event-ID")
				id = &sent
				w.WriteHeader(http.StatusNoContent)
				return
			}
			begin(w, c.stream)
		})
		f, err := Follow(t.Context(), Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		for item, err := range f.Items() {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if item.Kind == KindReconnect {
				f.due, f.config.URL = time.Now(), url+"/again" // some cases have a retry of 292 years
				if f.LastEventID() != c.lastID || item.Err != nil || item.Cut != c.pending {
					t.Errorf("%s: last event ID %q, %+v", c.name, f.LastEventID(), item)
				}
			}
		}
		f.Close()
		if id == nil || *id != c.lastID {
			t.Errorf("%s: the reconnection has %v, want %q", c.name, id, c.lastID)
		}
	}
}

// What HTML 9.2.2 and 9.2.3 say of an answer, by the names of the web platform's tests of it.
func TestStandardAnswers(t *testing.T) {
	for _, c := range []struct {
		name, contentType string
		status            int
		opens             bool
	}{
		{"format-mime-trailing-semicolon", "text/event-stream;", 200, true},
		{"format-mime-valid-bogus", "text/x-bogus", 200, false},
		{"format-mime-bogus", "x bogus", 200, false},
		{"request-status-error 204", "", 204, false},
		{"request-status-error 205", "text/event-stream", 205, false},
		{"request-status-error 210", "text/event-stream", 210, false},
		{"request-status-error 299", "text/event-stream", 299, false},
		{"request-status-error 404", "text/event-stream", 404, false},
		{"request-status-error 410", "text/event-stream", 410, false},
		{"request-status-error 503", "text/event-stream", 503, false},
	} {
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", c.contentType)
			w.WriteHeader(c.status)
		})
		s, err := Open(t.Context(), Config{URL: base})
		if (err == nil) != c.opens {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			s.Close()
		}
	}
}
