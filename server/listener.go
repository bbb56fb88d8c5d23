package server

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Listen listens on a TCP address in the way that Serve needs: plain TCP,
// because on a multipath TCP socket (Go's default where the kernel has it)
// TCP_USER_TIMEOUT cannot be set; and without the kernel's keep-alive, whose
// work the heartbeats do.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	return lc.Listen(ctx, "tcp", addr)
}

// tunedListener sets the socket options of each connection that it accepts.
type tunedListener struct {
	net.Listener
	userTimeout time.Duration
	sent        *atomic.Uint64 // bytes
	log         *slog.Logger
	warned      sync.Once // what one connection lacks all lack
}

// Accept returns the connection even where an option could not be set: it is
// one bound less, and the others still hold.
func (l *tunedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp := tcpConn(conn); tcp != nil {
		if err := tune(tcp, l.userTimeout); err != nil {
			l.warned.Do(func() {
				l.log.Warn("socket options of accepted connections", "error", err, "hint", "listen with server.Listen")
			})
		}
	}
	return &meteredConn{conn, l.sent}, nil
}

// meteredConn counts what is written to a connection.
type meteredConn struct {
	net.Conn
	sent *atomic.Uint64
}

func (c *meteredConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(uint64(n))
	return n, err
}

// NetConn returns the connection itself: see tcpConn.
func (c *meteredConn) NetConn() net.Conn { return c.Conn }

// silentConns are the connections that have not sent a byte yet, as browsers
// open in advance. http.Server.Shutdown would wait 5 seconds for them.
type silentConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// track is http.Server.ConnState.
func (s *silentConns) track(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.conns[conn] = struct{}{}
	} else {
		delete(s.conns, conn)
	}
}

// close closes them; nothing may be accepted any more.
func (s *silentConns) close() {
	s.mu.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
	}
}

// tcpConn returns the TCP connection under conn (under TLS, say), or nil.
func tcpConn(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

type connKey struct{}

// withConn is http.Server.ConnContext: it lets a handler find its connection.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, tcpConn(conn))
}

// connOf returns the TCP connection of a request's context, or nil.
func connOf(request context.Context) *net.TCPConn {
	conn, _ := request.Value(connKey{}).(*net.TCPConn)
	return conn
}
