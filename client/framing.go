package client

import (
	"math"
	"net/http"
	"strings"
)

// framing finds how the body of the response with head h ends (RFC 9112 6.3): the state to go on in and, with a
// Content-Length, the length.
func framing(h *Head, noBody bool) (responseState, int64, error) {
	switch h.Status {
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusNotModified:
		noBody = true
	}
	if noBody {
		return stateDone, 0, nil
	}
	if codings := h.Header["Transfer-Encoding"]; codings != nil {
		return stateSize, 0, checkCodings(h, codings) // overrides Content-Length
	}
	lengths := h.Header["Content-Length"]
	if lengths == nil {
		return stateUntilClose, 0, nil
	}
	n, err := contentLength(lengths)
	if n == 0 {
		return stateDone, 0, err
	}
	return stateLength, n, err
}

// checkCodings accepts chunked alone. With HTTP/1.0 the field makes the framing faulty (RFC 9112 6.1).
func checkCodings(h *Head, values []string) error {
	all := strings.Join(values, ",")
	if h.Proto == "HTTP/1.0" || !strings.EqualFold(strings.Trim(all, ", \t"), "chunked") {
		return protocolError(ProblemTransferCoding, []byte(all))
	}
	return nil
}

// contentLength returns the one length that all members of all values name (RFC 9110 8.6).
func contentLength(values []string) (int64, error) {
	all := strings.Join(values, ",")
	length := int64(-1)
	for member := range strings.SplitSeq(all, ",") {
		n, ok := parseLength(strings.Trim(member, " \t"))
		if !ok || length >= 0 && n != length {
			return 0, protocolError(ProblemContentLength, []byte(all))
		}
		length = n
	}
	return length, nil
}

func parseLength(s string) (int64, bool) {
	var n int64
	for i := range len(s) {
		d := int64(s[i]) - '0'
		if d < 0 || d > 9 || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, s != ""
}
