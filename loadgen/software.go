package loadgen

import (
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// Software is what the head of a response says of who wrote it. A field that did
// not come is empty.
type Software struct {
	// Server is the field of that name (RFC 9110 10.2.4): that of a proxy in front
	// stands in place of the server's own.
	Server string `json:"server,omitempty"`
	// PoweredBy is X-Powered-By, which nobody standardised and proxies let through.
	PoweredBy string `json:"powered_by,omitempty"`
	// Via are the proxies between (RFC 9110 7.6.3).
	Via string `json:"via,omitempty"`
}

// longestName bounds what is kept of a field: names are short.
const longestName = 200

// softwareOf reads the head of a response.
func softwareOf(h *client.Head) Software {
	field := func(name string) string {
		text := strings.Join(h.Header.Values(name), ", ")
		return strings.ToValidUTF8(text[:min(len(text), longestName)], "")
	}
	return Software{Server: field("Server"), PoweredBy: field("X-Powered-By"), Via: field("Via")}
}

// Software returns what the first event stream's head said of its server; the
// zero value before one came.
func (l *Load) Software() Software {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.software
}

// meet keeps what the first of the heads says.
func (l *Load) meet(h *client.Head) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.met {
		l.met, l.software = true, softwareOf(h)
	}
}
