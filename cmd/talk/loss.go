package talk

import (
	"io"

	"github.com/sse-tool/sse-tool/client"
)

// lost takes the loss of a stream, and tells whether it goes on.
func (r *Reply) lost(item client.Item) bool {
	life := r.Life()
	switch {
	case life.State == Done, !life.Opened.IsZero() && item.Err == nil && r.answer.End() == nil:
		r.finish(io.EOF)
		return false
	case life.Opened.IsZero(): // whoever mistyped a port waits for nothing
		r.fail(item.Err)
		return false
	}
	why := r.cannotResume(life)
	if r.broken.IsZero() {
		r.broken = item.At
	}
	if p := r.config.Patience; p > 0 && item.At.Add(item.Delay).Sub(r.broken) > p {
		why = "the stream was not to be had back within " + p.String()
	}
	if why != "" {
		r.err = r.over(Lost, &CannotResumeError{Reason: why, Err: item.Err})
		return false
	}
	if life.First.IsZero() { // nothing is shown: who begins anew loses nothing
		r.follower.Forget()
		r.begin()
	} else {
		r.resumed = true
	}
	r.heart.beating = false
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.State.Over() {
		return false
	}
	r.life.State, r.life.Due, r.life.Err = Reconnecting, item.At.Add(item.Delay), item.Err
	r.life.Reconnects++
	return true
}

// finish ends an answer that is complete.
func (r *Reply) finish(err error) {
	if r.ending != nil {
		r.ending.Stop()
	}
	r.err = r.over(Done, err)
}

// cannotResume says why a stream that was lost cannot go on; empty where it can.
func (r *Reply) cannotResume(l Life) string {
	switch {
	case r.config.Target.Dialect == OpenAI || r.config.Target.Dialect == Anthropic:
		return "the server cannot resume it: an answer in the " + string(r.config.Target.Dialect) + " dialect is asked for once, and has no ids"
	case l.First.IsZero():
		return ""
	case l.LastEventID == "" || !r.seen.resumable():
		return "the server cannot resume it: its events have no ids"
	}
	return ""
}
