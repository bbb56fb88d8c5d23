package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// follow follows until the end or n items, whichever comes first.
func follow(t *testing.T, c Config, n int) ([]Item, error) {
	t.Helper()
	f, err := Follow(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []Item
	for item, err := range f.Items() {
		if err != nil {
			return got, err
		}
		if got = append(got, item); len(got) == n {
			return got, nil
		}
	}
	return got, io.EOF
}

// kinds counts items by kind.
func kinds(items []Item) map[Kind]int {
	got := map[Kind]int{}
	for _, item := range items {
		got[item.Kind]++
	}
	return got
}

// reconnects are the announcements among items.
func reconnects(items []Item) []Item {
	var got []Item
	for _, item := range items {
		if item.Kind == KindReconnect {
			got = append(got, item)
		}
	}
	return got
}

// visits answers the n-th request, counted from 1, by the n-th handler, and each later one with 204.
func visits(handlers ...http.HandlerFunc) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		if n++; n > len(handlers) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		handlers[n-1](w, r)
	}
}

func gives(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { begin(w, part) }
}

// breaks gives a part and then breaks the connection.
func breaks(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		begin(w, part)
		panic(http.ErrAbortHandler)
	}
}

func TestFollowReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		note := func(h http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				id, sent := r.Header["Last-Event-Id"]
				ids = append(ids, fmt.Sprint(id, sent))
				h(w, r)
			}
		}
		c := servePipes(t, note(visits(
			gives("id: 1\ndata: a\n\n"),
			breaks("id: 2\ndata: b\n\nid: 3\ndata: cut"),
			gives("id: 4\n\nid: 5"),
			gives("id\ndata: reset\n\n"),
			gives("id: x\x00y\ndata: c\n\n"),
			gives("id: \xE2\x82\ndata: d\n\n"),
		)))
		got, err := follow(t, c, 0)
		if !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
		sameLines(t, "items", lines(got), []string{
			event("", "a", "1"), event("", "b", "2"), message("reset"), message("c"), event("", "d", "\uFFFD"),
		})
		sameLines(t, "last event IDs", ids, []string{
			"[] false", "[1] true", "[2] true", "[4] true", "[] false", "[] false", "[\uFFFD] true",
		})
		lost := reconnects(got)
		if len(lost) != 6 || lost[0].Err != nil || lost[0].Cut || !errors.Is(lost[1].Err, io.ErrUnexpectedEOF) || !lost[1].Cut || !lost[2].Cut {
			t.Errorf("the reconnections are %+v", lost)
		}
	})
}

// Between the announcement and the next attempt lies what was announced.
func TestFollowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Time
		c := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, time.Now())
			switch len(asked) {
			case 1:
				begin(w, "data: a\n\n")
			case 2:
				begin(w, "retry: 10000\n\ndata: a\n\n")
			case 3:
				begin(w, "data: a\n\n")
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
		c.Retry = time.Second
		got, _ := follow(t, c, 0)
		for i, item := range reconnects(got) {
			base := []time.Duration{time.Second, 10 * time.Second, 10 * time.Second}[i]
			if waited := asked[i+1].Sub(item.At); waited != item.Delay || waited < base || waited > 2*base || item.Attempt != 1 {
				t.Errorf("attempt %d: waited %v after %v was announced for attempt %d", i, waited, item.Delay, item.Attempt)
			}
		}
		if n := kinds(got)[KindReconnect]; n != 3 {
			t.Errorf("%d reconnections", n)
		}
	})
}

func TestFollowBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
			switch n++; n {
			case 20:
				begin(w, ": a heartbeat is a success\n")
			case 10:
				begin(w, "retry: 1000\n\n") // neither an event nor a comment
			default:
				panic(http.ErrAbortHandler)
			}
		})
		c.Retry, c.MaxBackoff = time.Second, 8*time.Second
		got, err := follow(t, c, 25)
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range reconnects(got) {
			attempt := i + 1
			if i >= 19 {
				attempt = i - 18
			}
			if clean := i == 9 || i == 19; clean != (item.Err == nil) {
				t.Errorf("reconnection %d is for %v", i, item.Err)
			}
			most := time.Second + min(8*time.Second, time.Second<<(attempt-1))
			if item.Attempt != attempt || item.Delay < time.Second || item.Delay > most {
				t.Errorf("reconnection %d is attempt %d after %v, want %d within %v", i, item.Attempt, item.Delay, attempt, most)
			}
		}
	})
}

func TestFollowEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  func(error) bool
	}{
		{"no content", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, isA[error](io.EOF)},
		{"not found", http.NotFound, isType[*StatusError]},
		{"unavailable", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }, isType[*StatusError]},
		{"another status of success", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(206) }, isType[*StatusError]},
		{"HTML", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") }, isType[*ContentTypeError]},
		{"brotli", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			begin(w, "")
		}, isType[*ContentEncodingError]},
		{"large event", gives("data: " + string(make([]byte, 200)) + "\n\n"), isType[*EventTooLargeError]},
		{"redirect in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, isType[*RedirectError]},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := servePipes(t, c.serve)
				config.MaxEventBytes = 100
				if got, err := follow(t, config, 0); !c.want(err) || kinds(got)[KindReconnect] > 0 {
					t.Errorf("%v, with items %+v", err, got)
				}
			})
		})
	}
}

func isType[E error](err error) bool {
	return errors.As(err, new(E))
}

