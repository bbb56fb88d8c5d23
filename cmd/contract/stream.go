package contract

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// stream is one client that the suite has asked for. Its goroutine, run, is the service's to wait for.
type stream struct {
	cancel   context.CancelFunc
	done     chan struct{} // closed when run has returned
	config   client.Config
	callback callback
	log      *slog.Logger

	mu       sync.Mutex
	follower *client.Follower // nil before run
	again    chan struct{}    // holds a restart that no follower has answered yet
}

// run follows until ctx is done or a callback was not taken.
func (s *stream) run(ctx context.Context) {
	defer close(s.done)
	defer s.cancel()
	for {
		if err := s.follow(ctx); err != nil {
			if ctx.Err() == nil {
				s.log.Error("stream ended", "error", err)
			}
			return
		}
		select { // the client has ended for good, or for a restart
		case <-ctx.Done():
			return
		case <-s.again:
		}
	}
}

// restart has the client disconnect and come again at once, as if the server had ended the stream. It returns before
// that is done. A client that has ended for good begins anew.
func (s *stream) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follower != nil {
		s.follower.Close()
	}
	select {
	case s.again <- struct{}{}:
	default: // one is as good as two
	}
}

// open makes the next follower, which answers all restarts until now.
func (s *stream) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.again:
	default:
	}
	f, err := client.Follow(ctx, s.config)
	s.follower = f
	return err
}

// follow tells what one follower reads, until it ends. The error is that of a callback.
func (s *stream) follow(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	f := s.follower
	defer f.Close()
	for {
		item, err := f.Next()
		s.keep(f, item)
		if errors.Is(err, io.EOF) || errors.Is(err, client.ErrClosed) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return s.callback.send(ctx, errorMessage(err))
		}
		if err := s.tell(ctx, item); err != nil {
			return err
		}
	}
}

// keep has the next follower begin where this one is.
func (s *stream) keep(f *client.Follower, item client.Item) {
	s.config.LastEventID = f.LastEventID()
	if item.Kind == client.KindOpen {
		s.config.Header.Del("Last-Event-Id") // else an id that the server reset would come back from there
	}
	if item.Kind == client.KindRetry {
		s.config.Retry = max(item.Delay, time.Nanosecond) // zero would be the default
	}
}

// tell tells what the suite wants to know. That a server ended its stream in good order is no error.
func (s *stream) tell(ctx context.Context, item client.Item) error {
	switch {
	case item.Kind == client.KindEvent:
		return s.callback.send(ctx, eventMessage(item.Event))
	case item.Kind == client.KindComment:
		return s.callback.send(ctx, commentMessage(item.Comment))
	case item.Kind == client.KindReconnect && item.Err != nil:
		return s.callback.send(ctx, errorMessage(item.Err))
	}
	return nil
}

func newStream(p params, h *http.Client, log *slog.Logger) (*stream, error) {
	c, err := p.config()
	if err != nil {
		return nil, err
	}
	return &stream{
		done:     make(chan struct{}),
		config:   c,
		callback: callback{url: p.CallbackURL, http: h},
		log:      log.With("tag", p.Tag),
		again:    make(chan struct{}, 1),
	}, nil
}
