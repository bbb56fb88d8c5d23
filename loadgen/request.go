package loadgen

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// Request is what a stream asks its server for. In URL, header values and body
// {{id}} stands for the stream's id and {{n}} for its number.
type Request struct {
	// URL is the stream's own URL, http or https.
	URL string
	// Method is the request's method. Default GET, or POST where there is a
	// body.
	Method string
	// Header is sent besides Accept, Cache-Control, User-Agent and X-Stream-Id,
	// and in place of one of these where it names it.
	Header http.Header
	// Body is sent as it is. Nil is none.
	Body []byte
	// TLS configures https. Nil trusts the system's roots.
	TLS *tls.Config
}

// StreamIDHeader is the request header that carries a stream's id.
const StreamIDHeader = "X-Stream-Id"

// WithDefaults returns the request with its defaults filled in.
func (r Request) WithDefaults() Request {
	if r.Method == "" {
		r.Method = http.MethodGet
		if r.Body != nil {
			r.Method = http.MethodPost
		}
	}
	return r
}

// Validate tells what is wrong with a request whose defaults are filled in.
func (r Request) Validate() error {
	if _, err := client.ParseURL(r.expand(0, "id").URL); err != nil {
		return err
	}
	if _, err := r.bytes(0, "id", "id", nil); err != nil {
		return err
	}
	return nil
}

// expand returns the request of stream n with its placeholders replaced.
func (r Request) expand(n int, id string) Request {
	fill := filler(n, id)
	r.URL = fill(r.URL)
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(name, fill(v))
		}
	}
	r.Header = header
	if r.Body != nil {
		r.Body = []byte(fill(string(r.Body)))
	}
	return r
}

// filler replaces the placeholders in a text.
func filler(n int, id string) func(string) string {
	return strings.NewReplacer("{{id}}", id, "{{n}}", strconv.Itoa(n)).Replace
}

// bytes returns the request of stream n as it goes over the wire, with the
// query parameters of extra that its URL does not name itself. tag goes into the
// X-Stream-Id; id, which is another one's after a refresh, is what {{id}} stands
// for.
func (r Request) bytes(n int, tag, id string, extra url.Values) ([]byte, error) {
	r = r.expand(n, id)
	u, err := client.ParseURL(r.URL)
	if err != nil {
		return nil, err
	}
	u.RawQuery = strings.ReplaceAll(addQuery(u.RawQuery, extra, filler(n, id)), " ", "%20") // a space would end the request's target
	req, err := http.NewRequestWithContext(context.Background(), r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", "sse-tool")
	req.Header.Set(StreamIDHeader, tag)
	if u.User != nil {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if host := r.Header.Get("Host"); host != "" {
		req.Host = host
	}
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return wire.Bytes(), nil
}

func addQuery(query string, extra url.Values, fill func(string) string) string {
	own, err := url.ParseQuery(query)
	if err != nil || len(extra) == 0 {
		return query
	}
	add := url.Values{}
	for name, values := range extra {
		for _, v := range values {
			if !own.Has(name) {
				add.Add(name, fill(v))
			}
		}
	}
	if query == "" || len(add) == 0 {
		return query + add.Encode()
	}
	return query + "&" + add.Encode()
}

// address is where the request's server listens, as host and port.
func (r Request) address() (host, port string, secure bool) {
	u, err := url.Parse(r.expand(0, "id").URL)
	if err != nil {
		return "", "", false
	}
	secure = u.Scheme == "https"
	port = u.Port()
	switch {
	case port != "":
	case secure:
		port = "443"
	default:
		port = "80"
	}
	return u.Hostname(), port, secure
}

// Redact returns a URL without what may be secret, as client.Redact does.
func Redact(raw string) string {
	return client.Redact(raw)
}
