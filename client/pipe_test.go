package client

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// pipes is a listener in memory, for tests whose clock is that of a synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// servePipes serves h in memory and returns how to reach it. It is for a synctest bubble.
func servePipes(t *testing.T, h http.HandlerFunc) Config {
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(p)
	}()
	transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true} // as Open's own, one for each attempt
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(p.done)
		server.Close()
		<-ended
	})
	return Config{URL: "http://pipe/", Transport: transport}
}
