package contract

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		ms             string
		retry, timeout time.Duration
	}{
		{"null", 2 * time.Second, 0}, // the client's defaults
		{"0", 1, 0},
		{"1", time.Millisecond, time.Millisecond},
		{"500", 500 * time.Millisecond, 500 * time.Millisecond},
		{"9223372036854", 9223372036854 * time.Millisecond, 9223372036854 * time.Millisecond},
		{"9223372036854775807", 9223372036854 * time.Millisecond, 9223372036854 * time.Millisecond}, // the longest there is
	} {
		var p params
		text := `{"streamUrl": "http://127.0.0.1:1/", "callbackUrl": "http://127.0.0.1:1/", "initialDelayMs": ` + c.ms + `, "readTimeoutMs": ` + c.ms + `}`
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		got, err := p.config()
		if err != nil || got.Retry != c.retry || got.ReadTimeout != c.timeout {
			t.Errorf("%s ms: retry %v, read timeout %v, %v", c.ms, got.Retry, got.ReadTimeout, err)
		}
	}
}