func isA[E error](target E) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func TestFollowComesAgainWhereUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := func(status int, retryAfter string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if retryAfter == "date" {
					retryAfter = time.Now().Add(300 * time.Second).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", retryAfter)
				w.WriteHeader(status)
			}
		}
		c := servePipes(t, visits(
			status(500, ""), status(502, ""), status(504, "x"),
			status(429, "120"), status(503, "date"),
			gives("data: a\n\n"), status(501, "1"),
		))
		c.RetryUnavailable = true
		got, err := follow(t, c, 0)
		var last *StatusError
		if !errors.As(err, &last) || last.Status != 501 {
			t.Errorf("the end is %v", err)
		}
		var statuses []string
		for i, item := range reconnects(got) {
			var status *StatusError
			if errors.As(item.Err, &status) {
				statuses = append(statuses, strconv.Itoa(status.Status))
			}
			if least := map[int]time.Duration{3: 120 * time.Second, 4: 300 * time.Second}[i]; item.Delay < least || least == 0 && item.Delay > 40*time.Second {
				t.Errorf("reconnection %d waits %v", i, item.Delay)
			}
		}
		sameLines(t, "statuses", statuses, []string{"500", "502", "504", "429", "503"})
	})
}

func TestFollowIsCancelledWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := servePipes(t, gives("data: a\n\n"))
		c.Retry = time.Hour
		for _, how := range []string{"cancel", "close"} {
			ctx, cancel := context.WithCancel(t.Context())
			f, err := Follow(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := f.Next(); err != nil {
					t.Fatal(err)
				}
			}
			began, want := time.Now(), context.Canceled
			time.AfterFunc(time.Minute, func() {
				if how == "cancel" {
					cancel()
					return
				}
				f.Close()
			})
			if how == "close" {
				want = ErrClosed
			}
			if _, err := f.Next(); !errors.Is(err, want) || time.Since(began) != time.Minute {
				t.Errorf("%s: %v after %v", how, err, time.Since(began))
			}
			f.Close()
			cancel()
		}
	})
}

// watchedBody tells of its Close, as the bodies of transports that measure do.
type watchedBody struct {
	io.ReadCloser
	closed chan struct{}
}

func (b watchedBody) Close() error {
	close(b.closed)
	return b.ReadCloser.Close()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFollowerClosesTheBody(t *testing.T) {
	for _, when := range []string{"between two items", "while it is opened"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
					begin(w, "data: a\n\n")
					<-r.Context().Done()
				})
				var f *Follower
				inner, closed := c.Transport, make(chan struct{})
				c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					resp, err := inner.RoundTrip(r)
					if err == nil {
						resp.Body = watchedBody{resp.Body, closed}
					}
					if when == "while it is opened" {
						f.Close()
					}
					return resp, err
				})
				var err error
				if f, err = Follow(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				_, _ = f.Next()
				f.Close()
				select {
				case <-closed:
				default:
					t.Error("the body is not closed")
				}
				if item, err := f.Next(); !errors.Is(err, ErrClosed) {
					t.Errorf("then %+v, %v", item, err)
				}
			})
		})
	}
}

func TestFollowWatchesForSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := servePipes(t, visits(
			func(w http.ResponseWriter, r *http.Request) {
				begin(w, "data: a\n\n")
				for range 5 {
					time.Sleep(9 * time.Second)
					send(w, ":\n")
				}
				<-r.Context().Done()
			},
			func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, // no head
		))
		c.ReadTimeout = 10 * time.Second
		began := time.Now()
		got, err := follow(t, c, 0)
		if !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
		lost := reconnects(got)
		if len(lost) != 2 || !isType[*StallError](lost[0].Err) || !isType[*StallError](lost[1].Err) {
			t.Fatalf("the reconnections are %+v", lost)
		}
		if silent := lost[0].At.Sub(began); silent != 55*time.Second {
			t.Errorf("stalled after %v", silent)
		}
		if silent := lost[1].At.Sub(lost[0].At.Add(lost[0].Delay)); silent != 10*time.Second {
			t.Errorf("the second attempt was given %v", silent)
		}
	})
}

// The time that the caller takes is no silence of the server's.
func TestFollowDoesNotWatchTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
			begin(w, "data: a\n\n")
			time.Sleep(65 * time.Second)
			send(w, "data: b\n\n")
		})
		c.ReadTimeout = 10 * time.Second
		f, err := Follow(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		next(t, f, KindEvent)
		time.Sleep(time.Minute)
		if item, err := f.Next(); err != nil || string(item.Event.Data) != "b" {
			t.Errorf("%+v, %v", item, err)
		}
	})
}

func TestFollowEventsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := servePipes(t, visits(gives(": x\nid: 1\ndata: a\n\n"), breaks("id: 2\ndata: b\n\n"), http.NotFound))
		c.LastEventID = "0"
		f, err := Follow(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		ids := []string{f.LastEventID()}
		for e, err := range f.Events() {
			if err != nil {
				if !isType[*StatusError](err) {
					t.Errorf("the end is %v", err)
				}
				continue
			}
			if ids = append(ids, f.LastEventID()); string(e.ID) != f.LastEventID() {
				t.Errorf("event %q, last event ID %q", e.ID, f.LastEventID())
			}
		}
		sameLines(t, "last event IDs", append(ids, f.LastEventID()), []string{"0", "1", "2", "2"})
	})
}

// Forget has the next attempt begin anew, and that alone: what comes then counts again.
func TestFollowForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		c := servePipes(t, func(h http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				ids = append(ids, r.Header.Get("Last-Event-Id"))
				h(w, r)
			}
		}(visits(breaks("id: 1\ndata: a\n\n"), breaks(": nothing\n\n"), breaks("id: 2\ndata: b\n\n"))))
		c.Header = http.Header{"Last-Event-Id": {"0"}}
		f, err := Follow(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lost := 0; err == nil; {
			var item Item
			if item, err = f.Next(); item.Kind == KindReconnect {
				if lost++; lost == 1 {
					f.Forget()
				}
			}
		}
		sameLines(t, "last event IDs", ids, []string{"0", "", "", "2"})
	})
}
