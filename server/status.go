package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// status is the answer of GET /sessions but for its list.
type status struct {
	Service   string                 `json:"service"`
	Active    int                    `json:"active"`
	Upstreams int64                  `json:"upstreams"`
	Watchers  int                    `json:"watchers"`
	Seq       uint64                 `json:"seq"` // of the feed's last event
	Opened    uint64                 `json:"opened"`
	StartedAt time.Time              `json:"started_at"`
	Remote    bool                   `json:"remote,omitempty"` // another server writes the replies
	Closed    map[CloseReason]uint64 `json:"closed"`
	Tokens    tokenStatus            `json:"tokens"`
	Process   processStatus          `json:"process"`
	Config    configStatus           `json:"config"`
}

type tokenStatus struct {
	Sent            uint64 `json:"sent"`
	AfterDisconnect uint64 `json:"after_disconnect"`
}

// configStatus is in seconds.
type configStatus struct {
	Timeout      float64 `json:"timeout_s"`
	Heartbeat    float64 `json:"heartbeat_s"`
	WriteTimeout float64 `json:"write_timeout_s"`
	UserTimeout  float64 `json:"user_timeout_s"`
	SweepEvery   float64 `json:"sweep_every_s"`
	IdleTimeout  float64 `json:"idle_timeout_s"`
}

// listing is the memory that one answer needs, kept from one to the next.
type listing struct {
	sessions []*session
	buf      []byte
}

var listings = sync.Pool{New: func() any { return &listing{sessions: []*session{}} }}

// pieceSize is how much of a list is written at once.
const pieceSize = 32 << 10

// list is GET /sessions: the counts and the sessions of one moment, in no
// order; with list=0 the counts alone, with collect=1 after garbage was collected. The
// whole list is never held as text.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	l := listings.Get().(*listing)
	defer func() {
		clear(l.sessions) // a pooled pointer would keep a released session in memory
		l.sessions, l.buf = l.sessions[:0], l.buf[:0]
		listings.Put(l)
	}()
	setJSONHeaders(w.Header())
	query := r.URL.Query()
	if query.Get("collect") == "1" {
		s.collector.collect()
	}
	if query.Get("list") == "0" {
		n, _ := s.sessions.count(nil)
		l.buf = append(appendJSON(l.buf, s.status(n)), '\n')
		_, _ = w.Write(l.buf) // a poller that has gone needs no answer
		return
	}
	n, sessions := s.sessions.count(l.sessions)
	l.sessions = sessions
	out := newWriter(r.Context(), w, s.cfg.WriteTimeout)
	defer out.finish()
	l.write(out, s.status(n))
}

// write writes st with the list as its last member. It gives up when a piece
// cannot be written: then there is nobody to tell.
func (l *listing) write(out *writer, st status) {
	buf := appendJSON(l.buf, st)
	buf = append(buf[:len(buf)-1], `,"sessions":[`...)
	defer func() { l.buf = buf }()
	for i, sess := range l.sessions {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = sess.appendJSON(buf)
		if len(buf) >= pieceSize {
			if out.write(buf) != nil {
				return
			}
			buf = buf[:0]
		}
	}
	_ = out.write(append(buf, "]}\n"...))
}

// status tells of the counts n, and of what can be read at any time.
func (s *Server) status(n counts) status {
	return status{
		Service:   "sse-tool",
		Active:    n.active,
		Upstreams: s.sessions.upstreams.Load(),
		Watchers:  s.sessions.feed.watched(),
		Seq:       n.changes,
		Opened:    n.opened,
		StartedAt: s.started.UTC(),
		Remote:    s.cfg.remote(),
		Closed:    n.closed,
		Tokens:    tokenStatus{s.sessions.sent.Load(), s.sessions.afterDisconnect.Load()},
		Process:   readProcess(),
		Config: configStatus{
			Timeout:      s.cfg.Timeout.Seconds(),
			Heartbeat:    s.cfg.Heartbeat.Seconds(),
			WriteTimeout: s.cfg.WriteTimeout.Seconds(),
			UserTimeout:  s.cfg.UserTimeout.Seconds(),
			SweepEvery:   s.cfg.SweepEvery.Seconds(),
			IdleTimeout:  s.cfg.IdleTimeout.Seconds(),
		},
	}
}

// one is GET /sessions/{id}.
func (s *Server) one(w http.ResponseWriter, r *http.Request) {
	sess := s.sessions.get(r.PathValue("id"))
	if sess == nil {
		noSession(w, r.PathValue("id"))
		return
	}
	setJSONHeaders(w.Header())
	_, _ = w.Write(append(sess.appendJSON(nil), '\n'))
}

// cancel is DELETE /sessions/{id}.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	sess := s.sessions.get(r.PathValue("id"))
	if sess == nil {
		noSession(w, r.PathValue("id"))
		return
	}
	s.replies.forgetSession(sess.ID) // first: who comes back meanwhile finds nothing to go on with
	s.sessions.release(sess, CloseCancelled)
	w.WriteHeader(http.StatusNoContent)
}

func noSession(w http.ResponseWriter, id string) {
	setJSONHeaders(w.Header())
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": fmt.Sprintf("no session %q", id)})
}

func setJSONHeaders(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
}
