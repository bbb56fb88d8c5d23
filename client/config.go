package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"time"
)

const (
	defaultRetry      = 2 * time.Second
	defaultMaxBackoff = 30 * time.Second
	lastEventID       = "Last-Event-Id" // as net/http writes it
)

// Config says which stream to read, and how. Only URL has to be set. Open and Follow fill in the defaults and validate
// it; they never change what it points to, so one Config may serve many streams at once.
type Config struct {
	// URL is the stream's, http or https. User and password in it go into the Authorization field.
	URL string
	// Method is the request's method. Default GET, or POST where there is a body.
	Method string
	// Header is sent besides Accept, Accept-Encoding, Cache-Control and User-Agent, and in place of one of these where it
	// names it. Host in it is the request's host.
	Header http.Header
	// Body is sent as it is, again with each reconnection. Nil is none.
	Body []byte
	// LastEventID is the last event ID to begin with, as if an earlier connection had brought it. Default: what Header has
	// under that name, which is sent no more once the stream has another.
	LastEventID string

	// MaxEventBytes limits one event: see Parser. Default 16 MiB; an event beyond it is an *EventTooLargeError.
	MaxEventBytes int
	// ReadTimeout is the longest silence: how long the answer, and then each next byte of the stream, may take. Comments
	// are bytes: heartbeats keep a stream alive. Beyond it the stream is ended with a *StallError. The time between two
	// calls of Next does not count. Zero is no limit.
	ReadTimeout time.Duration
	// OnRead is told of each read that brought something of an answer's body: how many bytes, with their content coding,
	// and when. It is called within Next, by who called that, before the items that the bytes make. Nil is nobody.
	OnRead func(n int, at time.Time)

	// Retry is Follow's reconnection time (HTML 9.2.2) until the server names one. Default 2 s.
	Retry time.Duration
	// MaxBackoff caps what Follow waits beyond the reconnection time; see Follow. Default 30 s.
	MaxBackoff time.Duration
	// RetryUnavailable has Follow come again after status 429, 500, 502, 503 and 504 too, no sooner than the answer's
	// Retry-After. Default: as HTML 9.2.3 wants it, any status but 200 ends it.
	RetryUnavailable bool

	// TLS configures https: private roots, client certificates. Nil trusts the system's roots.
	TLS *tls.Config
	// Resolve names the address to connect to in place of a host's own, as curl's --resolve does: a "host:port" and its
	// IP address. The request and the certificate keep the host's name.
	Resolve map[string]string
	// Dial connects to an address, after Resolve, in place of a dialer that gives up after 30 s; for https the connection
	// carries TLS. It may be called again by each attempt, redirect included. Whoever dials can do to the connection what
	// no request can: leave by a reset, say.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Proxy chooses the proxy of a request. Default http.ProxyFromEnvironment, which never proxies localhost.
	Proxy func(*http.Request) (*url.URL, error)
	// Protocols are the HTTP versions to speak. Default HTTP/1.1 and, where TLS negotiates it, HTTP/2.
	Protocols *http.Protocols
	// Transport carries the requests in place of an own transport for each connection, and TLS, Resolve, Dial, Proxy
	// and Protocols are not looked at. Its idle connections, and how long it dials, are its owner's affair.
	Transport http.RoundTripper
}

// WithDefaults returns the config with its defaults filled in.
func (c Config) WithDefaults() Config {
	if c.Method == "" {
		c.Method = http.MethodGet
		if c.Body != nil {
			c.Method = http.MethodPost
		}
	}
	if c.LastEventID == "" {
		c.LastEventID = canonical(c.Header).Get(lastEventID)
	}
	if c.MaxEventBytes == 0 {
		c.MaxEventBytes = defaultMaxEventBytes
	}
	if c.Retry == 0 {
		c.Retry = defaultRetry
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = defaultMaxBackoff
	}
	if c.Proxy == nil {
		c.Proxy = http.ProxyFromEnvironment
	}
	if c.Protocols == nil {
		c.Protocols = new(http.Protocols)
		c.Protocols.SetHTTP1(true)
		c.Protocols.SetHTTP2(true)
	}
	return c
}

// Validate tells what is wrong with a config whose defaults are filled in, without telling a secret of it.
func (c Config) Validate() error {
	if _, err := ParseURL(c.URL); err != nil {
		return err
	}
	if !isToken([]byte(c.Method)) {
		return fmt.Errorf("method: %q is none", c.Method)
	}
	for name, values := range c.Header {
		if !isToken([]byte(name)) {
			return fmt.Errorf("header: %q is no name of a field", name)
		}
		for _, v := range values {
			if !isFieldValue([]byte(v)) {
				return fmt.Errorf("header: the value of %s has a control character", name)
			}
		}
	}
	for name, addr := range c.Resolve {
		if host, port, err := net.SplitHostPort(name); err != nil || host == "" || port == "" {
			return fmt.Errorf("resolve: %q is no host:port", name)
		}
		if net.ParseIP(addr) == nil {
			return fmt.Errorf("resolve: %q is no IP address", addr)
		}
	}
	switch {
	case c.MaxEventBytes < 0:
		return errors.New("max event bytes: negative")
	case c.ReadTimeout < 0:
		return errors.New("read timeout: negative")
	case c.Retry < 0:
		return errors.New("retry: negative")
	case c.MaxBackoff < 0:
		return errors.New("max backoff: negative")
	}
	return nil
}

// canonical returns h with its fields under their canonical names.
func canonical(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		name = textproto.CanonicalMIMEHeaderKey(name)
		out[name] = append(out[name], values...)
	}
	return out
}
