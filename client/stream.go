package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"time"
)

const (
	readBytes = 8 << 10
	// refusedBodyTimeout bounds the wait for the beginning of a refused answer's body, which is told in the error.
	refusedBodyTimeout = time.Second
)

// ErrClosed is what Next returns after Close.
var ErrClosed = errors.New("stream is closed")

// Stream is one event stream, from the answer's head to its end.
//
// Next, Items, Events, Pending and LastEventID are for one goroutine at a time. Close, Head and URL may be called by any
// goroutine at any time. A Stream has no goroutine of its own; those that net/http has for its connection end with Close,
// or once the context is done, at the latest a second after.
type Stream struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	release func() // what the transport still holds
	once    sync.Once

	head     *Head
	url      string
	body     io.ReadCloser
	source   io.Reader // the body, its content coding undone
	watchdog *watchdog

	parser Parser
	buf    []byte
	queue  []Item // what a read gave, from first on
	first  int
	id     string // last event ID as of what was taken from the queue
	err    error
}

// Open sends the request, follows redirects and reads the answer's head. ctx governs the whole life of the stream, not
// only its opening.
//
// The error tells the URL without its secrets and wraps what a caller may branch on: a *StatusError, *ContentTypeError
// or *ContentEncodingError within a *RefusedError for an answer that is no event stream, a *RedirectError, a
// *StallError, both ctx.Err() and its cause, or what net/http and crypto/tls return. A config that is not valid is an
// error before anything is sent.
func Open(ctx context.Context, c Config) (*Stream, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return open(ctx, c)
}

// open is Open with a config that is known to be valid.
func open(parent context.Context, c Config) (*Stream, error) {
	ctx, cancel := context.WithCancelCause(parent)
	s := &Stream{ctx: ctx, cancel: cancel, watchdog: newWatchdog(c.ReadTimeout, cancel)}
	s.parser.MaxEventBytes = c.MaxEventBytes
	s.parser.SetLastEventID(c.LastEventID)
	s.passed(s.parser.id)
	var transport http.RoundTripper
	transport, s.release = c.transport()
	if err := s.ask(c, transport); err != nil {
		if cause := ended(ctx); cause != nil && !errors.As(err, new(*RefusedError)) {
			err = cause
		}
		s.Close()
		return nil, fmt.Errorf("open %s: %w", Redact(c.URL), err)
	}
	return s, nil
}

// ask sends the request and takes the answer, unless it is no event stream.
func (s *Stream) ask(c Config, transport http.RoundTripper) error {
	defer s.watchdog.stop()
	req, err := newRequest(c)
	if err != nil {
		return err
	}
	resp, err := req.fetch(s.ctx, transport)
	if err != nil {
		return err
	}
	s.head, s.url, s.body = headOf(resp), req.url.String(), resp.Body
	s.source = uncoded(s.head, c.told(s.watchdog.reader(resp.Body)))
	if err := CheckHead(s.head.uncoded()); err != nil {
		return s.refuse(err)
	}
	s.push(Item{Kind: KindOpen, At: time.Now(), Head: s.head, URL: s.url})
	return nil
}

// refuse reads the beginning of the body, for the error.
func (s *Stream) refuse(why error) error {
	limit := time.AfterFunc(refusedBodyTimeout, func() { s.cancel(why) })
	defer limit.Stop()
	start, _ := io.ReadAll(io.LimitReader(s.source, MaxRefusedBody)) // what came of it is enough
	refused := &RefusedError{Err: why}
	refused.add(start)
	return refused
}

// Head is the answer's head, as it came: a Content-Encoding in it is undone in what Next returns.
func (s *Stream) Head() *Head {
	return s.head
}

// URL is where the answer came from: the config's URL, or where redirects led. It may hold secrets: see Redact.
func (s *Stream) URL() string {
	return s.url
}

