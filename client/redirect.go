package client

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxRedirects is how many redirects in a row are followed (Fetch 4.4, HTTP-redirect fetch).
const maxRedirects = 20

// RedirectError tells of a redirect that cannot be followed.
type RedirectError struct {
	Status  int // zero if it is the number of redirects that is wrong
	Problem string
}

func (e *RedirectError) Error() string {
	if e.Status == 0 {
		return "redirect: " + e.Problem
	}
	return fmt.Sprintf("redirect with status %d: %s", e.Status, e.Problem)
}

// Fields that another origin may see; whatever else the caller gave may be a key to the first one. The standard takes
// away Authorization alone, but chat servers want their keys in fields of many names.
var harmlessFields = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", lastEventID, "User-Agent",
}

// Fields that tell of a body, which go with it (Fetch 2.2.2, request-body-header names).
var bodyFields = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

// redirect changes r into what the answer redirects to, if it redirects: Fetch 4.4, HTTP-redirect fetch.
func (r *request) redirect(resp *http.Response) (bool, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return false, nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return false, nil // an answer like any other, with a status that is none of an event stream
	}
	to, err := r.url.Parse(location)
	if err != nil {
		return false, &RedirectError{Status: resp.StatusCode, Problem: "its location cannot be read"}
	}
	if to, err = ParseURL(to.String()); err != nil {
		return false, &RedirectError{Status: resp.StatusCode, Problem: "its location is no http or https URL"}
	}
	if !sameOrigin(r.url, to) {
		r.host = ""
		keepHarmless(r.header)
	}
	r.remethod(resp.StatusCode)
	r.url = to
	r.authorize(true)
	return true, nil
}

// remethod turns the request into a GET without a body where the status asks for it.
func (r *request) remethod(status int) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound:
		if r.method != http.MethodPost {
			return
		}
	case http.StatusSeeOther:
		if r.method == http.MethodGet || r.method == http.MethodHead {
			return
		}
	default:
		return
	}
	r.method, r.body = http.MethodGet, nil
	for _, name := range bodyFields {
		r.header.Del(name)
	}
}

// CheckRedirect is for an [http.Client] ([http.Client.CheckRedirect]) that asks what streams ask: redirects are followed as
// theirs are, and another origin sees nothing that may be a key to the first: neither the fields, nor the query in a Referer.
func CheckRedirect(to *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return tooManyRedirects()
	}
	to.Header.Del("Referer")
	if !sameOrigin(via[0].URL, to.URL) {
		keepHarmless(to.Header)
	}
	return nil
}

func tooManyRedirects() error {
	return &RedirectError{Problem: fmt.Sprintf("more than %d redirects", maxRedirects)}
}

// keepHarmless takes away what another origin may not see.
func keepHarmless(h http.Header) {
	for name := range h {
		if !slices.Contains(harmlessFields, name) {
			h.Del(name)
		}
	}
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
