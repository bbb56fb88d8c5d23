package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// listener reads one stream and has it shown. While it waits for the next item
// one goroutine reads; next waits for that one.
type listener struct {
	config  listenConfig
	out     printer
	meter   meter
	watch   watch
	tally   tally
	opened  bool
	legible bool // some bytes made an item
}

// source is a stream, kept alive or not.
type source interface {
	Next() (client.Item, error)
	Close() error
}

// printer shows what comes, each call in one piece. An error is one of the
// output.
type printer interface {
	item(at moment) error
	warn(at time.Time, w warning) error
	end(e ending) error
}

// moment is an item and the time that it was waited for.
type moment struct {
	client.Item
	// since is the time since the event before an event, since the loss for an open
	// (since the beginning for the first of either), and the silence before
	// anything else.
	since time.Duration
	// silence is that before the bytes that brought the item; zero for all but the
	// first of what came at once.
	silence time.Duration
}

// What ends listening besides what the stream itself ends in.
var (
	errEnough = errors.New("as many events came as were asked for")
	errTimeUp = errors.New("the time that was asked for is over")
	errDone   = errors.New("the answer is done")
)

// outputError is an output that takes no more.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

func newListener(c listenConfig, out printer) *listener {
	l := &listener{config: c, out: out, watch: watch{lastID: c.WithDefaults().LastEventID}, tally: tally{started: time.Now()}}
	l.config.OnRead = l.meter.read
	return l
}

// readAll reads until the end.
func (l *listener) readAll(ctx context.Context) error {
	src, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	err = l.readFrom(src)
	if s, ok := src.(*client.Stream); ok && l.legible && errors.Is(err, io.EOF) && s.Pending() {
		return cmp.Or(l.warn(time.Now(), aboutCut()), err)
	}
	return err
}

func (l *listener) readFrom(src source) error {
	for {
		item, err := l.next(src)
		if err != nil {
			return err
		}
		if err := l.take(item); err != nil {
			return err
		}
	}
}

func (l *listener) open(ctx context.Context) (source, error) {
	if l.config.reconnect {
		return client.Follow(ctx, l.config.Config)
	}
	return client.Open(ctx, l.config.Config)
}

// next waits for the next item, and tells of a silence while it lasts.
func (l *listener) next(src source) (client.Item, error) {
	var item client.Item
	var err error
	done := make(chan struct{})
	l.meter.wait(time.Now())
	go func() {
		defer close(done)
		item, err = src.Next()
	}()
	alarm := time.NewTimer(l.quietUntil(time.Now()))
	defer alarm.Stop()
	for {
		select {
		case <-done:
			return item, err
		case now := <-alarm.C:
			if quiet := l.quiet(now); quiet != nil {
				src.Close()
				<-done
				return client.Item{}, quiet
			}
			alarm.Reset(l.quietUntil(now))
		}
	}
}

// quiet says what is to be said of a silence that lasts, and tells whether it
// breaks an expectation.
func (l *listener) quiet(now time.Time) error {
	silence := l.meter.longest(now)
	if err := l.warn(now, l.watch.silence(silence)); err != nil {
		return err
	}
	return l.config.expect.check(silence, l.tally.sinceEvent(now))
}

// quietUntil is how long from now nothing is to be said of a silence.
func (l *listener) quietUntil(now time.Time) time.Duration {
	due := l.config.expect.due(l.meter.silence(now), l.tally.sinceEvent(now))
	if !l.watch.said[noHeartbeat] {
		due = min(due, tolerated(heartbeatLimit)-l.meter.silence(now))
	}
	return max(due, time.Millisecond)
}

