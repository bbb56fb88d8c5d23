package talk

import (
	"errors"
	"net/http"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// Update is one thing that came, and how things stand with it.
type Update struct {
	// Item is what the stream brought, as it came. Its Kind is empty where the update only tells of the end.
	client.Item
	// Text is what it adds to the answer: control characters too, as the model wrote it.
	Text string
	// Reasoning is what it adds to what the model thinks before it answers.
	Reasoning string
	// Life is the stream's, with this item.
	Life Life
}

// take makes an update of an item.
func (r *Reply) take(item client.Item) Update {
	u := Update{Item: item}
	switch item.Kind {
	case client.KindOpen:
		r.opened(item)
	case client.KindEvent:
		r.event(&u)
	case client.KindComment:
		r.beat(item.At)
	case client.KindRetry, client.KindReconnect:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life.LastEventID = r.follower.LastEventID()
	switch item.Kind {
	case client.KindEvent:
		r.life.Events++
	case client.KindComment:
		r.life.Comments++
	case client.KindOpen, client.KindRetry, client.KindReconnect:
	}
	u.Life = r.life
	return u
}

// read is told of the bytes as they come.
func (r *Reply) read(n int, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life.Bytes += int64(n)
	r.life.Heard = at
}

func (r *Reply) opened(item client.Item) {
	head := item.Head
	r.fresh, r.heart.beating = true, false
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.State.Over() {
		return
	}
	l := &r.life
	l.State, l.Opened, l.Heard, l.Due, l.Err = Streaming, item.At, item.At, time.Time{}, nil
	l.Proto, l.Status, l.ContentType = head.Proto, head.Status, head.Header.Get("Content-Type")
	if id := http.Header(head.Header).Get(loadgen.SessionIDHeader); id != "" {
		l.Session = id
	}
}

// event reads one event of the answer.
func (r *Reply) event(u *Update) {
	if r.detect {
		r.detect = false
		spoken := client.DetectAnswer(r.Life().ContentType, u.Event)
		r.answer = spoken.NewAnswer()
		r.mu.Lock()
		r.life.Dialect = dialectOf(spoken)
		r.mu.Unlock()
	}
	d, err := r.answer.Read(u.Event)
	if isBeat(u.Event) && d.Text == "" {
		r.beat(u.At)
	} else {
		r.heart.beating = false
	}
	if d.Text != "" || d.Reasoning != "" {
		r.delta(u, d)
	}
	r.told(d)
	switch {
	case err != nil:
		r.broke(err)
	case d.Done:
		r.done(u.At)
	}
}

// delta takes what is text, unless it came before.
func (r *Reply) delta(u *Update, d client.Delta) {
	switch r.seen.add(u.Event, d.Text+"\x00"+d.Reasoning, r.resumed) {
	case doubled:
		r.mu.Lock()
		r.life.Doubled++
		r.mu.Unlock()
		return
	case strange:
		r.err = r.over(Lost, &CannotResumeError{Reason: "the server began another answer in place of the rest", Err: r.Life().Err})
		return
	case fresh:
	}
	r.fresh, r.broken = false, time.Time{}
	u.Text, u.Reasoning = d.Text, d.Reasoning
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life.Deltas++
	r.life.Last = u.At
	if r.life.First.IsZero() {
		r.life.First = u.At
	}
	r.life.pace.add(u.At)
}

// told takes what an event tells besides.
func (r *Reply) told(d client.Delta) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Session != "" {
		r.life.Session = d.Session
	}
	if d.Finish != "" {
		r.life.Finish = d.Finish
	}
	if d.Usage != nil {
		r.life.Usage = *d.Usage
	}
}

// done is called with the event that completes the answer. The stream's end is still waited for, for a moment: it is
// the server's to end.
func (r *Reply) done(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.State.Over() {
		return
	}
	r.life.State, r.life.Ended, r.life.Err = Done, at, nil
	r.ending = time.AfterFunc(endPatience, func() { r.follower.Close() })
}

// broke is called with what the server says went wrong, or with what is no answer.
func (r *Reply) broke(err error) {
	err = explained(err, r.key())
	if r.resumed && r.fresh && errors.As(err, new(*client.AnswerError)) {
		err = &CannotResumeError{Reason: "the server cannot resume it", Err: err}
	}
	r.err = r.over(Lost, err)
}
