package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// request is what is asked of a server; redirects change it.
type request struct {
	method string
	url    *url.URL
	header http.Header
	host   string // in place of the URL's, if not empty
	body   []byte
}

func newRequest(c Config) (*request, error) {
	u, err := ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	r := &request{method: c.Method, url: u, header: http.Header{
		"Accept":          {"text/event-stream"},
		"Accept-Encoding": {"gzip"}, // named here, the transport leaves the coding to us, and the head as it came
		"Cache-Control":   {"no-cache"},
		"User-Agent":      {"sse-tool"},
	}, body: c.Body}
	for name, values := range canonical(c.Header) {
		r.header[name] = values
	}
	r.authorize(false)
	r.host = r.header.Get("Host")
	r.header.Del(lastEventID)
	if c.LastEventID != "" && isFieldValue([]byte(c.LastEventID)) { // a control character would fail the request for ever
		r.header.Set(lastEventID, c.LastEventID)
	}
	return r, nil
}

// authorize moves the user and the password of the URL into a field, in place of what stands there if it is to replace it.
func (r *request) authorize(replace bool) {
	if r.url.User == nil {
		return
	}
	user := r.url.User
	r.url.User = nil
	if !replace && r.header.Get("Authorization") != "" {
		return
	}
	password, _ := user.Password()
	basic := http.Request{Header: r.header}
	basic.SetBasicAuth(user.Username(), password)
}

// on returns the request for one round trip.
func (r *request) on(ctx context.Context) *http.Request {
	u := *r.url
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // a space would end the request's target
	req := &http.Request{Method: r.method, URL: &u, Host: r.host, Header: r.header.Clone()}
	if len(r.body) > 0 {
		req.ContentLength = int64(len(r.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
		req.Body, _ = req.GetBody() // which has no error
	}
	return req.WithContext(ctx)
}

// fetch sends the request, and again wherever it is redirected to. The body of the answer is the caller's to close.
func (r *request) fetch(ctx context.Context, transport http.RoundTripper) (*http.Response, error) {
	for range maxRedirects + 1 {
		resp, err := transport.RoundTrip(r.on(ctx))
		if err != nil {
			return nil, explained(err)
		}
		redirected, err := r.redirect(resp)
		if !redirected && err == nil {
			return resp, nil
		}
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, tooManyRedirects()
}

// explained puts into words what net/http's transport leaves to its client, or bare: an io.EOF, which is no good end here.
func explained(err error) error {
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record) && string(record.RecordHeader[:]) == httpName:
		return http.ErrSchemeMismatch
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the server closed the connection before it answered: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// headOf is the head of an answer of net/http.
func headOf(resp *http.Response) *Head {
	_, reason, _ := strings.Cut(resp.Status, " ")
	if strings.HasPrefix(resp.Proto, "HTTP/2") {
		reason = "" // it has none: net/http makes one up
	}
	return &Head{Proto: resp.Proto, Status: resp.StatusCode, Reason: reason, Header: resp.Header}
}
