package server

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"strings"
	"time"
)

// Config says how a Server behaves.
//
// DefaultConfig returns every default; flags are bound into its value. In a
// Config written by hand a zero field means its default, with one exception:
// a zero Timeout means that a stream may live for ever, because that is a
// choice people make (and New warns about).
type Config struct {
	// Timeout is the longest life of a stream. DefaultConfig has 5 minutes;
	// zero means for ever.
	Timeout time.Duration

	// Heartbeat is the silence after which a comment is written, so that
	// proxies keep the connection and a lost client is noticed. Default 15 s.
	Heartbeat time.Duration

	// WriteTimeout bounds each write: a client that stopped reading blocks a
	// write as soon as the send buffer is full. Default 10 s.
	WriteTimeout time.Duration

	// UserTimeout bounds how long the kernel waits for sent data to be
	// acknowledged, or for a closed window to open (TCP_USER_TIMEOUT, RFC 5482;
	// Linux only). Default 10 s, at least 1 ms.
	UserTimeout time.Duration

	// SweepEvery is the time between two sweeps. Default 1 minute.
	SweepEvery time.Duration

	// IdleTimeout is how long a session may go without a sign of its client
	// before a sweep ends it; at least two heartbeats, for a listener to whom
	// nothing else is sent gives one sign a heartbeat. Default 2 minutes.
	IdleTimeout time.Duration

	// ResumeGrace is how long a reply of GET /sse/chat whose stream was lost is
	// kept for a client that comes back. Default 30 s, at least 1 ms.
	ResumeGrace time.Duration

	// ResumeBytes bounds how much of one reply is kept: its newest tokens.
	// Default 4096.
	ResumeBytes int

	// ResumeReplies bounds how many replies of ended sessions are kept; then the
	// oldest is given up early. Default 4096.
	ResumeReplies int

	// ReplyRate is how many tokens a second a reply has whose request names no
	// rate. Default 20.
	ReplyRate float64

	// ReplyLength is how many tokens a reply has whose request names no number.
	// Default 120; where Upstream is set, as many as that gives.
	ReplyLength int

	// ReadTimeout bounds how long a request's head may take, and its body after
	// it: a client that sends byte by byte holds a connection no longer. It does
	// not bound a stream. Default 10 s.
	ReadTimeout time.Duration

	// MaxSessions is how many sessions may be open, and MaxUserSessions how many
	// of one user: of one name or, where none is given, one address. Who comes
	// then gets 503, or 429, with Retry-After; who refreshes takes the place of
	// the session that it replaces. Zero means no limit.
	MaxSessions, MaxUserSessions int

	// AdminToken is what /sessions, what is below it, and /metrics want as a bearer
	// token, of this machine too. Without one they are for this machine alone.
	// Default none.
	AdminToken string

	// TrustedProxies may say in X-Forwarded-For whom they speak for: see
	// ParseProxy. Default none, so that nobody can invent an address.
	TrustedProxies []netip.Prefix

	// CORSOrigins are those whose pages may chat here, as browsers write them
	// (https://chat.example), or "*" for all. Default none.
	CORSOrigins []string

	// TLSCert and TLSKey are files in PEM form. With them Serve speaks TLS, with
	// HTTP/2; without, clear HTTP/1.1 and HTTP/2 (h2c, by prior knowledge).
	TLSCert, TLSKey string

	// Drain is how long, when it is told to stop, a server lets the open streams
	// go on, while it refuses new ones. Default none: they end at once.
	Drain time.Duration

	// Upstream writes the replies; nil means the built-in model.
	Upstream Upstream

	// Defects are left out on purpose. Default none.
	Defects []Defect

	// Logger gets warnings, and each session's end at debug level; nil
	// discards them.
	Logger *slog.Logger
}

// DefaultConfig returns the defaults, a Timeout of 5 minutes among them.
func DefaultConfig() Config {
	return Config{Timeout: 5 * time.Minute}.WithDefaults()
}

