package client

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for raw, want := range map[string]string{ // of the error; empty for none
		"http://h": "", "HTTPS://me:pw@h:8443/x?y": "", "http://[::1]:80/": "",
		"":                        "neither http:// nor https://",
		"localhost:8080/x":        "neither http:// nor https://",
		"127.0.0.1:8080/x":        "url: it begins with neither http:// nor https://",
		"ftp://h/":                "neither http:// nor https://",
		"http:h":                  "names no host",
		"http://:80/":             "names no host",
		"http://h:port/":          "invalid port",
		"http://h/%zz":            "invalid URL escape",
		"http://me:hunter%2@h/":   "is its password percent-encoded?",
		"me:hunter2\n@h/x":        "neither http:// nor https://",
		"http://me:hunter2/@h:x/": "percent-encoded?",
	} {
		_, err := ParseURL(raw)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", raw, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: the error tells a secret: %v", raw, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"http://h:80/path", "http://h:80/path"},
		{"http://h/p?token=secret", "http://h/p?token=…"},
		{"http://h/p?a=1&token=sec=ret&b", "http://h/p?a=…&token=…&b=…"},
		{"http://h/p?a=1;token=secret", "http://h/p?a=…"},
		{"http://h/p?", "http://h/p?"},
		{"http://h/p?a=1#access_token=secret", "http://h/p?a=…"},
		{"http://h/p#access_token=secret", "http://h/p"},
		{"localhost:8080/x?a=1", "localhost:8080/x?a=…"},
		{"http://h/%zz?token=secret", "(a URL that cannot be read)"},
		{"", ""},
	} {
		if got := Redact(c.raw); got != c.want {
			t.Errorf("Redact(%q) = %q, want %q", c.raw, got, c.want)
		}
	}
	for _, raw := range []string{
		"http://user:secret@h/p", "http://:secret@h/p", "https://secret@h/p", "//user:secret@h/p",
		"user:secret@h:80/p", "http:user:secret@h/p", "http://user:se@secret@h/p",
	} {
		if got := Redact(raw); strings.Contains(got, "secret") {
			t.Errorf("Redact(%q) = %q", raw, got)
		}
	}
}

// Neither what Redact returns nor what ParseURL says depends on any secret of
// the URL.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		"http://user:pw@h:80/p?token=abc&b&=c#frag", "http://h/p?a=1;b=2", "user:pw@h/p?q=1", "http:u:p@h", "//u:p@h?x=y",
		"http://u@h/?a=b=c", "http://h/?a=%zz", "?&&=&a", "http://[::1%25eth0]/?a=1", "/p:w@h?a=b", "mailto:a@b?c=d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			if got := Redact(raw); got != "(a URL that cannot be read)" {
				t.Errorf("Redact(%q) = %q", raw, got)
			}
			return
		}
		one, other := withSecrets(*u, "hunter1"), withSecrets(*u, "hunter2")
		if a, b := Redact(one), Redact(other); a != b {
			t.Errorf("Redact tells %q of %q, but %q of %q", a, one, b, other)
		}
		a, b := validity(one), validity(other)
		if a != b {
			t.Errorf("ParseURL tells %q of %q, but %q of %q", a, one, b, other)
		}
	})
}

func validity(raw string) string {
	_, err := ParseURL(raw)
	return fmt.Sprint(err)
}

// withSecrets is a URL with another password, and other values in its query.
func withSecrets(u url.URL, secret string) string {
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), secret)
	}
	if at := strings.LastIndex(u.Opaque, "@"); at >= 0 {
		u.Opaque = secret + u.Opaque[at:]
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		if name, _, valued := strings.Cut(pair, "="); valued {
			pairs[i] = name + "=" + secret
		}
	}
	u.RawQuery = strings.Join(pairs, "&")
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = secret, ""
	}
	return u.String()
}
