package talk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// request is what a conversation's answer is asked for with. stream is our id for it.
func (c Config) request(talk client.Conversation, stream string) (client.Config, error) {
	if c.Target.Dialect == "" {
		return client.Config{}, errors.New("ask: the config was not resolved")
	}
	dialect, err := c.Target.Dialect.spoken()
	if err != nil {
		return client.Config{}, err
	}
	if talk.Key == "" {
		talk.Key = c.Key
	}
	r, err := dialect.Request(c.URL, talk)
	if err != nil {
		return client.Config{}, err
	}
	if c.Target.Sessions != "" {
		r.Header.Set(loadgen.StreamIDHeader, stream)
		if talk.Session != "" {
			r.URL = withSession(r.URL, talk.Session)
		}
	}
	for name, values := range c.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	var http1 http.Protocols
	http1.SetHTTP1(true) // one stream, one connection: what is done to it is done to no other
	return client.Config{
		URL: r.URL, Method: r.Method, Header: r.Header, Body: r.Body,
		ReadTimeout: c.ReadTimeout, Retry: c.Retry, RetryUnavailable: true,
		TLS: c.TLS, Resolve: c.Addresses, Protocols: &http1,
	}, nil
}

// withSession names the session in a URL's query, where every door of a server in our own form takes it.
func withSession(address, session string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	query.Set("session", session)
	u.RawQuery = query.Encode()
	return u.String()
}

// streamID is a new id for a stream.
func streamID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails
	return "chat-" + hex.EncodeToString(b)
}

// dial is how the reply's connections are made.
func (r *Reply) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := dial(ctx, network, addr, r.config.Target.Sessions != "")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = c
	return c, nil
}
