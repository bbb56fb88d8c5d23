package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// admin serves what tells of other people's sessions, or ends them, to those
// who may see it: whoever sends the admin token or, where there is none, this
// machine (see Server.local). So the page and a detector on the same machine need
// nothing by default, and elsewhere nothing is open; and a proxy on this machine
// that does not say for whom it asks opens nothing once there is a token.
func (s *Server) admin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization")
		switch {
		case s.cfg.AdminToken == "" && s.local(r):
			next.ServeHTTP(w, r)
		case s.cfg.AdminToken == "":
			http.Error(w, r.URL.EscapedPath()+": only for the server's own machine, by the name localhost: it has no admin token",
				http.StatusForbidden)
		case isBearer(given, s.cfg.AdminToken):
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, r.URL.EscapedPath()+": only with the admin token: Authorization: Bearer TOKEN", http.StatusUnauthorized)
		}
	})
}

// isBearer tells whether a request's Authorization is that token (RFC 6750,
// section 2.1). How long it takes tells nothing of the token: digests are
// compared, which are of one length, in constant time.
func isBearer(authorization, token string) bool {
	scheme, given, _ := strings.Cut(authorization, " ")
	a, b := sha256.Sum256([]byte(strings.TrimLeft(given, " "))), sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
