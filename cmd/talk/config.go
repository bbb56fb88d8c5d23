package talk

import (
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// Config says whom to talk to. Only URL has to be set. A Config is not changed by whoever takes it, and may serve many
// answers at once.
type Config struct {
	// URL is the base URL of a server in our own form, or the base or the endpoint of another: see Resolve.
	URL string
	// Dialect is how the server is talked to. Default Auto.
	Dialect Dialect
	// Key is the key that each request carries as its dialect has it. Empty takes none: see KeyFrom.
	Key client.Key
	// Header is sent besides, or in place of, the dialect's own fields, and to the server's /sessions too.
	Header http.Header
	// ReadTimeout is the longest silence of a stream, beyond which it counts as lost. Zero is no limit.
	ReadTimeout time.Duration
	// Retry is how long a lost stream waits before the next attempt, until the server says. Default 2 s.
	Retry time.Duration
	// Patience is how long a lost stream is tried to be had back, until text or a heartbeat comes. Zero is for ever.
	Patience time.Duration
	// TLS configures https. Nil trusts the system's roots.
	TLS *tls.Config
	// Addresses name the address to connect to in place of a host's own: a "host:port" and its IP address.
	Addresses map[string]string

	// Target is what Resolve found out.
	Target Target
}

// WithDefaults returns the config with its defaults filled in.
func (c Config) WithDefaults() Config {
	if c.Dialect == "" {
		c.Dialect = Auto
	}
	return c
}

// Validate tells what is wrong with a config whose defaults are filled in, without telling a secret of it.
func (c Config) Validate() error {
	if _, err := client.ParseURL(c.URL); err != nil {
		return err
	}
	if err := c.Dialect.validate(); err != nil {
		return err
	}
	if c.ReadTimeout < 0 || c.Retry < 0 || c.Patience < 0 {
		return errors.New("a time is negative")
	}
	return nil
}
