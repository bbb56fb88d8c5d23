package cmd

import (
	"net"
	"testing"

	"github.com/sse-tool/sse-tool/server"
)

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct {
		cert, ip, want string
	}{
		{"", "127.0.0.1", "http://127.0.0.1:8080"},
		{"cert.pem", "127.0.0.1", "https://127.0.0.1:8080"},
		{"", "0.0.0.0", "http://localhost:8080"},
		{"cert.pem", "::", "https://localhost:8080"},
		{"", "::1", "http://[::1]:8080"},
	} {
		c := serveConfig{Config: server.Config{TLSCert: tt.cert}}
		if got := baseURL(c.scheme(), &net.TCPAddr{IP: net.ParseIP(tt.ip), Port: 8080}); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

// The token of the command line goes before that of the environment.
func TestAdminTokenFromEnvironment(t *testing.T) {
	t.Setenv(adminTokenEnv, "from the environment")
	for given, want := range map[string]string{"": "from the environment", "given": "given"} {
		c := serveConfig{Config: server.Config{AdminToken: given}, proxies: []string{"10.0.0.0/8", "::1"}}
		if err := c.resolveOperation(); err != nil || c.AdminToken != want || len(c.TrustedProxies) != 2 {
			t.Errorf("given %q: got %q, %v, %v", given, c.AdminToken, c.TrustedProxies, err)
		}
	}
}
