package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	shutdownTimeout  = 5 * time.Second // for handlers
	stopTimeout      = time.Second     // for upstreams, after the handlers
	keepAliveTimeout = time.Minute     // of a connection between two requests
	maxHeaderBytes   = 64 << 10
)

// Server is the reference chat server. Its Handler may be used by several
// goroutines; Serve is called once.
type Server struct {
	cfg      Config
	sessions *manager
	replies  *replies
	sockets  sync.WaitGroup // one for each WebSocket's handler
	tls      *tls.Config    // nil: clear
	started  time.Time

	collector collector
}

// New returns a server that does not run yet. Zero fields of cfg get their
// defaults first, then Validate decides.
func New(cfg Config) (*Server, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("server config: %w", err)
	}
	if cfg.Timeout == 0 {
		cfg.Logger.Warn("timeout is zero: a client that keeps its connection keeps its session for ever")
	}
	for _, d := range cfg.Defects {
		cfg.Logger.Warn("serving with a defect", "defect", string(d))
	}
	secure, err := cfg.loadTLS()
	if err != nil {
		return nil, fmt.Errorf("server config: %w", err)
	}
	return &Server{cfg: cfg, sessions: newManager(cfg), replies: newReplies(cfg), tls: secure, started: time.Now()}, nil
}

// Handler returns the endpoints. Under an http.Server of somebody else they
// lack what Serve adds: the sweep, the socket options, the connection's own
// account of what was acknowledged, the bytes in the metrics, the drain, and the
// end of all sessions at shutdown.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/sse/chat", s.shared(methods{"GET": s.chat})) // no HEAD: it would open a session
	mux.Handle("/ws/chat", methods{"GET": s.chatSocket})
	mux.Handle("/v1/chat/completions", s.shared(http.HandlerFunc(s.completions)))
	mux.Handle("/v1/models", s.shared(http.HandlerFunc(s.models)))
	mux.HandleFunc("/v1/", notInDialect)
	mux.Handle("/sessions", s.admin(methods{"GET": s.list, "HEAD": s.list}))
	mux.Handle("/sessions/feed", s.admin(methods{"GET": s.watch})) // no HEAD: it would be a watcher
	mux.Handle("/sessions/{id}", s.admin(methods{"GET": s.one, "HEAD": s.one, "DELETE": s.cancel}))
	metrics := s.metrics().ServeHTTP
	mux.Handle("/metrics", s.admin(methods{"GET": metrics, "HEAD": metrics}))
	mux.Handle("/healthz", methods{"GET": health, "HEAD": health})
	routePage(mux)
	mux.HandleFunc("/", notFound)
	return mux
}

// Serve serves ln until ctx ends. Then it opens no more sessions, lets the open
// ones go on for Config.Drain, tells the clients that are left when to come
// back, ends all sessions, waits for their handlers (5 seconds at most, then it
// closes what is left) and upstreams, and returns nil. It closes ln. Use Listen
// for ln.
//
// Its two goroutines, the accept loop and the sweep (a third one with the
// defect slow-reclaim), have ended when it returns.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	base, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	silent := silentConns{conns: map[net.Conn]struct{}{}}
	hs := s.httpServer(base)
	hs.ConnState = silent.track

	var running sync.WaitGroup
	running.Go(func() { s.sessions.sweepLoop(base) })
	if s.cfg.defective(SlowReclaim) {
		running.Go(func() { s.sessions.reclaimLoop(base) })
	}
	userTimeout := s.cfg.UserTimeout
	if s.cfg.defective(NoWriteDeadline) {
		userTimeout = 0 // the kernel's own: about 15 minutes
	}
	failed := make(chan error, 1)
	running.Go(func() {
		failed <- s.serve(hs, &tunedListener{Listener: ln, userTimeout: userTimeout, sent: &s.sessions.tallies.bytes, log: s.cfg.Logger})
	})

	var err error
	select {
	case <-ctx.Done():
		s.drain()
		_ = ln.Close()
		<-failed //nolint:errcheck // it is http.ErrServerClosed
	case err = <-failed:
		err = fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	end(CloseShutdown) // the cause of every request's context, and so of every session's
	s.sessions.stop(CloseShutdown)
	silent.close()
	running.Wait() // who waits in a queue keeps the reason that is written there
	return errors.Join(err, s.shutdown(context.WithoutCancel(ctx), hs))
}

func (s *Server) httpServer(base context.Context) *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ReadHeaderTimeout: s.cfg.ReadTimeout,
		ReadTimeout:       s.cfg.ReadTimeout, // with the body; it does not bound a stream
		IdleTimeout:       keepAliveTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		Protocols:         protocols(),
		HTTP2:             s.http2(),
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelWarn),
		// No WriteTimeout: it would bound a whole stream. Each write has its own.
	}
}

// shutdown waits for the handlers, whose contexts have ended, and then for
// upstreams that a defect left behind.
func (s *Server) shutdown(ctx context.Context, hs *http.Server) error {
	handlers, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	if hs.Shutdown(handlers) != nil {
		_ = hs.Close()
	}
	within(handlers, &s.sockets) // each bounds its own end
	upstreams, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if !s.sessions.shutdown(upstreams) {
		return fmt.Errorf("shutdown: %d upstreams ignore the end of their context", s.sessions.upstreams.Load())
	}
	return nil
}
