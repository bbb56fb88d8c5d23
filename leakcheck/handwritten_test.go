package leakcheck_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// life is what a server does between a request and its end.
type life func(h *handwritten, id string, w http.ResponseWriter, r *http.Request)

// handwritten is a chat as people write them with nothing but net/http: /events
// answers with a stream and the id of its session, and / lists and counts the
// sessions that are kept. What such a server does wrong is its life.
type handwritten struct {
	beat time.Duration // between two heartbeats
	life life
	over chan struct{} // ends every handler, also those that nothing else does

	mu     sync.Mutex
	kept   map[string]int // by id, the number of the visit that keeps it
	opened int
	active int // what a counter of its own says
}

// handwrite runs such a server until the test ends. It returns its base URL.
func handwrite(t *testing.T, beat time.Duration, l life) string {
	t.Helper()
	return handwriteTo(t, beat, l, httptest.NewServer)
}

// handwriteTo is for a server that is started in a way of its own.
func handwriteTo(t *testing.T, beat time.Duration, l life, start func(http.Handler) *httptest.Server) string {
	t.Helper()
	h := &handwritten{beat: beat, life: l, over: make(chan struct{}), kept: map[string]int{}}
	ts := start(h)
	t.Cleanup(func() {
		close(h.over)
		ts.CloseClientConnections()
		ts.Close()
	})
	return ts.URL
}

func (h *handwritten) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	if r.URL.Path != "/events" {
		defer h.mu.Unlock()
		ids := append([]string{}, slices.Sorted(maps.Keys(h.kept))...)
		_ = json.NewEncoder(w).Encode(map[string]any{"active": h.active, "sessions": ids})
		return
	}
	h.opened++
	id := fmt.Sprintf("chat-%d", h.opened)
	if asked := r.URL.Query().Get("session"); asked != "" {
		id = asked
	}
	h.mu.Unlock()
	h.life(h, id, w, r)
}

// keep makes a session. drop takes it back, if it is still the same.
func (h *handwritten) keep(id string) (drop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := h.opened
	h.kept[id] = mine
	h.active++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.active--
		if h.kept[id] == mine {
			delete(h.kept, id)
		}
	}
}

// has tells whether a session is kept.
func (h *handwritten) has(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.kept[id]
	return ok
}

// begin writes the head of a stream and its first event.
func (h *handwritten) begin(id string, w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Session-Id", id)
	w.Header().Set("Connection", "close")
	_, _ = fmt.Fprint(w, "data: hello\n\n")
	_ = http.NewResponseController(w).Flush()
}

// talk writes a heartbeat into each silence, and as many words as were asked for;
// then it is through. It looks at what gone tells, and at its writes if minds says
// so, and returns when one of them has it that the client has left.
func (h *handwritten) talk(w http.ResponseWriter, r *http.Request, gone <-chan struct{}, minds bool) {
	var left int
	_, _ = fmt.Sscan(r.URL.Query().Get("events"), &left)
	words := left > 0
	pause := h.beat
	if words {
		pause = 50 * time.Millisecond
	}
	for ; !words || left > 0; left-- {
		text := ": still there\n\n"
		if words {
			text = "data: word\n\n"
		}
		select {
		case <-time.After(pause):
			_, err := fmt.Fprint(w, text)
			if err == nil {
				err = http.NewResponseController(w).Flush()
			}
			if err != nil && minds {
				return
			}
		case <-gone:
			return
		case <-h.over:
			return
		}
	}
}

// right waits on the request's context, and gives its session back whatever happens.
func right(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	defer h.keep(id)()
	h.begin(id, w)
	h.talk(w, r, r.Context().Done(), true)
}

// byWriting looks at its writes only.
func byWriting(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	defer h.keep(id)()
	h.begin(id, w)
	h.talk(w, r, nil, true)
}

// heedless looks at nothing: where it has heartbeats it writes on, else it waits for a
// message.
func heedless(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	defer h.keep(id)()
	h.begin(id, w)
	h.talk(w, r, nil, false)
}

// hoards ends with its stream, and leaves the entry in the map.
func hoards(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	h.keep(id)
	h.begin(id, w)
	h.talk(w, r, r.Context().Done(), true)
}

// unread asks its model before it reads the request's body, and for so long there is
// no first byte. net/http looks at the connection only once the body was read.
func unread(slow time.Duration) life {
	return func(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
		defer h.keep(id)()
		select {
		case <-time.After(slow):
		case <-r.Context().Done():
			return
		case <-h.over:
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		h.begin(id, w)
		h.talk(w, r, r.Context().Done(), true)
	}
}

// clumsy gives its clean-up up where another is under way.
func clumsy() life {
	var cleaning sync.Mutex
	return func(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
		drop := h.keep(id)
		h.begin(id, w)
		h.talk(w, r, r.Context().Done(), true)
		if !cleaning.TryLock() {
			return
		}
		defer cleaning.Unlock()
		time.Sleep(15 * time.Millisecond)
		drop()
	}
}

// miscounts takes a disconnect off its counter twice, and has seen to it that
// nobody reads a negative one.
func miscounts(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	right(h, id, w, r)
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Context().Err() != nil {
		h.active = max(0, h.active-1)
	}
}

// overcounts takes a disconnect off its counter twice, once it has seen a few; it is read as
// what it is.
func overcounts(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	few := h.opened <= 6
	h.mu.Unlock()
	right(h, id, w, r)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !few && r.Context().Err() != nil {
		h.active--
	}
}

// refuses lets nobody in twice under one name, and learns only by a write that the
// one before has left.
func refuses(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
	if h.has(id) {
		http.Error(w, "you are here already", http.StatusConflict)
		return
	}
	byWriting(h, id, w, r)
}
