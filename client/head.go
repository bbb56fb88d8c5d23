package client

import (
	"bytes"
	"net/http"
	"net/textproto"
)

const (
	defaultMaxHeadBytes = 64 << 10
	httpName            = "HTTP/"
	tlsAlert            = "\x15\x03" // an alert record of any TLS version (RFC 8446 5.1)
)

// Head is the status line and the header fields of a response. It belongs to whom it was given.
type Head struct {
	Proto  string // "HTTP/1.1" or "HTTP/1.0"
	Status int
	Reason string // may be empty
	// Header has the fields under their canonical names; several lines of one name are several values.
	Header http.Header
}

// interim tells that another response follows this one (RFC 9110 15.2); 101 ends HTTP on the connection and is final.
func (h *Head) interim() bool {
	return h.Status >= 100 && h.Status < 200 && h.Status != http.StatusSwitchingProtocols
}

// headReader reads one head line by line, interim heads before it included. It lives until the head is complete.
type headReader struct {
	limit int
	size  int    // bytes of whole lines, over all heads: an endless row of interim responses ends at the limit too
	line  []byte // an unfinished line
	head  *Head  // nil until the status line was read
	name  string // of the field line before, which an obs-fold continues
}

// feed returns the final head once b holds its end, and how much of b was used.
func (r *headReader) feed(b []byte) (*Head, int, error) {
	n := 0
	for n < len(b) {
		rest := b[n:]
		end := bytes.IndexByte(rest, '\n')
		if r.head == nil {
			if err := r.checkStart(rest); err != nil {
				return nil, n, err
			}
		}
		if end < 0 {
			if r.size+len(r.line)+len(rest) > r.limit {
				return nil, n, protocolError(ProblemHeadTooLarge, nil)
			}
			r.line = append(r.line, rest...)
			return nil, len(b), nil
		}
		line := rest[:end]
		if len(r.line) > 0 {
			line = append(r.line, line...)
			r.line = line[:0]
		}
		if r.size += len(line) + 1; r.size > r.limit {
			return nil, n, protocolError(ProblemHeadTooLarge, nil)
		}
		n += end + 1
		done, err := r.whole(line)
		if done || err != nil {
			return r.head, n, err
		}
	}
	return nil, n, nil
}

// checkStart tells as early as possible that no status line begins here: what is not HTTP may never send a line's end.
func (r *headReader) checkStart(next []byte) error {
	var room [80]byte
	start := append(append(room[:0], r.line[:min(len(r.line), 8)]...), next[:min(len(next), 70)]...)
	for _, known := range []string{httpName, tlsAlert} {
		n := min(len(start), len(known))
		if string(start[:n]) != known[:n] {
			continue
		}
		if n == len(tlsAlert) && known == tlsAlert {
			return protocolError(ProblemTLS, nil)
		}
		return nil
	}
	return protocolError(ProblemNotHTTP, start)
}

// whole handles one line without its LF. A line may end in LF alone (RFC 9112 2.2).
func (r *headReader) whole(line []byte) (done bool, err error) {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	switch {
	case r.head == nil:
		r.head, err = parseStatusLine(line)
	case len(line) > 0:
		err = r.field(line)
	case r.head.interim():
		r.head, r.name = nil, ""
	default:
		done = true
	}
	return done, err
}

// field adds one field line, or the obs-fold of the one before (RFC 9112 5.2), to the head.
func (r *headReader) field(line []byte) error {
	if line[0] == ' ' || line[0] == '\t' {
		return r.fold(line)
	}
	name, v, ok := bytes.Cut(line, []byte{':'})
	v = trimOWS(v)
	if !ok || !isToken(name) || !isFieldValue(v) {
		return protocolError(ProblemField, line)
	}
	r.name = textproto.CanonicalMIMEHeaderKey(string(name))
	r.head.Header[r.name] = append(r.head.Header[r.name], string(v))
	return nil
}

func (r *headReader) fold(line []byte) error {
	v := trimOWS(line)
	if r.name == "" || !isFieldValue(v) { // nothing before it to continue (RFC 9112 2.2)
		return protocolError(ProblemField, line)
	}
	values := r.head.Header[r.name]
	last := &values[len(values)-1]
	switch {
	case len(v) == 0:
	case *last == "":
		*last = string(v)
	default:
		*last += " " + string(v)
	}
	return nil
}

// parseStatusLine reads HTTP-version SP status-code [ SP reason-phrase ] (RFC 9112 4). Servers that leave out the second
// space with an empty reason are common, and tolerated.
func parseStatusLine(line []byte) (*Head, error) {
	version, rest, _ := bytes.Cut(line, []byte{' '})
	if !bytes.HasPrefix(version, []byte(httpName)) {
		return nil, protocolError(ProblemNotHTTP, line)
	}
	h := &Head{Header: make(http.Header)}
	switch string(version) {
	case "HTTP/1.1":
		h.Proto = "HTTP/1.1"
	case "HTTP/1.0":
		h.Proto = "HTTP/1.0"
	default:
		return nil, protocolError(ProblemVersion, version)
	}
	code, reason, _ := bytes.Cut(rest, []byte{' '})
	if len(code) != 3 || !isFieldValue(reason) {
		return nil, protocolError(ProblemStatusLine, line)
	}
	for _, c := range code {
		if c < '0' || c > '9' {
			return nil, protocolError(ProblemStatusLine, line)
		}
		h.Status = h.Status*10 + int(c-'0')
	}
	if h.Status < 100 {
		return nil, protocolError(ProblemStatusLine, line)
	}
	h.Reason = string(reason)
	return h, nil
}

// trimOWS takes off the optional white space around a value (RFC 9110 5.6.3).
func trimOWS(v []byte) []byte {
	return bytes.Trim(v, " \t")
}

// isFieldValue tells whether v has no control but HTAB: RFC 9110 5.5 wants CR and NUL refused and allows it for others.
func isFieldValue(v []byte) bool {
	for _, c := range v {
		if c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// isToken tells whether v is a token (RFC 9110 5.6.2), which white space before the colon is not.
func isToken(v []byte) bool {
	for _, c := range v {
		alnum := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alnum && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) < 0 {
			return false
		}
	}
	return len(v) > 0
}
