package client

import (
	"errors"
	"io"
	"iter"
	"time"
)

// Kind is what an Item is.
type Kind string

// The kinds.
const (
	KindOpen      Kind = "open"      // the server answered with an event stream
	KindEvent     Kind = "event"     // an event
	KindComment   Kind = "comment"   // a comment: most servers' heartbeat
	KindRetry     Kind = "retry"     // the server named its reconnection time
	KindReconnect Kind = "reconnect" // the stream was lost, and Follow will try again
)

// Item is one thing that a stream gives. What it points to is the caller's to keep.
type Item struct {
	Kind Kind
	// At is when it arrived, with the monotonic clock. What arrived in one read has the same time.
	At time.Time

	// Event is that of a KindEvent. Unlike those at a Handler its slices stay valid.
	Event Event
	// Comment is the text of a KindComment.
	Comment string
	// Delay is the reconnection time of a KindRetry, and for a KindReconnect how long, from At, the next attempt waits.
	Delay time.Duration

	// Head is the answer's head, for a KindOpen. Over HTTP/2 Head.Reason is empty.
	Head *Head
	// URL is where the answer came from after redirects, for a KindOpen. It may hold secrets: see Redact.
	URL string

	// Err is why the stream was lost, for a KindReconnect. Nil: the server ended it in good order.
	Err error
	// Cut tells of a KindReconnect that the stream ended within an event, which is dropped then.
	Cut bool
	// Attempt counts the attempts since something last came: 1 for the first reconnection. For a KindReconnect.
	Attempt int
}

// items calls next until it fails. An io.EOF is the end and no error.
func items(next func() (Item, error)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			item, err := next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// events is items without all that is no event.
func events(next func() (Item, error)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for item, err := range items(next) {
			if (err != nil || item.Kind == KindEvent) && !yield(item.Event, err) {
				return
			}
		}
	}
}
