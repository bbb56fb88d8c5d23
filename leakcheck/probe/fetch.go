package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	// fetchTimeout bounds one reading.
	fetchTimeout = 5 * time.Second
	// maxBody bounds an answer: a list of 100,000 sessions is a third of it.
	maxBody = 64 << 20
)

// Access is how probes reach their servers. The zero value trusts the system's
// roots.
type Access struct {
	// TLS configures https.
	TLS *tls.Config
}

// fetcher gets one URL again and again, over one connection.
type fetcher struct {
	url    string
	client *http.Client
	limit  int64 // of an answer's bytes
}

func newFetcher(url string, a Access) fetcher {
	return fetcher{url: url, limit: maxBody, client: &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     a.TLS,
			MaxIdleConnsPerHost: 1,
			IdleConnTimeout:     2 * time.Second,
		},
	}}
}

// get returns the body of a JSON answer.
func (f fetcher) get(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		// What is wrong with it is not told: it quotes the URL, secrets and all.
		return nil, &Error{Err: errors.New("the probe's URL cannot be read"), hint: "a probe's URL begins with http:// or https://"}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "sse-tool")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, &Error{Err: errors.Unwrap(err), hint: "see that " + loadgen.Redact(f.url) + " can be reached from here"}
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") { // it may have no end
		return nil, &Error{
			Err:  fmt.Errorf("%s answered an event stream, not JSON", loadgen.Redact(f.url)),
			hint: "give the URL of the endpoint that counts or lists sessions as JSON",
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, f.limit+1))
	switch {
	case err != nil:
		return nil, &Error{Err: fmt.Errorf("read the answer of %s: %w", loadgen.Redact(f.url), err)}
	case resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusGatewayTimeout:
		return nil, &Error{Err: fmt.Errorf("%s answered %s: %w", loadgen.Redact(f.url), resp.Status, leakcheck.ErrUnreachable)}
	case resp.StatusCode != http.StatusOK:
		return nil, &Error{
			Err:  fmt.Errorf("%s answered %s", loadgen.Redact(f.url), resp.Status),
			hint: "a probe's URL answers 200 with JSON; try it with curl",
		}
	case int64(len(body)) > f.limit:
		return nil, &Error{Err: fmt.Errorf("the answer of %s is larger than %d MiB", loadgen.Redact(f.url), f.limit>>20)}
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")): // by its Content-Type much JSON is HTML: PHP's default
		return nil, &Error{
			Err:  fmt.Errorf("%s answered HTML, not JSON", loadgen.Redact(f.url)),
			hint: "that is a page: give the URL of the endpoint that counts or lists sessions as JSON",
		}
	}
	return body, nil
}

// Error is what is wrong with a probe or its answer.
type Error struct {
	Err  error
	hint string
}

func (e *Error) Error() string { return line(e.Err.Error()) }

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to try; empty where nothing is known.
func (e *Error) Hint() string { return line(e.hint) }

// line makes one line of a text that may quote a server or a filter, without
// what would move a terminal's cursor.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
