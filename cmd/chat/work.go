package chat

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// work makes the commands: whatever waits, or looks at the world. It owns the
// streams, and waits at its end for every command.
type work struct {
	ctx    context.Context
	cancel context.CancelFunc
	config talk.Config
	hint   func(error) string // see Settings

	mu       sync.Mutex
	ended    bool
	running  sync.WaitGroup
	replies  map[*talk.Reply]struct{} // open, or left in a way whose connection is kept
	sessions *talk.Sessions
}

func newWork(ctx context.Context, s Settings) *work {
	w := &work{config: s.Talk, hint: s.Hint, replies: map[*talk.Reply]struct{}{}}
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

// end closes everything, and waits for the commands that are under way. Later
// ones do nothing.
func (w *work) end() {
	w.mu.Lock()
	w.ended = true
	for reply := range w.replies {
		reply.Close()
	}
	if w.sessions != nil {
		w.sessions.Close()
	}
	w.mu.Unlock()
	w.cancel()
	w.running.Wait()
}

// do is a command that end waits for.
func (w *work) do(f func() tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !w.begin() {
			return nil
		}
		defer w.running.Done()
		return f()
	}
}

func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.running.Add(1)
	}
	return !w.ended
}

// keep has end close a reply, and returns false where that was already.
func (w *work) keep(r *talk.Reply) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		r.Close()
		return false
	}
	w.replies[r] = struct{}{}
	return true
}

func (w *work) drop(r *talk.Reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.replies, r)
}

// answerID says which answer a message is about: the chat, and which of its
// answers.
type answerID struct{ chat, answer int }

// asked tells of an answer that is under way.
type asked struct {
	answerID
	reply *talk.Reply
	life  talk.Life // as it begins
}

// hinted is an error that brings its way out along, where one is known.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// Hint is the way out.
func (e hinted) Hint() string { return e.hint }

func (w *work) hinted(err error) error {
	if err == nil || w.hint == nil {
		return err
	}
	if way := w.hint(err); way != "" {
		return hinted{err, way}
	}
	return err
}

// came is one update of an answer. With an error it was the last.
type came struct {
	answerID
	reply  *talk.Reply
	update talk.Update
	err    error
}

// left tells that a stream has left, or why it could not.
type left struct {
	answerID
	departure talk.Departure
	successor *talk.Reply
	err       error
	at        time.Time
}

// ask asks for the next answer.
func (w *work) ask(id answerID, c client.Conversation) tea.Cmd {
	return w.do(func() tea.Msg {
		reply := talk.Ask(w.ctx, w.config, c)
		if !w.keep(reply) {
			return nil
		}
		return asked{id, reply, reply.Life()}
	})
}

// next waits for what an answer brings next. One that left by stalling or
// vanishing is kept.
func (w *work) next(id answerID, r *talk.Reply) tea.Cmd {
	return w.do(func() tea.Msg {
		u, err := r.Next()
		if way := u.Life.Way; err != nil && way != loadgen.Stall && way != loadgen.Vanish {
			r.Close()
			w.drop(r)
		}
		return came{id, r, u, w.hinted(err)}
	})
}

// stop ends an answer.
func (w *work) stop(r *talk.Reply) tea.Cmd {
	return w.do(func() tea.Msg {
		r.Close()
		w.drop(r)
		return nil
	})
}

// leave leaves an answer's stream.
func (w *work) leave(id answerID, r *talk.Reply, way loadgen.Disconnect) tea.Cmd {
	return w.do(func() tea.Msg {
		m := left{answerID: id}
		if way == loadgen.Refresh {
			if m.successor, m.departure, m.err = r.Refresh(); m.err == nil && !w.keep(m.successor) {
				return nil
			}
		} else {
			m.departure, m.err = r.Leave(way)
		}
		m.at = time.Now()
		return m
	})
}

// sessionsCame is what the server's sessions are now.
type sessionsCame struct {
	live talk.Live
	err  error
}

// watch begins to follow the server's sessions.
func (w *work) watch() tea.Cmd {
	return w.do(func() tea.Msg {
		s, err := talk.Watch(w.ctx, w.config)
		if err != nil {
			return sessionsCame{err: err}
		}
		w.mu.Lock()
		w.sessions = s
		w.mu.Unlock()
		return w.live()
	})
}

// watched waits for the next change of the server's sessions.
func (w *work) watched() tea.Cmd {
	return w.do(func() tea.Msg { return w.live() })
}

func (w *work) live() tea.Msg {
	w.mu.Lock()
	s := w.sessions
	w.mu.Unlock()
	live, err := s.Next()
	return sessionsCame{live, err}
}

// tick is a moment in time.
type tick time.Time

// pulse is how often what ages is shown anew.
const pulse = 200 * time.Millisecond

func (w *work) after(d time.Duration) tea.Cmd {
	return w.do(func() tea.Msg {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-w.ctx.Done():
			return nil
		case now := <-timer.C:
			return tick(now)
		}
	})
}
