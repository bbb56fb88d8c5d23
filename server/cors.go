package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// anyOrigin in Config.CORSOrigins lets every page in.
const anyOrigin = "*"

// checkOrigin tells whether s is an origin in the one form in which a browser
// writes it (RFC 6454, section 6.2): an origin in another form would never be
// met, and nobody would know why.
func checkOrigin(s string) error {
	u, err := url.Parse(s)
	switch {
	case s == anyOrigin:
		return nil
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("origin %q: must be like https://chat.example, or *", s)
	case u.Scheme+"://"+u.Host != s || strings.ToLower(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("origin %q: must be a scheme, a host and a port alone, in lower case, as a browser sends it", s)
	case u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme], strings.HasSuffix(u.Host, ":"):
		return fmt.Errorf("origin %q: browsers leave the scheme's own port out", s)
	}
	return nil
}

// shared lets pages of the allowed origins use a chat endpoint (Fetch standard,
// section 3.2). What is for the admin is shared with nobody. Credentials are
// never allowed: nothing here has any.
func (s *Server) shared(next http.Handler) http.Handler {
	if len(s.cfg.CORSOrigins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !slices.Contains(s.cfg.CORSOrigins, origin) && !slices.Contains(s.cfg.CORSOrigins, anyOrigin) {
			next.ServeHTTP(w, r) // the browser keeps the answer from the page
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-Session-Id, Retry-After")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID, X-Stream-Id")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
