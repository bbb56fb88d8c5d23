package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A door is an endpoint's way of telling its client of a session: what differs
// between /sse/chat, /v1/chat/completions and /ws/chat. The rest, a session's
// life, is the same whatever the door: see Server.converse.
//
// All calls come from the handler's goroutine. Each write has its bound, and
// the end of the session's stream cuts it short.
type door interface {
	// begin tells what a client needs before the first token.
	begin() error
	// delta takes the n-th token of the reply, counted from 1. It reports
	// whether it wrote what it was given so far.
	delta(n int, token string) (wrote bool, err error)
	// heartbeat breaks a silence.
	heartbeat() error
	// done ends a complete reply.
	done(tokens int) error
	// failed ends a reply that broke off; why is for the client to read.
	failed(tokens int, why error) error
	// leave says, where the door has words for it, when to come back: the server
	// stops.
	leave() error
	// close ends the door, when its session has been released for that reason:
	// it gives back, and waits for, all that the door has started.
	close(reason CloseReason)
}

// visit is who asks for what, however it was asked.
type visit struct {
	identity
	upstream Upstream
	prompt   Prompt
	from     int // tokens of the reply that the client has already
}

// converse is the life of a session. From open to finish everything that the
// session holds is given back by the deferred call, whichever way the stream
// ends, a panic included. An error says why no session may be opened; then enter
// was not called.
func (s *Server) converse(ctx context.Context, v *visit, enter func(*session) door) error {
	sess, err := s.sessions.open(ctx, v.identity)
	if err != nil {
		return err
	}
	s.sessions.drain.streams.Add(1)
	defer s.sessions.drain.streams.Add(-1)
	c := conversation{session: sess, manager: s.sessions, door: enter(sess), tokens: v.from, sent: v.from}
	reason := CloseDisconnected
	defer func() {
		s.sessions.finish(sess, reason)
		c.door.close(reason)
	}()
	s.sessions.generate(sess, v.upstream, v.prompt)
	if reason = c.begin(); reason == "" {
		reason = c.run()
	}
	return nil
}

// visitor reads who asks for what from the query and the head of a request,
// which are alike at every door. Its errors are one line, for the client.
func (s *Server) visitor(r *http.Request, transport string) (*visit, error) {
	q, err := parseQuery(r.URL.RawQuery, s.cfg)
	if err != nil {
		return nil, err
	}
	streamID := r.Header.Get("X-Stream-Id")
	if err := checkStreamID(streamID); err != nil {
		return nil, err
	}
	if q.session == "" {
		q.session = randomID(sessionIDSize)
	}
	id := identity{ID: q.session, StreamID: streamID, User: q.user, Transport: transport, Client: s.client(r).String()}
	return &visit{identity: id, upstream: s.cfg.Upstream, prompt: q.prompt}, nil
}

// conversation carries one session's reply from its upstream to its door. It
// lives in the handler's goroutine, which waits for four things: a token, the
// time for a heartbeat, the end, and the server's.
type conversation struct {
	session *session
	manager *manager
	door    door
	silence *time.Timer
	tokens  int // of the reply, so far
	sent    int // of them, written
}

// earlyPause is how long, with EarlyAbort, nobody looks at the client before
// the first event, and again after it: a FIN that was sent before the event
// came may be read a moment after the event was written.
const earlyPause = 50 * time.Millisecond

// begin writes what comes before the first token. It returns why the stream
// ended, if it did so already. (It is not called by run: net/http writes the
// head here, which takes a third of a small stack.)
func (c *conversation) begin() CloseReason {
	early := c.manager.cfg.defective(EarlyAbort)
	if early {
		c.manager.pause(earlyPause) // for the upstream to answer
	}
	err := c.door.begin()
	if early {
		c.manager.pause(earlyPause)
		if c.session.stream.Err() != nil {
			return closeUnseen // who has left by now is never asked about again
		}
	}
	if err != nil {
		return endOf(c.session.stream, err)
	}
	c.session.activity.wrote(time.Now())
	return ""
}

// run returns why the stream ended.
func (c *conversation) run() CloseReason {
	c.silence = time.NewTimer(c.manager.cfg.Heartbeat)
	defer c.silence.Stop()
	if c.manager.cfg.defective(WorkerLeak) {
		c.manager.hoard.schedule(c.manager.life, c.manager.cfg.Heartbeat)
	}
	for {
		var err error
		select {
		case <-c.session.stream.Done():
			return endOf(c.session.stream, nil)
		case <-c.manager.drain.leaving:
			_ = c.door.leave() // who does not take it comes back all the same
			return CloseShutdown
		case token, more := <-c.session.tokens:
			if !more {
				return c.complete()
			}
			err = c.delta(token)
		case <-c.silence.C:
			err = c.beat()
		}
		if err != nil {
			return endOf(c.session.stream, err)
		}
	}
}

func (c *conversation) delta(token string) error {
	c.tokens++
	wrote, err := c.door.delta(c.tokens, token)
	if err == nil && wrote {
		c.count()
		c.wrote()
	}
	return err
}

// beat looks before it writes: what the last heartbeat, or the last token,
// brought back is known by now.
func (c *conversation) beat() error {
	c.session.activity.look(time.Now())
	if !c.manager.cfg.defective(NoHeartbeat) {
		c.manager.tallies.heartbeats.Add(1)
		if err := c.door.heartbeat(); err != nil {
			return err
		}
		c.session.activity.wrote(time.Now())
	}
	c.silence.Reset(c.manager.cfg.Heartbeat)
	return nil
}

// complete ends a reply that the upstream has ended. It may have done so
// because it was told to: then the stream's end is the reason.
func (c *conversation) complete() CloseReason {
	if c.session.stream.Err() != nil {
		return endOf(c.session.stream, nil)
	}
	var err error
	if broken := c.session.failure; broken != nil {
		err = c.door.failed(c.tokens, c.reveal(broken))
	} else if err = c.door.done(c.tokens); err == nil {
		c.count()
	}
	if err != nil {
		return endOf(c.session.stream, err)
	}
	return CloseCompleted
}

// count counts as sent what the door has written.
func (c *conversation) count() {
	c.manager.sent.Add(uint64(c.tokens - c.sent))
	c.sent = c.tokens
}

// wrote tells of a write that broke the silence.
func (c *conversation) wrote() {
	c.session.activity.wrote(time.Now())
	c.silence.Reset(c.manager.cfg.Heartbeat)
}

// refusal is why a reply breaks off that its client may read: the cause is in
// what it asked for.
type refusal string

func (r refusal) Error() string { return string(r) }

// errUpstream is all that a client is told when an upstream fails: its own
// words are for the log.
var errUpstream = errors.New("the upstream failed")

// reveal returns what the client may know of an upstream's failure.
func (c *conversation) reveal(failure error) error {
	if why := refusal(""); errors.As(failure, &why) {
		return why
	}
	c.manager.log.Warn("upstream", "session", c.session.ID, "error", failure)
	return errUpstream
}
