package server

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"
)

const (
	// noDeadline is a write's with NoWriteDeadline: longer than anybody waits.
	noDeadline = 365 * 24 * time.Hour
	// earlyPause is how long, with EarlyAbort, nobody looks at the client before
	// the first event, and again after it: a FIN that was sent before the event
	// came may be read a moment after the event was written.
	earlyPause = 50 * time.Millisecond
)

// chat is GET /sse/chat: one reply as an event stream.
//
// From open to finish everything that the session holds is given back by the
// deferred call, whichever way the stream ends, a panic included.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	id, prompt, ok := s.admit(w, r)
	if !ok {
		return
	}
	sess, err := s.sessions.open(r.Context(), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	reason := CloseDisconnected
	defer func() { s.sessions.finish(sess, reason) }()
	s.sessions.generate(sess, s.cfg.Upstream, prompt)

	setStreamHeaders(w.Header())
	w.Header().Set("X-Session-Id", sess.ID)
	closeAfter(w.Header(), r) // so that a session's descriptor is given back with it
	timeout := s.cfg.WriteTimeout
	if s.cfg.defective(NoWriteDeadline) {
		timeout = noDeadline
	}
	out := newWriter(sess.stream, w, timeout)
	defer out.finish()
	c := conversation{session: sess, manager: s.sessions, out: out, interval: s.cfg.Heartbeat, log: s.cfg.Logger}
	reason = c.run()
}

// admit reads the request, or answers why it cannot be served.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (id identity, p Prompt, ok bool) {
	refuse := func(why string) (identity, Prompt, bool) {
		http.Error(w, why, http.StatusBadRequest)
		return identity{}, Prompt{}, false
	}
	if r.ContentLength != 0 {
		// net/http notices that a client has gone only once the body was read,
		// and reads it before it answers unless the connection is to close.
		closeAfter(w.Header(), r)
		return refuse("a chat by GET takes no body")
	}
	q, err := parseQuery(r.URL.RawQuery, s.cfg)
	if err != nil {
		return refuse(err.Error())
	}
	streamID := r.Header.Get("X-Stream-Id")
	if err := checkStreamID(streamID); err != nil {
		return refuse(err.Error())
	}
	if q.session == "" {
		q.session = randomID()
	}
	return identity{ID: q.session, StreamID: streamID, User: q.user, Transport: "sse", Client: s.client(r).String()}, q.prompt, true
}

// randomID is not to be guessed: who knows a session's id may cancel it.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, since Go 1.24
	return hex.EncodeToString(b[:])
}

func setStreamHeaders(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events
}

// closeAfter has the connection closed after this response. Over HTTP/2 it
// does nothing: that would end other streams too.
func closeAfter(h http.Header, r *http.Request) {
	if r.ProtoMajor == 1 {
		h.Set("Connection", "close")
	}
}

// conversation writes one session's stream. It lives in the handler's
// goroutine, which waits for three things: a token, the time for a heartbeat,
// and the end.
type conversation struct {
	session  *session
	manager  *manager
	out      *writer
	interval time.Duration
	log      *slog.Logger
	sent     int
	buf      []byte
}

// run returns why the stream ended.
func (c *conversation) run() CloseReason {
	c.manager.drain.streams.Add(1)
	defer c.manager.drain.streams.Add(-1)
	err := c.begin()
	if c.manager.cfg.defective(EarlyAbort) && c.session.stream.Err() != nil {
		return closeUnseen // who has left by now is never asked about again
	}
	if err != nil {
		return endOf(c.session.stream, err)
	}
	silence := time.NewTimer(c.interval)
	defer silence.Stop()
	for {
		var err error
		select {
		case <-c.session.stream.Done():
			return endOf(c.session.stream, nil)
		case <-c.manager.drain.leaving:
			return c.leave()
		case token, more := <-c.session.tokens:
			if !more {
				return c.complete()
			}
			err = c.delta(token)
		case <-silence.C:
			err = c.beat()
		}
		if err != nil {
			return endOf(c.session.stream, err)
		}
		silence.Reset(c.interval)
	}
}

// begin writes what a client needs before the first token.
func (c *conversation) begin() error {
	if c.manager.cfg.defective(EarlyAbort) {
		c.manager.pause(earlyPause) // for the upstream to answer
		defer c.manager.pause(earlyPause)
	}
	c.buf = append(c.buf[:0], "retry: "+retryMillis+"\n"...)
	c.buf = appendEvent(c.buf, 0, "session", map[string]string{"session_id": c.session.ID})
	return c.write()
}

func (c *conversation) delta(token string) error {
	c.buf = appendEvent(c.buf[:0], c.sent+1, "delta", map[string]string{"delta": token})
	if err := c.write(); err != nil {
		return err
	}
	c.sent++
	c.manager.sent.Add(1)
	return nil
}

// beat looks before it writes: what the last heartbeat, or the last token,
// brought back is known by now.
func (c *conversation) beat() error {
	c.session.activity.look(time.Now())
	if c.manager.cfg.defective(NoHeartbeat) {
		return nil
	}
	c.manager.tallies.heartbeats.Add(1)
	c.buf = append(c.buf[:0], heartbeat...)
	return c.write()
}

// complete ends a reply that the upstream has ended. It may have done so
// because it was told to: then the stream's end is the reason.
func (c *conversation) complete() CloseReason {
	if c.session.stream.Err() != nil {
		return endOf(c.session.stream, nil)
	}
	name, data := "done", map[string]any{"tokens": c.sent}
	if err := c.session.failure; err != nil {
		c.log.Warn("upstream", "session", c.session.ID, "error", err)
		name, data = "failed", map[string]any{"tokens": c.sent, "error": "the upstream failed"}
	}
	c.buf = appendEvent(c.buf[:0], 0, name, data)
	if err := c.write(); err != nil {
		return endOf(c.session.stream, err)
	}
	return CloseCompleted
}

// write sends what is in buf.
func (c *conversation) write() error {
	if err := c.out.write(c.buf); err != nil {
		return err
	}
	c.session.activity.wrote(time.Now())
	return nil
}