// take sees what an item means for the stream, for its warnings and
// expectations, and has it shown.
func (l *listener) take(item client.Item) error {
	switch item.Kind {
	case client.KindOpen:
		l.opened = true
		l.meter.open(item.At)
	case client.KindReconnect:
		l.meter.lost(item.At)
		if err := l.final(item); err != nil {
			return err
		}
	case client.KindEvent, client.KindComment, client.KindRetry:
		l.legible = true
	}
	if err := l.quiet(item.At); err != nil { // if it was no sooner seen
		return err
	}
	silence := l.meter.before()
	since := l.tally.since(item, silence)
	for _, w := range l.watch.see(item, silence) {
		if err := l.warn(item.At, w); err != nil {
			return err
		}
	}
	shown := l.config.shows(item)
	l.tally.add(item, shown)
	if !shown {
		return nil
	}
	return l.show(moment{item, since, silence})
}

// final is what a loss ends with; nil where the next attempt is waited for.
func (l *listener) final(lost client.Item) error {
	switch {
	case !l.opened: // whoever mistyped a port waits for nothing
		return lost.Err
	case !l.watch.done || l.config.insist:
		return nil
	case lost.Err != nil: // to ask for the answer once more mends nothing
		return lost.Err
	default:
		return errDone
	}
}

func (l *listener) show(m moment) error {
	if err := l.out.item(m); err != nil {
		return outputError{err}
	}
	if m.Kind != client.KindEvent {
		return nil
	}
	if l.tally.shown == l.config.maxEvents {
		return errEnough
	}
	l.tally.ready = time.Now()
	return nil
}

func (l *listener) warn(at time.Time, w warning) error {
	if w.code == "" {
		return nil
	}
	if err := l.out.warn(at, w); err != nil {
		return outputError{err}
	}
	return nil
}

// shows tells whether an item is one to be shown.
func (c *listenConfig) shows(item client.Item) bool {
	switch {
	case len(c.events) == 0:
		return true
	case item.Kind == client.KindEvent:
		return slices.Contains(c.events, nameOf(item.Event))
	default:
		return item.Kind != client.KindComment && item.Kind != client.KindRetry
	}
}

// conclude shows the end, and makes of it what the command ends with.
func (l *listener) conclude(ctx context.Context, err error) error {
	now := time.Now()
	l.meter.lost(now)
	if !l.legible && !errors.As(err, new(outputError)) {
		err = cmp.Or(l.warn(now, aboutNothing(l.meter.total())), err)
	}
	end := ending{reason: l.reasonOf(ctx, err), at: now, opened: l.opened, tally: &l.tally, bytes: l.meter.total(), silence: l.meter.longest(now)}
	switch end.reason {
	case endedOutput:
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
			return nil // who read has seen enough
		}
		if errors.Is(err, errBlocked) && ctx.Err() != nil {
			return errInterrupted
		}
		return unwritten("listen", err)
	case endedTime:
		if !l.opened {
			end.reason, err = endedFailed, fmt.Errorf("the server did not answer within %s", l.config.limit)
		}
	case endedInterrupted, endedFailed, endedUnmet, endedEnough, endedDone, endedByServer, endedNoContent:
	}
	if end.good() {
		if unmet := l.config.expect.enough(l.tally.shown); unmet != nil {
			end.reason, err = endedUnmet, unmet
		}
	}
	end.err = err
	if written := l.out.end(end); written != nil && !errors.Is(written, syscall.EPIPE) {
		return errors.Join(end.result(), unwritten("listen", written))
	}
	return end.result()
}

// reasonOf says what an error means for the end.
func (l *listener) reasonOf(ctx context.Context, err error) reason {
	var status *client.StatusError
	switch {
	case errors.As(err, new(outputError)):
		return endedOutput
	case errors.As(err, new(unmetError)):
		return endedUnmet
	case errors.Is(err, errEnough):
		return endedEnough
	case errors.Is(err, errDone), errors.Is(err, io.EOF) && l.watch.done && !l.config.reconnect:
		return endedDone
	case ctx.Err() != nil:
		return endedInterrupted
	case errors.Is(err, errTimeUp):
		return endedTime
	case errors.Is(err, io.EOF) && l.config.reconnect, errors.As(err, &status) && status.Status == http.StatusNoContent:
		return endedNoContent
	case errors.Is(err, io.EOF):
		return endedByServer
	default:
		return endedFailed
	}
}