// Next waits for the next item: first a KindOpen, then what the stream brings, in its order. What had come before an
// error is given first. Errors are final, and each later call returns them again: io.EOF once the server has ended the
// stream in good order, an *EventTooLargeError, a *StallError, ErrClosed after Close, both the Err and the cause of Open's
// context once that is done, and for a connection that broke an error that wraps the cause, such as io.ErrUnexpectedEOF.
func (s *Stream) Next() (Item, error) {
	for s.first == len(s.queue) {
		s.passed(s.parser.id) // an id may come without an event
		if s.err != nil {
			return Item{}, s.err
		}
		s.queue, s.first = s.queue[:0], 0
		s.read()
	}
	item := s.queue[s.first]
	s.queue[s.first] = Item{} // for the collector
	s.first++
	if item.Kind == KindEvent {
		s.passed(item.Event.ID)
	}
	return item, nil
}

// passed keeps the last event ID of what Next has come past.
func (s *Stream) passed(id []byte) {
	if s.id != string(id) {
		s.id = string(id)
	}
}

// Items ranges over what Next returns. It ends behind an error, or at the stream's end in good order. A break leaves the
// stream open: call Close.
func (s *Stream) Items() iter.Seq2[Item, error] {
	return items(s.Next)
}

// Events is Items with the events alone.
func (s *Stream) Events() iter.Seq2[Event, error] {
	return events(s.Next)
}

// Pending tells, once the stream has ended, whether it ended within an event or a line, which is dropped then.
func (s *Stream) Pending() bool {
	return s.parser.Pending()
}

// LastEventID is the last event ID string as of the last event that Next has returned: what a reconnection has to send,
// whatever has come behind that event. An id that came without an event counts once Next looks for what comes behind it.
func (s *Stream) LastEventID() string {
	return s.id
}

// Close ends the stream and lets go of its connection. A Next that waits returns. It may be called more than once, and
// always returns nil.
func (s *Stream) Close() error {
	s.once.Do(func() {
		s.cancel(ErrClosed)
		if s.body != nil {
			s.body.Close()
		}
		s.release()
	})
	return nil
}

// read takes what one read brings.
func (s *Stream) read() {
	if s.buf == nil {
		s.buf = make([]byte, readBytes)
	}
	s.watchdog.start()
	n, err := s.source.Read(s.buf)
	s.watchdog.stop()
	gather := gatherer{stream: s, at: time.Now()}
	if large := s.parser.Feed(s.buf[:n], gather); large != nil {
		err = large
	}
	if err != nil {
		s.end(err)
	}
}

// end keeps why the stream has ended, and lets go of its connection.
func (s *Stream) end(err error) {
	cause := ended(s.ctx)
	switch {
	case errors.As(err, new(*EventTooLargeError)), errors.Is(err, io.EOF):
		s.err = err
	case errors.As(cause, new(*StallError)):
		s.err = fmt.Errorf("read event stream: %w", cause)
	case cause != nil:
		s.err = cause
	default:
		s.err = fmt.Errorf("read event stream: %w", err)
	}
	s.Close()
}

// ended is why the context of a stream is done, and nil until it is: our own reason, or the caller's, which is both its
// Err and its cause.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(cause, ErrClosed) || errors.As(cause, new(*StallError)) || errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w: %w", ctx.Err(), cause)
}

func (s *Stream) push(item Item) {
	s.queue = append(s.queue, item)
}

// gatherer is the Handler that puts what one read gave into the stream's queue.
type gatherer struct {
	stream *Stream
	at     time.Time
}

func (g gatherer) Event(e Event) {
	e = Event{Name: bytes.Clone(e.Name), Data: bytes.Clone(e.Data), ID: bytes.Clone(e.ID)}
	g.stream.push(Item{Kind: KindEvent, At: g.at, Event: e})
}

func (g gatherer) Comment(text []byte) {
	g.stream.push(Item{Kind: KindComment, At: g.at, Comment: string(text)})
}

func (g gatherer) Retry(d time.Duration) {
	g.stream.push(Item{Kind: KindRetry, At: g.at, Delay: d})
}
