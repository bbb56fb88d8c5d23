package loadgen

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// Request is what a stream asks its server for. In URL, header values and body
// {{id}} stands for the stream's id, {{n}} for its number, and {{column}} for its
// value of a column of Vars: percent-encoded in the URL, escaped within the strings
// of a body that is JSON, as it is elsewhere. A successor asks for what the stream
// before it asked for.
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
	// Vars are the rows for {{column}}. Default none.
	Vars Vars
	// Resolve names the address to connect to in place of a host's own, as curl's
	// --resolve does: a "host:port" and its IP address. The request and the
	// certificate keep the host's name.
	Resolve map[string]string
	// TLS configures https. Nil trusts the system's roots.
	TLS *tls.Config
}

// caller is who asks.
type caller struct {
	tag string // of the stream, for its X-Stream-Id
	id  string // that {{id}} stands for
	n   int    // that {{n}} stands for, and whose row it has
	// lastID is sent as Last-Event-ID, in place of one that the request names; empty
	// leaves that.
	lastID string
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
	if err := r.Vars.validate(); err != nil {
		return err
	}
	for _, text := range r.texts() {
		if err := r.Vars.check(text); err != nil {
			return err
		}
	}
	if _, err := client.ParseURL(r.expand(caller{}).URL); err != nil {
		return err
	}
	for name, values := range r.Header {
		if strings.EqualFold(name, StreamIDHeader) && !strings.Contains(strings.Join(values, ""), "{{id}}") {
			return fmt.Errorf("header: %s is how a stream is known again: there is no {{id}} in it", StreamIDHeader)
		}
	}
	_, err := r.bytes(caller{tag: "id", id: "id"}, nil)
	return err
}

// texts are all the places in which a placeholder may stand.
func (r Request) texts() []string {
	texts := []string{r.URL, string(r.Body)}
	for _, values := range r.Header {
		texts = append(texts, values...)
	}
	return texts
}

// expand returns a caller's request, its placeholders replaced.
func (r Request) expand(c caller) Request {
	r.URL = r.filler(c, percentEncoded)(r.URL)
	header := make(http.Header, len(r.Header))
	fill := r.filler(c, asItIs)
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(name, fill(v))
		}
	}
	r.Header = header
	if r.Body != nil {
		if json.Valid(r.Body) { // so every placeholder stands within a string
			fill = r.filler(c, jsonEscaped)
		}
		r.Body = []byte(fill(string(r.Body)))
	}
	return r
}

// placeholder is the form of one, the name of a column in it.
var placeholder = regexp.MustCompile(`\{\{([^{}\s]+)\}\}`)

// filler replaces the placeholders in a text.
func (r Request) filler(c caller, escape func(string) string) func(string) string {
	pairs := []string{"{{id}}", c.id, "{{n}}", strconv.Itoa(c.n)}
	for i, value := range r.Vars.row(c.n) {
		pairs = append(pairs, "{{"+r.Vars.Columns[i]+"}}", escape(value))
	}
	return strings.NewReplacer(pairs...).Replace
}

func asItIs(value string) string { return value }

func percentEncoded(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// jsonEscaped is a value as it stands between the quotes of a JSON string.
func jsonEscaped(value string) string {
	quoted, err := json.Marshal(value)
	if err != nil {
		panic("loadgen: a string is not JSON: " + err.Error()) // every string is
	}
	return string(quoted[1 : len(quoted)-1])
}

// bytes returns a caller's request as it goes over the wire, with the query
// parameters of extra that its URL does not name itself.
func (r Request) bytes(c caller, extra url.Values) ([]byte, error) {
	r = r.expand(c)
	u, err := client.ParseURL(r.URL)
	if err != nil {
		return nil, err
	}
	u.RawQuery = strings.ReplaceAll(addQuery(u.RawQuery, extra, r.filler(c, asItIs)), " ", "%20") // a space would end the request's target
	req, err := http.NewRequestWithContext(context.Background(), r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", "sse-tool")
	req.Header.Set(StreamIDHeader, c.tag)
	if u.User != nil {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if c.lastID != "" {
		req.Header.Set("Last-Event-ID", c.lastID)
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
	u, err := url.Parse(r.expand(caller{}).URL)
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
