package server

import (
	"net/http"
	"sync"
)

// mailboxSize is how many bytes of events wait for a watcher who is slow:
// about a thousand. What comes then is left out.
const mailboxSize = 256 << 10

// mailbox is the ResponseWriter that r3labs/sse writes events into. It never
// makes it wait: one slow client would freeze the feed for all.
type mailbox struct {
	header     http.Header
	subscribed chan struct{} // closed when r3labs/sse knows this reader
	ready      chan struct{} // holds one token when there is something to take

	mu    sync.Mutex
	whole []byte // events to be taken
	part  []byte // of an event that is being written
}

func newMailbox() *mailbox {
	return &mailbox{header: http.Header{}, subscribed: make(chan struct{}), ready: make(chan struct{}, 1)}
}

// Header returns headers that nobody sends: the watcher has its own.
func (b *mailbox) Header() http.Header { return b.header }

// WriteHeader is called once, after the subscription.
func (b *mailbox) WriteHeader(int) { close(b.subscribed) }

func (b *mailbox) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.part = append(b.part, p...)
	return len(p), nil
}

// Flush ends an event.
func (b *mailbox) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.whole)+len(b.part) <= mailboxSize {
		b.whole = append(b.whole, b.part...)
	}
	b.part = b.part[:0]
	if len(b.whole) == 0 {
		return
	}
	select {
	case b.ready <- struct{}{}:
	default: // it was told already
	}
}

// take moves the events to dst.
func (b *mailbox) take(dst []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	dst = append(dst, b.whole...)
	b.whole = b.whole[:0]
	return dst
}
