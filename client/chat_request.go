package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ChatRequest is a request for an answer, in a Dialect. Its header may hold a key: print it by String only.
type ChatRequest struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte // nil for GET
}

// String returns the method and the URL without user, password and query, which may hold secrets.
func (r ChatRequest) String() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return r.Method
	}
	return r.Method + " " + (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// GoString returns what String does.
func (r ChatRequest) GoString() string { return r.String() }

var errNoMessage = errors.New("chat request: the conversation has no message of the user")

// getChat asks with GET: the message and what else there is stand in u's query.
func getChat(u *url.URL, add url.Values, key Key) *ChatRequest {
	query := u.Query()
	for name := range add {
		query.Set(name, add.Get(name))
	}
	u.RawQuery = query.Encode()
	r := &ChatRequest{Method: http.MethodGet, URL: u.String(), Header: http.Header{}}
	r.Header.Set("Accept", "text/event-stream")
	r.bear(key)
	return r
}

// postChat asks with POST and a JSON body.
func postChat(u *url.URL, body any) (*ChatRequest, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("chat request: %w", err) // a temperature that is no number
	}
	r := &ChatRequest{Method: http.MethodPost, URL: u.String(), Header: http.Header{}, Body: b}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}

// bear sends key as RFC 6750 has it.
func (r *ChatRequest) bear(key Key) {
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+string(key))
	}
}

// parseBase reads the URL that a user gave for a server. Its error quotes nothing that may be a part of a password.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil && strings.Contains(raw, "@"):
		return nil, errors.New("chat request: the URL cannot be read; is its password percent-encoded?")
	case err != nil:
		return nil, fmt.Errorf("chat request: URL: %w", errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("chat request: the URL begins with neither http:// nor https://")
	case u.Hostname() == "":
		return nil, errors.New("chat request: the URL names no host")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}