// WithDefaults returns c with its zero fields replaced by their defaults.
// Timeout stays as it is.
func (c Config) WithDefaults() Config {
	orDuration(&c.Heartbeat, 15*time.Second)
	orDuration(&c.WriteTimeout, 10*time.Second)
	orDuration(&c.UserTimeout, 10*time.Second)
	orDuration(&c.SweepEvery, time.Minute)
	orDuration(&c.IdleTimeout, 2*time.Minute)
	orDuration(&c.ResumeGrace, 30*time.Second)
	orInt(&c.ResumeBytes, 4096)
	orInt(&c.ResumeReplies, 4096)
	orDuration(&c.ReadTimeout, 10*time.Second)
	if c.ReplyRate == 0 {
		c.ReplyRate = 20
	}
	if c.Upstream == nil {
		orInt(&c.ReplyLength, 120)
		c.Upstream = model{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// remote tells whether another server writes the replies, and knows their length.
func (c Config) remote() bool {
	switch c.Upstream.(type) {
	case Remote, *Remote:
		return true
	}
	return false
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

func orInt(n *int, def int) {
	if *n == 0 {
		*n = def
	}
}

// Validate returns one line for each bad value, joined. It takes c as it
// stands: a zero Heartbeat, say, is an error here. So a command line that was
// bound into DefaultConfig can tell its user of a zero that New would replace
// by a default.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.Timeout < 0 {
		bad("timeout %v: must not be negative (zero means for ever)", c.Timeout)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"heartbeat", c.Heartbeat},
		{"write timeout", c.WriteTimeout},
		{"user timeout", c.UserTimeout},
		{"sweep interval", c.SweepEvery},
		{"idle timeout", c.IdleTimeout},
		{"resume grace", c.ResumeGrace},
		{"read timeout", c.ReadTimeout},
	} {
		if d.value < time.Millisecond {
			bad("%s %v: must be at least 1ms", d.name, d.value)
		}
	}
	if c.UserTimeout.Milliseconds() > math.MaxInt32 {
		bad("user timeout %v: the kernel counts it in 31 bits of milliseconds", c.UserTimeout)
	}
	if c.IdleTimeout < 2*c.Heartbeat {
		bad("idle timeout %v: must be at least two heartbeats of %v, or sweeps end live listeners", c.IdleTimeout, c.Heartbeat)
	}
	if !(c.ReplyRate >= minRate && c.ReplyRate <= maxRate) { // so written that NaN is bad too
		bad("reply rate %v: must be from %v to %v tokens a second", c.ReplyRate, minRate, maxRate)
	}
	least := 0
	if _, builtIn := c.Upstream.(model); builtIn {
		least = 1 // it would never end
	}
	if c.ReplyLength < least || c.ReplyLength > maxTokens {
		bad("reply length %d: must be from 1 to %d tokens", c.ReplyLength, maxTokens)
	}
	if c.ResumeBytes < 1 || c.ResumeReplies < 1 {
		bad("resume buffers, %d of %d bytes: must be at least 1 each", c.ResumeReplies, c.ResumeBytes)
	}
	c.validateAccess(bad)
	for _, d := range c.Defects {
		if _, err := ParseDefect(string(d)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// validateAccess looks at what says who is let in, and how many.
func (c Config) validateAccess(bad func(format string, args ...any)) {
	if c.MaxSessions < 0 || c.MaxUserSessions < 0 {
		bad("limits of sessions %d, and %d a user: must not be negative (zero means none)", c.MaxSessions, c.MaxUserSessions)
	}
	if strings.ContainsFunc(c.AdminToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("admin token: must be printable ASCII without spaces, to stand in a header") // it is a secret: not shown
	}
	for _, origin := range c.CORSOrigins {
		if err := checkOrigin(origin); err != nil {
			bad("%w", err)
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad("tls: a certificate and its key are given together, or neither")
	}
	if c.Drain < 0 {
		bad("drain %v: must not be negative", c.Drain)
	}
}
