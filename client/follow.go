package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Follower keeps one stream alive, by connecting anew whenever it is lost: see Follow.
//
// Next, Items, Events, LastEventID and Forget are for one goroutine at a time. Close may be called by any goroutine at any time.
// A Follower has no goroutine of its own: it connects, waits and reads only while Next is called. For those of net/http
// see Stream.
type Follower struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	config Config

	stream  atomic.Pointer[Stream] // nil while there is none; Close takes it from any goroutine
	backoff backoff
	due     time.Time // of the next attempt
	err     error
}

// Follow keeps one stream alive. Nothing is sent before the first Next, and ctx governs all that comes after. The error
// is that of a config that is not valid.
//
// A stream that was lost is opened anew, be it that the server ended it in good order, that the connection broke, that
// it stalled, or that it could not be opened for want of a connection. The new request has the last event ID as of the
// last complete event. Before it Follow waits for the reconnection time (HTML 9.2.3) that the server named last, or
// Config.Retry, and for a random part of a window: at first as long as the reconnection time, and at least 100 ms, it
// doubles with each attempt in vain up to Config.MaxBackoff. An attempt was not in vain once it brought an event or a
// comment. Redirects belong to their attempt: the next one begins at Config.URL again.
//
// What no further attempt would mend ends it: see Next.
func Follow(ctx context.Context, c Config) (*Follower, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	f := &Follower{config: c, backoff: backoff{retry: c.Retry, cap: c.MaxBackoff}}
	f.ctx, f.cancel = context.WithCancelCause(ctx)
	return f, nil
}

// Next waits for the next item: a KindOpen for each connection, what it brings, and a KindReconnect when it was lost,
// before the wait that this announces; the wait itself is the next call's. What had come before an error, a Close too, is
// given first. Errors are final, and each later call returns them again: io.EOF if the server asked for no further
// attempt (status 204, HTML 9.2.1), ErrClosed after Close, both the Err and the cause of Follow's context once that is
// done, and what no further attempt would mend: an answer that is no event stream (see Open, and
// Config.RetryUnavailable), an *EventTooLargeError, a *RedirectError, a certificate that does not hold, a server that
// does not speak TLS.
func (f *Follower) Next() (Item, error) {
	if f.err != nil {
		return Item{}, f.err
	}
	if f.stream.Load() == nil {
		if err := f.connect(); err != nil {
			return f.lost(err, final(err, f.config.RetryUnavailable))
		}
	}
	item, err := f.stream.Load().Next()
	if err != nil {
		return f.lost(err, errors.As(err, new(*EventTooLargeError)))
	}
	switch item.Kind {
	case KindEvent, KindComment:
		f.backoff.vain = 0
	case KindRetry:
		f.backoff.retry = item.Delay
	}
	return item, nil
}

// Items ranges over what Next returns. It ends behind an error, or when the server asks for no further attempt. A break
// leaves the stream open: call Close.
func (f *Follower) Items() iter.Seq2[Item, error] {
	return items(f.Next)
}

// Events is Items with the events alone.
func (f *Follower) Events() iter.Seq2[Event, error] {
	return events(f.Next)
}

// LastEventID is the last event ID string as of the last event that Next has returned, as that of a Stream: what a
// Follower that goes on from there has to begin with.
func (f *Follower) LastEventID() string {
	if s := f.stream.Load(); s != nil {
		return s.LastEventID()
	}
	return f.config.LastEventID
}

// Forget has the next attempt begin without a last event ID, as the very first one does: what came so far is wanted
// anew, or never was. It changes nothing of a stream that is open.
func (f *Follower) Forget() { f.config.LastEventID = "" }

// Close ends it and the connection. A Next that waits, for whatever, returns. It may be called more than once, and always
// returns nil.
func (f *Follower) Close() error {
	f.cancel(ErrClosed)
	if s := f.stream.Load(); s != nil {
		s.Close()
	}
	return nil
}

// connect waits until the next attempt is due, and makes it.
func (f *Follower) connect() error {
	if err := f.wait(); err != nil {
		return err
	}
	s, err := open(f.ctx, f.config)
	if err != nil {
		return err
	}
	f.stream.Store(s)
	if f.ctx.Err() != nil { // a Close that came meanwhile has not seen it
		s.Close()
	}
	return nil
}

func (f *Follower) wait() error {
	timer := time.NewTimer(time.Until(f.due))
	defer timer.Stop()
	select {
	case <-f.ctx.Done():
		return ended(f.ctx)
	case <-timer.C:
		return nil
	}
}

// lost ends it, or says when it goes on.
func (f *Follower) lost(err error, final bool) (Item, error) {
	item := Item{Kind: KindReconnect, At: time.Now()}
	if s := f.stream.Swap(nil); s != nil {
		f.config.LastEventID, item.Cut = s.LastEventID(), s.Pending()
	}
	if f.err = f.end(err, final); f.err != nil {
		f.cancel(f.err)
		return Item{}, f.err
	}
	if !errors.Is(err, io.EOF) {
		item.Err = err
	}
	item.Delay = f.backoff.wait(rand.Float64())
	var status *StatusError
	if errors.As(err, &status) {
		item.Delay = max(item.Delay, status.RetryAfter)
	}
	f.backoff.vain++
	item.Attempt = f.backoff.vain
	f.due = item.At.Add(item.Delay)
	return item, nil
}

// end returns what Next has to end with after err; nil if it goes on.
func (f *Follower) end(err error, final bool) error {
	var status *StatusError
	switch {
	case f.ctx.Err() != nil:
		return ended(f.ctx)
	case errors.As(err, &status) && status.Status == http.StatusNoContent:
		return io.EOF
	case final:
		return err
	}
	return nil
}

// final tells whether a stream that could not be opened for err would not open at another attempt either.
func final(err error, retryUnavailable bool) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return !retryUnavailable || !unavailable(status.Status)
	}
	var op *net.OpError
	return errors.As(err, new(*RefusedError)) ||
		errors.As(err, new(*RedirectError)) ||
		errors.As(err, new(*tls.CertificateVerificationError)) ||
		errors.As(err, new(tls.RecordHeaderError)) ||
		errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") // an alert: crypto/tls has no type for it
}

// unavailable tells whether a status is one that passes.
func unavailable(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
