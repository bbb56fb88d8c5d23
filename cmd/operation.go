package cmd

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/server"
)

// adminTokenEnv is where serve takes its admin token from if no flag gives it:
// what stands on a command line can be read by everybody on the machine.
const adminTokenEnv = "SSE_TOOL_ADMIN_TOKEN"

// operationFlags are the flags of a server that others can reach: who is let
// in, how many, by which protocol, and how it stops.
func (c *serveConfig) operationFlags(f *pflag.FlagSet) {
	f.DurationVar(&c.ReadTimeout, "read-timeout", c.ReadTimeout, "how long a request's head, and its body, may take")
	f.IntVar(&c.MaxSessions, "max-sessions", 0, "how many sessions may be open (0: any number); more get 503")
	f.IntVar(&c.MaxUserSessions, "max-sessions-per-user", 0, "how many of one user, or else one address (0: any number); more get 429")
	f.StringVar(&c.AdminToken, "admin-token", "", "open /sessions and /metrics to any machine that sends this bearer\ntoken, and to no other; better given by the environment: "+adminTokenEnv)
	f.StringArrayVar(&c.proxies, "trusted-proxy", nil, "an address, or a range in CIDR form, whose X-Forwarded-For is believed (repeat)")
	f.StringArrayVar(&c.CORSOrigins, "cors-origin", nil, "an origin whose pages may chat here, or * (repeat)")
	f.StringVar(&c.TLSCert, "tls-cert", "", "serve TLS, with the certificate (and its chain) of this PEM file")
	f.StringVar(&c.TLSKey, "tls-key", "", "the certificate's key, a PEM file")
	f.DurationVar(&c.Drain, "drain", 0, "how long open streams may go on after a signal, while new ones get 503")
}

// resolveOperation takes what does not bind by itself.
func (c *serveConfig) resolveOperation() error {
	if c.AdminToken == "" {
		c.AdminToken = os.Getenv(adminTokenEnv)
	}
	for _, s := range c.proxies {
		p, err := server.ParseProxy(s)
		if err != nil {
			return fmt.Errorf("--trusted-proxy: %w", err)
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	return nil
}
