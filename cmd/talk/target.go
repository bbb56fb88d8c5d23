package talk

import (
	"context"
	"net/url"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
)

// Target is a server as Resolve found it.
type Target struct {
	// Dialect is the one that requests are made in; never Auto.
	Dialect Dialect
	// Sure tells that the dialect was named, by Config or by the URL, or told by the server: a key that is meant for the
	// servers of this dialect may be sent. Otherwise it is a guess.
	Sure bool
	// Sessions is the URL of the server's list of sessions, where it has one in our own form; its feed is below it.
	Sessions string
	// Limits are the bounds that such a server tells of; nil where it tells none.
	Limits *leakcheck.Limits
}

// Resolve finds out what the URL means, and returns the config with its Target. It asks the URL's origin whether it
// has a list of sessions in our own form, which takes two seconds at the most, and nothing else.
//
// With Auto a URL that ends in /sse/chat, /v1/chat/completions, /v1/messages, in the version of an API (/v1), or is one
// of the two well-known hosts, says itself what it is. Else a bare base URL is our own server's where that has such a
// list, and taken for that of chat completions where not; any other URL is asked by GET, and its answer read as whatever
// it looks like.
func (c Config) Resolve(ctx context.Context) (Config, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return c, err
	}
	own := c.detect(ctx)
	c.Target = Target{Dialect: c.Dialect, Sure: true}
	if c.Dialect == Auto {
		c.Target.Dialect, c.Target.Sure = guess(c.URL, own != nil)
	}
	if own == nil {
		return c, ctx.Err()
	}
	c.Target.Sessions = origin(c.URL) + "/sessions"
	if answer, err := own.Read(ctx); err == nil && answer.Server != nil {
		c.Target.Limits = &answer.Server.Config
	}
	own.CloseIdleConnections()
	return c, ctx.Err()
}

// detect is the probe of a server in our own form. The two hosts that are known not to be one are not asked.
func (c Config) detect(ctx context.Context) *probe.Own {
	if u, err := url.Parse(c.URL); err == nil {
		if host := u.Hostname(); host == "api.openai.com" || host == "api.anthropic.com" {
			return nil
		}
	}
	return probe.Detect(ctx, origin(c.URL), probe.Access{TLS: c.TLS, Header: c.Header, Resolve: c.Addresses})
}

// guess is the dialect that a URL means, and whether that is certain.
func guess(address string, own bool) (d Dialect, sure bool) {
	if spoken, ok := client.DetectDialect(address); ok {
		return dialectOf(spoken), true
	}
	u, err := url.Parse(address)
	bare := err == nil && strings.Trim(u.Path, "/") == ""
	switch {
	case bare && own:
		return Own, true
	case bare:
		return OpenAI, false
	default:
		return Text, false
	}
}

// origin is a URL's, with its user and password.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String()
}
