package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

const (
	// fetchTimeout bounds one reading.
	fetchTimeout = 5 * time.Second
	// maxBody bounds an answer: a list of 100,000 sessions is a third of it.
	maxBody = 64 << 20
)

// Access is how probes reach their servers. The zero value sends no header of
// its own and trusts the system's roots.
type Access struct {
	// TLS configures https.
	TLS *tls.Config
	// Header is sent with every request; a Host in it takes the place of the
	// URL's.
	Header http.Header
	// Target is the URL of the streams, for kinds that look at their connections.
	Target string
	// Resolve names the address to connect to in place of a host's own: a
	// "host:port" and its IP address.
	Resolve map[string]string
	// Resolver looks other names up. Nil is [net.DefaultResolver].
	Resolver *net.Resolver
}

// medium is what a kind of probe reads.
type medium struct {
	name   string // as in "answered HTML, not JSON"
	accept string
	pages  bool // HTML is as good as anything
}

var (
	jsonMedium = medium{name: "JSON", accept: "application/json"}
	textMedium = medium{name: "text", accept: "text/plain, */*;q=0.1"}
)

// fetcher gets URLs of one server again and again, over one connection to each
// of its replicas.
type fetcher struct {
	url     string
	medium  medium
	access  Access
	timeout time.Duration // of one reading
	limit   int64         // of an answer's bytes

	replicas []replica // nil before the first reading
	seen     bool      // what is counted has been there ([fetcher.sum])
}

func newFetcher(url string, m medium, a Access) *fetcher {
	return &fetcher{url: url, medium: m, access: a, timeout: fetchTimeout, limit: maxBody}
}

// replica is one of the addresses of a fetcher's URL.
type replica struct {
	*fetcher
	client *http.Client
}

// get returns the body of the answer at a URL of this replica.
func (r replica) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		// What is wrong with it is not told: it quotes the URL, secrets and all.
		return nil, &Error{Err: errors.New("the probe's URL cannot be read"), hint: "a probe's URL begins with http:// or https://"}
	}
	req.Header.Set("Accept", r.medium.accept)
	req.Header.Set("User-Agent", "sse-tool")
	for name, values := range r.access.Header {
		req.Header[name] = values
	}
	req.Host = r.access.Header.Get("Host")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, r.unreached(url, errors.Unwrap(err))
	}
	defer resp.Body.Close()
	where := client.Redact(url)
	if led := resp.Request.URL; resp.Request.Response != nil {
		where += ", which leads to " + client.Redact(led.String()) + ","
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") { // it may have no end
		return nil, &Error{Err: &mediumError{where, "an event stream", r.medium.name}, hint: "give the URL of " + r.medium.place()}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	switch {
	case err != nil:
		return nil, &Error{Err: fmt.Errorf("read the answer of %s: %w", where, err), hint: "the answer did not come to its end"}
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(where, resp, body)
	case int64(len(body)) > r.limit:
		return nil, &Error{Err: fmt.Errorf("the answer of %s is larger than %d MiB", where, r.limit>>20)}
	case !r.medium.pages && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")): // by its Content-Type much JSON is HTML: PHP's default
		return nil, &Error{Err: &mediumError{where, "HTML", r.medium.name}, hint: "that is a page: give the URL of " + r.medium.place()}
	}
	return body, nil
}

// place says what sort of endpoint a probe needs.
func (m medium) place() string {
	if m.name == jsonMedium.name {
		return "the endpoint that counts or lists sessions as JSON"
	}
	return "the endpoint that answers " + m.name
}

// unreached says why no answer came.
func (r replica) unreached(url string, err error) error {
	where := client.Redact(url)
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		return &Error{
			Err:  fmt.Errorf("%s did not answer within %s: %w", where, r.timeout, err),
			hint: "see that it answers while the server is busy; a port or a thread of its own helps",
		}
	}
	return &Error{Err: err, hint: "see that " + where + " can be reached from here"}
}

// mediumError is an answer of another kind than the one that can be read.
type mediumError struct{ where, is, want string }

func (e *mediumError) Error() string { return e.where + " answered " + e.is + ", not " + e.want }

// statusError is an answer that is not 200.
type statusError struct {
	where  string
	status string
	code   int
	body   []byte // [maxBody] of it at the most
}

func (e *statusError) Error() string { return e.where + " answered " + e.status }

// refusal says what to do about a status that is not 200.
func refusal(where string, resp *http.Response, body []byte) error {
	err := &statusError{where, resp.Status, resp.StatusCode, body}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return &Error{Err: fmt.Errorf("%w: %w", err, leakcheck.ErrUnreachable)}
	case http.StatusUnauthorized, http.StatusForbidden:
		if resp.Request.Response != nil {
			return &Error{Err: err, hint: "give the URL to which it leads: header fields go to no other server"}
		}
		return &Error{Err: err, hint: "give what it asks for: --probe-header 'Authorization: Bearer TOKEN', or http://user:password@host"}
	case http.StatusNotFound:
		return &Error{Err: err, hint: "see that the path is right; try it with curl"}
	default:
		return &Error{Err: err, hint: "a probe's URL answers 200; try it with curl"}
	}
}

// status is the code with which a server refused; zero where it did not.
func status(err error) int {
	var refused *statusError
	if errors.As(err, &refused) {
		return refused.code
	}
	return 0
}
