package cmd

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// feed tells whoever watches at /feed of each answer that begins or ends at /chat, as
// a first version of such a feed does: it writes to one watcher after the other, with
// no bound, while all others wait. It counts at /count.
type feed struct {
	chats, watching atomic.Int64

	mu       sync.Mutex
	watchers map[http.ResponseWriter]struct{}
}

func newFeed() http.Handler {
	f := &feed{watchers: map[http.ResponseWriter]struct{}{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed", f.watch)
	mux.HandleFunc("GET /chat", f.chat)
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"chats": %d, "watchers": %d}`, f.chats.Load(), f.watching.Load())
	})
	return mux
}

func (f *feed) watch(w http.ResponseWriter, r *http.Request) {
	f.watching.Add(1)
	defer f.watching.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	f.mu.Lock()
	io.WriteString(w, "event: watching\ndata: {}\n\n")
	w.(http.Flusher).Flush()
	f.watchers[w] = struct{}{}
	f.mu.Unlock()
	<-r.Context().Done()
	f.mu.Lock()
	delete(f.watchers, w)
	f.mu.Unlock()
}

// state is what each event of the feed brings: so much that some seconds of them fill what two kernels buffer.
var state = strings.Repeat("session ", 2<<10)

func (f *feed) tell(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.watchers {
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", what, state)
		w.(http.Flusher).Flush()
	}
}

// chat is an answer of half a second.
func (f *feed) chat(w http.ResponseWriter, r *http.Request) {
	f.chats.Add(1)
	defer f.chats.Add(-1)
	f.tell("opened")
	defer f.tell("closed")
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 10 {
		io.WriteString(w, "data: word\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}
