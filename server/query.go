package server

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what a request for a chat may ask for.
const (
	maxMessage = 8 << 10   // bytes
	maxID      = 128       // bytes of session and stream ids
	maxUser    = 256       // bytes
	maxTokens  = 1_000_000 // of a reply that is not endless
	minRate    = 0.001     // tokens a second, of a reply that has any
	maxRate    = 10_000.0
	maxSize    = 64 << 10 // bytes of text a token
)

// reservedID is a path under /sessions/ that is no session.
const reservedID = "feed"

// query is what a request for a chat asks for.
type query struct {
	session string // empty: the server chooses
	user    string
	prompt  Prompt
}

// parseQuery reads a raw query string; what it leaves out is as cfg has it,
// what it does not know is ignored. Its errors are one line, for the client.
func parseQuery(raw string, cfg Config) (query, error) {
	q := query{prompt: Prompt{Tokens: cfg.ReplyLength, Rate: cfg.ReplyRate}}
	v, err := url.ParseQuery(raw)
	if err != nil {
		return q, fmt.Errorf("query: %w", err)
	}
	q.session, q.user, q.prompt.Message = v.Get("session"), v.Get("user"), v.Get("message")
	err = errors.Join(
		checkText("message", q.prompt.Message, maxMessage),
		checkSession(q.session),
		checkUser(q.user),
		parseInt(&q.prompt.Tokens, v, "tokens", 0, maxTokens),
		parseRate(&q.prompt.Rate, v),
		parseInt(&q.prompt.Size, v, "size", 1, maxSize),
	)
	if err != nil {
		return q, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return q, nil
}

func checkText(name, s string, limit int) error {
	switch {
	case len(s) > limit:
		return fmt.Errorf("%s: %d bytes are too many, at most %d", name, len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s: not UTF-8", name)
	}
	return nil
}

// checkSession keeps ids to what stands in a path, a header and a log as it
// is: the unreserved characters of RFC 3986 and the colon, a letter or digit
// first (so that no id is "." or "..").
func checkSession(id string) error {
	if id == "" {
		return nil
	}
	if err := checkText("session", id, maxID); err != nil {
		return err
	}
	if id == reservedID {
		return fmt.Errorf("session: %q is taken", id)
	}
	for i := range len(id) {
		c := id[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || !strings.ContainsRune("-._~:", rune(c))) {
			return fmt.Errorf("session %q: letters, digits and -._~: only, a letter or digit first", id)
		}
	}
	return nil
}

func checkUser(user string) error {
	if err := checkText("user", user, maxUser); err != nil {
		return err
	}
	if strings.ContainsFunc(user, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("user %q: printable characters only", user)
	}
	return nil
}

// checkStreamID keeps the X-Stream-Id of a request to printable ASCII.
func checkStreamID(id string) error {
	if err := checkText("X-Stream-Id", id, maxID); err != nil {
		return err
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("X-Stream-Id %q: printable ASCII only", id)
	}
	return nil
}

func parseInt(to *int, v url.Values, name string, low, high int) error {
	if !v.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(v.Get(name))
	if err != nil || n < low || n > high {
		return fmt.Errorf("%s %q: must be a whole number from %d to %d", name, v.Get(name), low, high)
	}
	*to = n
	return nil
}

func parseRate(to *float64, v url.Values) error {
	if !v.Has("rate") {
		return nil
	}
	r, err := strconv.ParseFloat(v.Get("rate"), 64)
	if err != nil || math.IsNaN(r) || r != 0 && r < minRate || r > maxRate {
		return fmt.Errorf("rate %q: must be 0, or from %v to %v tokens a second", v.Get("rate"), minRate, maxRate)
	}
	*to = r
	return nil
}
