package server

import (
	"net/http"
	"time"
)

// noDeadline is a write's with NoWriteDeadline: longer than anybody waits.
const noDeadline = 365 * 24 * time.Hour

// patience is how long a write may take.
func (c Config) patience() time.Duration {
	if c.defective(NoWriteDeadline) {
		return noDeadline
	}
	return c.WriteTimeout
}

// chat is GET /sse/chat: one reply as an event stream, for EventSource. A
// request with the Last-Event-ID of a reply that broke off goes on with it.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	v, reply := s.admit(w, r)
	if v == nil {
		return // it was answered
	}
	err := s.converse(r.Context(), v, func(sess *session) door {
		s.replies.add(reply)
		setStreamHeaders(w.Header(), r)
		w.Header().Set("X-Session-Id", v.ID)
		return &eventStream{out: newWriter(sess.stream, w, s.cfg.patience()), session: sess, reply: reply, replies: s.replies, from: v.from}
	})
	if err != nil {
		s.refuse(w, r, err)
	}
}

// admit reads the request, or answers why there is nothing to be told.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*visit, *reply) {
	if r.ContentLength != 0 {
		// net/http notices that a client has gone only once the body was read,
		// and reads it before it answers unless the connection is to close.
		closeAfter(w.Header(), r)
		http.Error(w, "a chat by GET takes no body", http.StatusBadRequest)
		return nil, nil
	}
	v, err := s.visitor(r, "sse")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, nil
	}
	reply := newReply(v.ID, s.cfg.ResumeBytes)
	if last, ok := parseEventID(r.Header.Get("Last-Event-ID")); ok {
		if last.ended {
			w.WriteHeader(http.StatusNoContent) // on which an EventSource gives up: section 9.2.3 of the HTML standard
			return nil, nil
		}
		if reply = s.replies.resume(last, r.URL.Query().Get("session")); reply == nil {
			s.tellLost(w, r, last)
			return nil, nil
		}
		v.ID, v.from = reply.session, last.tokens
		v.upstream = resumed{Upstream: v.upstream, reply: reply, from: last.tokens}
	}
	return v, reply
}

func setStreamHeaders(h http.Header, r *http.Request) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events
	closeAfter(h, r)                 // so that a session's descriptor is given back with it
}

// closeAfter has the connection closed after this response. Over HTTP/2 it
// does nothing: that would end other streams too.
func closeAfter(h http.Header, r *http.Request) {
	if r.ProtoMajor == 1 {
		h.Set("Connection", "close")
	}
}

// eventStream is the door of GET /sse/chat. Each of its events but heartbeats
// has an id with which a client that lost the stream can have the rest.
type eventStream struct {
	out     *writer
	session *session
	reply   *reply
	replies *replies
	from    int // tokens that the client had before
	buf     []byte
}

// begin keeps no buffer: that of a stream without a token would be idle memory.
func (e *eventStream) begin() error {
	b := []byte("retry: " + retryMillis + "\n")
	b = appendEvent(b, eventID{reply: e.reply.id, tokens: e.from}.String(), "session", struct {
		ID string `json:"session_id"`
	}{e.session.ID})
	return e.out.write(b)
}

// delta keeps the token before it is written: a write that failed may have
// lost it.
func (e *eventStream) delta(n int, token string) (bool, error) {
	e.reply.keep(n, token)
	e.buf = appendEvent(e.buf[:0], eventID{reply: e.reply.id, tokens: n}.String(), "delta", map[string]string{"delta": token})
	return true, e.out.write(e.buf)
}

func (e *eventStream) heartbeat() error { return e.out.write(heartbeat) }

func (e *eventStream) leave() error { return e.out.write(appendComeBack(nil)) }

func (e *eventStream) done(tokens int) error {
	e.reply.finish()
	return e.last("done", map[string]any{"tokens": tokens})
}

func (e *eventStream) failed(tokens int, why error) error {
	return e.last("failed", map[string]any{"tokens": tokens, "error": why.Error()})
}

// last ends the stream with an event whose id says that there is no more.
func (e *eventStream) last(name string, data any) error {
	e.buf = appendEvent(e.buf[:0], eventID{reply: e.reply.id, ended: true}.String(), name, data)
	return e.out.write(e.buf)
}

func (e *eventStream) close(reason CloseReason) {
	e.out.finish()
	if reason == CloseReplaced || reason == CloseCancelled || !e.reply.resumable() {
		e.replies.forget(e.reply) // somebody wanted it to end, or nobody can want the rest
	} else {
		e.replies.retire(e.reply, time.Now())
	}
}
