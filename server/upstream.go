package server

import (
	"context"

	"github.com/sse-tool/sse-tool/client"
)

// Upstream writes replies: a language model, as far as a chat server is
// concerned. It has its own life, and its own cost, which is why a session
// that ends must end it too.
type Upstream interface {
	// Generate writes the reply to p, one call of emit a token, and returns
	// when it is complete. It runs in a goroutine of its own.
	//
	// emit waits until the client's stream took the token, so a slow client
	// slows the generation down. Generate must return soon after ctx is done,
	// and at once when emit returns an error; the error it then returns is
	// ignored. The session's handler waits for it.
	Generate(ctx context.Context, p Prompt, emit func(token string) error) error
}

// Prompt is what an Upstream is asked for.
type Prompt struct {
	Message string // what the user said last
	// Messages are the conversation, Message among them, where the client told it;
	// nil where there is but Message.
	Messages []client.Message
	Tokens   int     // how many tokens; zero means an endless reply
	Rate     float64 // how many a second; zero means none at all, for ever
	Size     int     // bytes of text a token; zero means a word
}

// generate starts up's reply to a session. The goroutine is the manager's:
// finish waits for it, and shutdown for all.
func (m *manager) generate(s *session, up Upstream, p Prompt) {
	if m.cfg.defective(NoUpstreamCancel) {
		s.generation = m.life // which no end of the session reaches
	}
	m.upstreams.Add(1)
	m.generations.Go(func() {
		defer close(s.tokens)
		defer m.upstreams.Add(-1)
		err := up.Generate(s.generation, p, func(token string) error { return m.pass(s, token) })
		if s.generation.Err() == nil {
			s.failure = err
		}
	})
}

// pass hands a token to the session's handler and waits until it was taken.
func (m *manager) pass(s *session, token string) error {
	select {
	case s.tokens <- token:
		return nil
	case <-s.stream.Done():
	}
	if s.generation.Err() != nil { // the same context, so always, but for a defect
		return context.Cause(s.generation)
	}
	m.afterDisconnect.Add(1)
	return nil
}
