package server

import (
	"strings"
	"testing"
)

var adminPaths = []string{"/sessions", "/sessions?list=0", "/sessions/x", "/sessions/feed", "/metrics"}

// elsewhere is a request that a proxy on this machine made for somebody else.
const elsewhere = "X-Forwarded-For: 192.0.2.1"

func (r *running) asks(t *testing.T, path string, header ...string) string {
	t.Helper()
	p := r.dial(t, path, header...)
	status := p.until(t, "HTTP/1.1 ")
	p.reset()
	return strings.Fields(status)[1]
}

func TestAdminWithoutToken(t *testing.T) {
	r := start(t, quick())
	for _, path := range adminPaths {
		if got := r.asks(t, path); got == "403" || got == "401" {
			t.Errorf("%s: %s", path, got)
		}
		equal(t, path+" from elsewhere", r.asks(t, path, elsewhere), "403")
		equal(t, path+" with a token", r.asks(t, path, elsewhere, "Authorization: Bearer "), "403")
	}
	for _, path := range []string{"/", "/healthz", chat()} {
		equal(t, path+" from elsewhere", r.asks(t, path, elsewhere), "200")
	}
}

func TestAdminWithToken(t *testing.T) {
	cfg := quick()
	cfg.AdminToken = "s3cret"
	r := start(t, cfg)
	for _, path := range adminPaths {
		equal(t, path, r.asks(t, path), "401") // a proxy may ask from here, for anybody
		for _, wrong := range []string{"Bearer s3cre", "Bearer s3cret2", "Bearer", "Basic s3cret", "s3cret"} {
			equal(t, path+" with "+wrong, r.asks(t, path, "Authorization: "+wrong), "401")
		}
		equal(t, path+" from elsewhere", r.asks(t, path, elsewhere), "401")
		for _, right := range []string{"Bearer s3cret", "bearer  s3cret"} {
			if got := r.asks(t, path, elsewhere, "Authorization: "+right); got == "403" || got == "401" {
				t.Errorf("%s with the token: %s", path, got)
			}
		}
	}
	r.open(t, chat("session=me"))
	refused := request(t, r.dial(t, "/healthz").TCPConn, "/sessions", elsewhere)
	refused.until(t, "Www-Authenticate: Bearer")
	equal(t, "active", r.active(), 1)
}
