package probe

import (
	"net/http"
	"strings"
	"testing"
)

// What a probe's server is given stays its own: another one to which it leads sees neither
// the fields nor what the first one's URL has in it.
func TestRedirectKeepsKeys(t *testing.T) {
	fields := http.Header{"X-Api-Key": {"s3cret"}, "Authorization": {"Bearer s3cret"}, "Cookie": {"a=s3cret"}}
	for _, elsewhere := range []bool{false, true} {
		seen := make(chan http.Header, 1)
		end := serve(t, func(w http.ResponseWriter, r *http.Request) {
			seen <- r.Header.Clone()
			_, _ = w.Write([]byte(`{"active": 3}`))
		})
		first := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/end":
				seen <- r.Header.Clone()
				_, _ = w.Write([]byte(`{"active": 3}`))
			case elsewhere:
				http.Redirect(w, r, end+"/", http.StatusTemporaryRedirect)
			default:
				http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
			}
		})
		p, err := Parse("json:"+first+"/sessions?token=s3cret#.active", Access{Header: fields})
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.Read(t.Context())
		if err != nil || a.Samples[0].Count != 3 {
			t.Fatalf("elsewhere %t: %+v, %v", elsewhere, a, err)
		}
		got := <-seen
		if elsewhere {
			for name, values := range got {
				if strings.Contains(strings.Join(values, " "), "s3cret") {
					t.Errorf("another server is told %s", name)
				}
			}
		} else if got.Get("X-Api-Key") == "" || got.Get("Cookie") == "" || got.Get("Authorization") == "" {
			t.Errorf("the server itself is told %v", got)
		}
		if got.Get("Referer") != "" || got.Get("Accept") == "" {
			t.Errorf("elsewhere %t: %v", elsewhere, got)
		}
	}
}

// A refusal behind a redirect says whose it is.
func TestRedirectRefused(t *testing.T) {
	end := answering(t, http.StatusUnauthorized, "text/plain", "")
	first := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, end+"/there", http.StatusFound) })
	_, err := read(t.Context(), t, parse(t, "json:"+first+"/s#.active"))
	told(t, err, first+"/s, which leads to "+end+"/there, answered 401 Unauthorized", "header fields go to no other server")
}

// Redirects without an end are told.
func TestRedirectEndless(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
	_, err := read(t.Context(), t, parse(t, "json:"+address+"/s#.active"))
	told(t, err, "more than 20 redirects")
}
