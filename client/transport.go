package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 10 * time.Second
	// idleTimeout is for what the release of a transport came too early for: a connection that was about to get idle.
	idleTimeout = time.Second
)

// transport returns what carries the requests of one stream, and what lets go of it. Each stream has an own one: a
// reconnection over a pooled connection could be one over that which has just been found dead.
func (c Config) transport() (http.RoundTripper, func()) {
	if c.Transport != nil {
		return c.Transport, func() {}
	}
	t := &http.Transport{
		Proxy:                  c.proxy,
		DialContext:            c.dial,
		TLSClientConfig:        c.TLS.Clone(),
		TLSHandshakeTimeout:    handshakeTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    -1, // none: what came over one would be told in the process's log
		MaxResponseHeaderBytes: defaultMaxHeadBytes,
		Protocols:              c.Protocols,
	}
	return t, t.CloseIdleConnections // which ends a dial that nobody waits for, too
}

func (c Config) proxy(req *http.Request) (*url.URL, error) {
	u, err := c.Proxy(req)
	if err != nil {
		return nil, errors.New("the proxy's URL cannot be read") // the cause quotes it, password and all
	}
	return u, nil
}

func (c Config) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, network, c.resolve(addr))
	}
	d := net.Dialer{Timeout: dialTimeout}
	return d.DialContext(ctx, network, c.resolve(addr))
}

// resolve replaces the host of addr by the address that Resolve names.
func (c Config) resolve(addr string) string {
	for name, ip := range c.Resolve {
		if strings.EqualFold(name, addr) {
			_, port, _ := net.SplitHostPort(addr) // Validate has seen it
			return net.JoinHostPort(ip, port)
		}
	}
	return addr
}
