package talk

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// endPatience is how long the server may take to end its stream once the answer is complete.
const endPatience = time.Second

// Reply is an answer on its way.
//
// Next is for one goroutine at a time; Leave, Refresh, Life and Close may be called by any goroutine at any time. A Reply
// has no goroutine of its own: it connects, waits and reads only while Next is called. For those of net/http see
// client.Stream.
type Reply struct {
	parent       context.Context
	config       Config
	conversation client.Conversation
	follower     *client.Follower // nil where the conversation cannot be asked

	// Of who calls Next.
	answer  *client.Answer
	detect  bool // by the first event
	seen    seen
	resumed bool      // the stream was lost before
	fresh   bool      // and nothing came since
	broken  time.Time // when it was, unless text or a heartbeat came since
	heart   heart
	ending  *time.Timer // ends the wait for the stream's end
	err     error

	mu     sync.Mutex
	life   Life
	conn   *conn
	window *loadgen.ReceiveWindow
	closed time.Time // since when that is
}

// Ask asks for the next answer of a conversation. The config was resolved (see Config.Resolve). Nothing is sent before
// the first Next, and ctx governs all that comes after.
func Ask(ctx context.Context, c Config, talk client.Conversation) *Reply {
	r := &Reply{parent: ctx, config: c.WithDefaults(), conversation: talk}
	r.life = Life{State: Connecting, Dialect: c.Target.Dialect, Began: time.Now(), Stream: streamID(), Session: talk.Session}
	if c.Target.Limits != nil {
		r.life.Every = c.Target.Limits.Heartbeat
		r.heart.told = r.life.Every > 0
	}
	r.detect = c.Dialect == Auto && !c.Target.Sure && c.Target.Dialect == Text
	request, err := c.request(talk, r.life.Stream)
	if err == nil {
		request.OnRead, request.Dial = r.read, r.dial
		r.follower, err = client.Follow(ctx, request)
	}
	if err != nil {
		r.err = r.over(Lost, err)
	}
	r.begin()
	return r
}

// begin makes the reader of an answer that begins anew.
func (r *Reply) begin() {
	if dialect, err := r.config.Target.Dialect.spoken(); err == nil {
		r.answer = dialect.NewAnswer()
	}
}

// Next waits for the next item: a client.KindOpen for each connection, the events, comments and reconnection times that
// it brings, and a client.KindReconnect when the stream was lost and will be resumed, before the wait for that. What had
// come before is given first.
//
// Errors are final, and each later call returns them again. The update beside one has the stream's last Life, and no
// item. io.EOF tells that the answer is complete. Else the text stands as far as it came, and the error is ErrLeft, both
// the Err and the cause of Ask's context, or why the answer ended: a *RefusedError, a *CannotResumeError, a
// *client.AnswerError for what the server said went wrong, or what the connection failed with before any answer.
func (r *Reply) Next() (Update, error) {
	for {
		if err := r.ended(); err != nil {
			return Update{Life: r.Life()}, err
		}
		item, err := r.follower.Next()
		if r.ended() != nil {
			continue
		}
		if err != nil {
			r.fail(err)
			continue
		}
		if item.Kind == client.KindReconnect && !r.lost(item) {
			continue
		}
		return r.take(item), nil
	}
}

// Life is how things stand now.
func (r *Reply) Life() Life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life
}

// Close lets go of the stream and of its connection, one that stalled or vanished too. A Next that waits returns. It may
// be called more than once, and always returns nil.
func (r *Reply) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.life.State.Over() {
		r.life.State, r.life.Ended, r.life.Err = Left, time.Now(), ErrLeft
	}
	if r.ending != nil {
		r.ending.Stop()
	}
	r.cancel()
	if r.conn != nil {
		r.conn.release()
	}
	return nil
}

// cancel ends what Next waits for.
func (r *Reply) cancel() {
	if r.follower != nil {
		r.follower.Close()
	}
}

// ended is what Next has to end with; nil as long as it goes on.
func (r *Reply) ended() error {
	if r.err != nil {
		return r.err
	}
	if r.Life().State == Left {
		r.err = ErrLeft
	}
	return r.err
}

// over ends the answer, unless it was left meanwhile.
func (r *Reply) over(state State, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.State == Left {
		return ErrLeft
	}
	if r.life.State, r.life.Err = state, err; state == Done {
		r.life.Err = nil
	}
	if r.life.Ended.IsZero() {
		r.life.Ended = time.Now()
	}
	r.cancel()
	return err
}

// fail ends it with what ended the stream for good.
func (r *Reply) fail(err error) {
	if r.ending != nil {
		r.ending.Stop()
	}
	life := r.Life()
	switch {
	case life.State == Done:
		r.err = r.over(Done, io.EOF)
	case r.parent.Err() != nil:
		r.err = r.over(Left, err)
	case errors.Is(err, io.EOF) && !life.Opened.IsZero() && r.answer.End() == nil: // 204: there is no more
		r.err = r.over(Done, io.EOF)
	case errors.Is(err, io.EOF) && life.Opened.IsZero():
		r.err = r.over(Lost, errors.New("the server answered with status 204: it has no answer"))
	case errors.Is(err, io.EOF):
		r.err = r.over(Lost, &CannotResumeError{Reason: "the server has no more of it (status 204)"})
	case !life.First.IsZero() && errors.As(err, new(*client.RefusedError)):
		r.err = r.over(Lost, &CannotResumeError{Reason: "the server refused to go on", Err: explained(err, r.key())})
	default:
		r.err = r.over(Lost, explained(err, r.key()))
	}
}

func (r *Reply) key() client.Key {
	if r.conversation.Key != "" {
		return r.conversation.Key
	}
	return r.config.Key
}
