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

	setStreamHeaders(w.Header(), r)
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
	v.buf = appendEvent(v.buf, "", "watching", map[string]any{"seq": n.changes, "active": n.active})
	return v.out.write(v.buf)
}
