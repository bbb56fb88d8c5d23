package server

import (
	"context"
	"net/http"
)

// Resumer is an Upstream that can begin in the middle of a reply, because the
// same prompt always gets the same one. Of any other upstream a client that
// comes back gets what was generated before it left, and then "failed": the
// generation was cancelled when it left.
type Resumer interface {
	Upstream

	// Resume is Generate without the first tokens, as many as from says. The
	// pace is that of a reply that begins now.
	Resume(ctx context.Context, p Prompt, from int, emit func(token string) error) error
}

const errLost refusal = "the rest of the reply is lost"

// resumed is the upstream of a reply whose client came back with the first
// tokens of it, as many as from says.
type resumed struct {
	Upstream
	reply *reply
	from  int
}

// Generate gives what was kept, and then, if that was not all, what is new.
func (u resumed) Generate(ctx context.Context, p Prompt, emit func(token string) error) error {
	resumer, able := u.Upstream.(Resumer)
	tokens, finished, known := u.reply.since(u.from)
	if !known && !able {
		return errLost
	}
	for _, token := range tokens {
		if err := emit(token); err != nil {
			return err
		}
	}
	switch {
	case finished:
		return nil
	case !able:
		return errLost
	}
	return resumer.Resume(ctx, p, u.from+len(tokens), emit)
}

// tellLost answers a client whose reply is not kept (any more). It has no
// session, and does not replace one: this may be a page that was left open
// while another one took its session over.
func (s *Server) tellLost(w http.ResponseWriter, r *http.Request, last eventID) {
	setStreamHeaders(w.Header(), r)
	out := newWriter(r.Context(), w, s.cfg.patience())
	defer out.finish()
	lost := eventStream{out: out, reply: &reply{id: last.reply}}
	_ = lost.failed(last.tokens, errLost) // who has gone again needs no answer
}
