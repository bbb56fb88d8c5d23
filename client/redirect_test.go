package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRedirectMethods(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
		want   string // what the second request is
	}{
		// Fetch 4.4, HTTP-redirect fetch, step 12.
		{"GET", 301, "GET  "}, {"GET", 302, "GET  "}, {"GET", 303, "GET  "}, {"GET", 307, "GET  "}, {"GET", 308, "GET  "},
		{"POST", 301, "GET  "}, {"POST", 302, "GET  "}, {"POST", 303, "GET  "},
		{"POST", 307, "POST text/x hello"}, {"POST", 308, "POST text/x hello"},
		{"PUT", 301, "PUT text/x hello"}, {"PUT", 302, "PUT text/x hello"}, {"PUT", 303, "GET  "}, {"PUT", 307, "PUT text/x hello"},
	} {
		var asked []string
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked = append(asked, fmt.Sprintf("%s %s %s", r.Method, r.Header.Get("Content-Type"), body))
			if r.URL.Path == "/from" {
				http.Redirect(w, r, "to?x=1", c.status)
				return
			}
			begin(w, "data: "+r.Header.Get("Last-Event-ID")+r.Header.Get("X-Api-Key")+"\n\n")
		})
		config := Config{URL: url + "/from", Method: c.method, LastEventID: "7", Header: http.Header{"X-Api-Key": {"key"}}}
		if c.method != "GET" {
			config.Body = []byte("hello")
			config.Header.Set("Content-Type", "text/x")
		}
		s, err := Open(t.Context(), config)
		if err != nil {
			t.Errorf("%s %d: %v", c.method, c.status, err)
			continue
		}
		got, err := drain(s.Next)
		if !errors.Is(err, io.EOF) || len(asked) != 2 || asked[1] != c.want || s.URL() != url+"/to?x=1" {
			t.Errorf("%s %d: asked %q, %v at %s", c.method, c.status, asked, err, s.URL())
		}
		sameLines(t, "the same origin gets all fields", lines(got), []string{event("", "7key", "7")})
	}
}

func TestRedirectToAnotherOriginTellsNoSecret(t *testing.T) {
	var there http.Header
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		there = r.Header
		if r.Host == "virtual.example" {
			t.Errorf("the host is %s", r.Host)
		}
		begin(w, "")
	})
	from := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "hunter2" {
			t.Errorf("the first origin was not asked with user and password: %v", r.Header)
		}
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/again", http.StatusFound) // the same origin keeps them
			return
		}
		http.Redirect(w, r, other+"/", http.StatusTemporaryRedirect)
	})
	s, err := Open(t.Context(), Config{URL: strings.Replace(from, "http://", "http://me:hunter2@", 1), LastEventID: "7", Header: http.Header{
		"X-Api-Key": {"hunter2"}, "Cookie": {"a=hunter2"}, "Host": {"virtual.example"}, "Accept-Language": {"de"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if strings.Contains(fmt.Sprint(there), "hunter2") || there.Get("Authorization") != "" {
		t.Errorf("the other origin was told %v", there)
	}
	if there.Get("Last-Event-ID") != "7" || there.Get("Accept") != "text/event-stream" || there.Get("Accept-Language") != "de" {
		t.Errorf("the other origin was not told %v", there)
	}
}

func TestRedirectThatCannotBeFollowed(t *testing.T) {
	for _, c := range []struct{ location, want string }{
		{"/", "more than 20 redirects"},
		{"ftp://example.com/?token=hunter2", "no http or https URL"},
		{"http://user:hunter2@/", "no http or https URL"},
		{"http://h/%zz?hunter2", "cannot be read"},
	} {
		n := 0
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			w.Header().Set("Location", c.location)
			w.WriteHeader(http.StatusFound)
		})
		_, err := Open(t.Context(), Config{URL: url})
		var redirect *RedirectError
		if !errors.As(err, &redirect) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c.location, err)
		}
		if c.location == "/" && n != maxRedirects+1 {
			t.Errorf("%d requests", n)
		}
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusFound) })
	if _, err := Open(t.Context(), Config{URL: url}); !isType[*StatusError](err) {
		t.Errorf("without a location: %v", err)
	}
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"http://h/a", "http://h:80/b", true},
		{"https://h/a", "https://H:443/b", true},
		{"http://h/", "https://h/", false},
		{"http://h:80/", "https://h:80/", false},
		{"http://h/", "http://h:8080/", false},
		{"http://h/", "http://www.h/", false},
	} {
		a, _ := url.Parse(c.a)
		b, _ := url.Parse(c.b)
		if got := sameOrigin(a, b); got != c.want {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
		}
	}
}

// Whatever a server redirects to: it is an http or https URL or an error, and another origin is told no secret.
func FuzzRedirect(f *testing.F) {
	for _, location := range []string{
		"/", "to?x=1", "//other/x", "http://user:pw@other/", "https://h/", "?", "#a", "http://h:80/", "HTTP://H/", "ftp://h/", "", "http:x", "\x00",
	} {
		f.Add(location, 302)
	}
	f.Fuzz(func(t *testing.T, location string, status int) {
		r, err := newRequest(Config{URL: "http://me:hunter2@h/from?a=b", Method: "POST", Body: []byte("body"), Header: http.Header{"X-Api-Key": {"hunter2"}}})
		if err != nil {
			t.Fatal(err)
		}
		from := r.url
		redirected, err := r.redirect(&http.Response{StatusCode: status, Header: http.Header{"Location": {location}}})
		switch {
		case err != nil && (!isType[*RedirectError](err) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%q: %v", location, err)
		case redirected && r.url.Scheme != "http" && r.url.Scheme != "https":
			t.Errorf("%q leads to %s", location, r.url)
		case redirected && !sameOrigin(from, r.url) && r.header.Get("X-Api-Key") != "":
			t.Errorf("%q: %s is told the key", location, r.url)
		case redirected && r.url.User != nil:
			t.Errorf("%q: the password stays in the URL", location)
		}
	})
}
