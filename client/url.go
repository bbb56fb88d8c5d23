package client

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ParseURL reads the URL of a stream: http or https, with a host. Its error quotes nothing that may be a part of a
// password or a token.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil && strings.Contains(raw, "@") && strings.Contains(raw, "://"):
		return nil, errors.New("url: it cannot be read; is its password percent-encoded?")
	case err != nil && strings.Contains(raw, "://"):
		return nil, fmt.Errorf("url: %w", errors.Unwrap(err))
	case err != nil: // the host and port alone, mostly
		return nil, errors.New("url: it begins with neither http:// nor https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("url: %q begins with neither http:// nor https://", Redact(raw))
	case u.Hostname() == "":
		return nil, fmt.Errorf("url: %q names no host", Redact(raw))
	}
	return u, nil
}

// Redact returns a URL without what may be secret: user and password, the values of its query, and its fragment. It is
// how a URL may stand in a report or a message.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(a URL that cannot be read)"
	}
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	if at := strings.LastIndex(u.Opaque, "@"); at >= 0 { // user:password@host, the scheme forgotten
		u.Opaque = "…" + u.Opaque[at:]
	}
	u.Fragment, u.RawFragment = "", ""
	names := []string{}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name != "" {
			names = append(names, name+"=…")
		}
	}
	u.RawQuery = ""
	out := u.String()
	if len(names) > 0 {
		out += "?" + strings.Join(names, "&")
	}
	return out
}
