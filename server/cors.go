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
	case u.Scheme+"://"+u.Host != s || strings.ToLower(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ',' }):
		return fmt.Errorf("origin %q: must be a scheme, a host and a port alone, in lower case, as a browser sends it", s)
	case u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme], strings.HasSuffix(u.Host, ":"):
		return fmt.Errorf("origin %q: browsers leave the scheme's own port out", s)
	}
	return nil
}

// shared lets pages of the allowed origins use a chat endpoint (Fetch standard,
// section 3.2), and those of other sites not: a browser would keep the answer from
// them, but the model would have been asked. What is for the admin is shared with
// nobody. Credentials are never allowed: nothing here has any.
func (s *Server) shared(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		switch {
		case slices.Contains(s.cfg.CORSOrigins, origin), origin != "" && slices.Contains(s.cfg.CORSOrigins, anyOrigin):
		case r.Method == http.MethodOptions:
			next.ServeHTTP(w, r) // no: the preflight of somebody else's page
			return
		case foreign(r, origin):
			http.Error(w, "a page of another origin: not among those that are allowed", http.StatusForbidden)
			return
		default:
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-Session-Id, Retry-After")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers")) // OpenAI's library sends a dozen of its own
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign tells whether a browser sends a request for a page of another site: it
// says so itself (Fetch Metadata), or the page's origin is not this host.
func foreign(r *http.Request, origin string) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "cross-site"
	}
	u, err := url.Parse(origin)
	return origin != "" && (err != nil || !strings.EqualFold(u.Host, r.Host))
}
