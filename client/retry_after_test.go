package client

import (
	"math"
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	const date = "Mon, 23 Nov 2026 04:00:00 GMT"
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", date, 0},
		{"0", date, 0},
		{"120", "", 120 * time.Second},
		{"-1", date, 0},
		{"1.5", date, 0},
		{"soon", date, 0},
		{"99999999999999", "", math.MaxInt64},
		{"99999999999999999999999", "", 0}, // no number that can be read
		{"Mon, 23 Nov 2026 04:00:30 GMT", date, 30 * time.Second},
		{"Monday, 23-Nov-26 04:01:00 GMT", date, time.Minute},
		{"Mon, 23 Nov 2026 03:00:00 GMT", date, 0},
		{"Mon, 23 Nov 2026 04:00:30 GMT", "", 0},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := retryAfter(h); got != c.want {
			t.Errorf("%q, at %q: %v, want %v", c.value, c.date, got, c.want)
		}
	}
}
