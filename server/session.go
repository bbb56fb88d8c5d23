package server

import (
	"context"
	"encoding/json"
	"time"
)

// session is what the server keeps for one stream. Its manager makes it and
// gives it back; two goroutines work for it, the handler (net/http's own) and
// the upstream's, and both live in its contexts.
type session struct {
	identity
	opened   time.Time
	activity activity
	record   []byte // the part of its JSON that never changes

	// stream ends when the stream has ended for any reason: the request was
	// cancelled, the timeout came, somebody called end.
	stream context.Context
	// generation is what the upstream runs in: the same context, but for a
	// defect.
	generation context.Context
	// end cancels both, and stops their timer.
	end func(CloseReason)

	// tokens carries the reply from the upstream's goroutine, which closes it
	// as its last act, to the handler.
	tokens  chan string
	failure error // of the upstream; set before tokens is closed

	closed CloseReason // empty while it is open; guarded by manager.mu
}

// identity is what a client says about itself.
type identity struct {
	ID        string `json:"id"`
	StreamID  string `json:"stream_id"`
	User      string `json:"user"`
	Transport string `json:"transport"`
	Client    string `json:"-"` // its address: see Server.client
}

// newSession makes the session of a request that came now. Nothing else knows
// it yet.
func newSession(request context.Context, id identity, cfg Config, now time.Time) *session {
	s := &session{identity: id, opened: now, tokens: make(chan string)}
	conn := connOf(request)
	if cfg.defective(SweepNever) {
		conn = nil // its kernel is not asked, every write counts
	}
	s.activity.begin(conn, now)
	s.record = s.renderRecord()

	stream, cancel := context.WithCancelCause(request)
	stop := func() bool { return false }
	if cfg.Timeout > 0 && !cfg.defective(NoTimeout) { // the first defence: no stream lives for ever
		// A timer, and no context with a deadline: that costs each session another context.
		stop = time.AfterFunc(cfg.Timeout, func() { cancel(CloseTimeout) }).Stop
	}
	s.stream, s.generation = stream, stream
	s.end = func(reason CloseReason) { cancel(reason); stop() }

	if cfg.defective(NoCallbacks, NoErrorCallback, EarlyAbort, SlowReclaim) {
		// Then what ends the stream does not reach the upstream, only a release does.
		generation, kill := context.WithCancelCause(context.WithoutCancel(stream))
		s.generation = generation
		s.end = func(reason CloseReason) { cancel(reason); stop(); kill(reason) }
	}
	return s
}

// renderRecord renders what never changes of a session once, because
// thousands are listed several times a second. appendJSON closes the object.
func (s *session) renderRecord() []byte {
	fixed, err := json.Marshal(struct {
		identity
		OpenedAt time.Time `json:"opened_at"`
	}{s.identity, s.opened.UTC()})
	if err != nil {
		panic("server: session is not JSON: " + err.Error()) // strings and a clock's time always are
	}
	return fixed[:len(fixed)-1]
}

// appendJSON appends the session as an object of GET /sessions.
func (s *session) appendJSON(dst []byte) []byte {
	dst = append(dst, s.record...)
	dst = append(dst, `,"last_active_at":"`...)
	dst = s.activity.last().UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}`...)
}
