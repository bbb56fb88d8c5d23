package client

import (
	"math"
	"net/http"
	"time"
)

// retryAfter reads a Retry-After field (RFC 9110 10.2.3): seconds, or a date, which counts from the answer's own Date,
// whatever our clock says. What it cannot read is zero.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if seconds, ok := parseLength(v); ok {
		if seconds > int64(math.MaxInt64/time.Second) {
			return math.MaxInt64
		}
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(until.Sub(now), 0)
}
