package server

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// watch is GET /sessions/feed. The first event, "watching", tells the number
// of the last change so far; "opened" and "closed" follow. Whoever sees a
// number that is not one more than the last, or a larger one than GET
// /sessions had, has missed some and asks there again.
//
// A watcher is no session, but the defences are the same: a heartbeat, a
// deadline for each write, the timeout, release on every end.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if s.cfg.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, s.cfg.Timeout)
		defer cancel()
	}
	broadcast := s.sessions.feed.join()
	defer s.sessions.feed.leave()
	box := newMailbox()
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel() // before that: the reading ends with ctx
	reading.Go(func() { broadcast.ServeHTTP(box, feedRequest(ctx)) })

	setStreamHeaders(w.Header())
	closeAfter(w.Header(), r)
	out := newWriter(ctx, w, s.cfg.WriteTimeout)
	defer out.finish()
	v := watcher{manager: s.sessions, box: box, out: out, interval: s.cfg.Heartbeat}
	v.run(ctx)
}

// feedRequest is what r3labs/sse's handler has to know: which stream, and when
// it ends. Of the client's own request it would refuse a Last-Event-ID that is
// no number, although nothing is replayed.
func feedRequest(ctx context.Context) *http.Request {
	r := &http.Request{URL: &url.URL{RawQuery: "stream=" + feedStream}, Header: http.Header{}}
	return r.WithContext(ctx)
}

// watcher writes the feed to one client, in its handler's goroutine.
type watcher struct {
	manager  *manager
	box      *mailbox
	out      *writer
	interval time.Duration
	buf      []byte
}

// run returns when ctx has ended or a write failed.
func (v *watcher) run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-v.box.subscribed: // from here on no change is missed
	}
	if v.begin() != nil {
		return
	}
	silence := time.NewTimer(v.interval)
	defer silence.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-v.manager.drain.leaving:
			_ = v.out.write(appendComeBack(v.buf[:0])) // who does not take it comes back all the same
			return
		case <-v.box.ready:
			v.buf = v.box.take(v.buf[:0])
			err = v.out.write(v.buf)
		case <-silence.C:
			v.manager.tallies.heartbeats.Add(1)
			err = v.out.write(heartbeat)
		}
		if err != nil {
			return // there is nobody to tell
		}
		silence.Reset(v.interval)
	}
}

func (v *watcher) begin() error {
	n, _ := v.manager.count(nil)
	v.buf = append(v.buf[:0], "retry: "+retryMillis+"\n"...)
	v.buf = appendEvent(v.buf, 0, "watching", map[string]any{"seq": n.changes, "active": n.active})
	return v.out.write(v.buf)
}

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
