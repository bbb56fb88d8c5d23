package cmd

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestShape(t *testing.T) {
	for _, c := range []struct {
		address       string
		hold          time.Duration
		want          string // the URL
		tokens, rate  string // of the streams that complete; empty where nothing is shaped
		answerEndless bool
	}{
		{"http://h:1", 2 * time.Second, "http://h:1/sse/chat", "3", "1", true},
		{"http://h:1/", 2 * time.Second, "http://h:1/sse/chat", "3", "1", true},
		{"http://h:1/sse/chat", 2 * time.Second, "http://h:1/sse/chat", "3", "1", true},
		{"http://u:p@h:1?user=me", 2 * time.Second, "http://u:p@h:1/sse/chat?user=me", "3", "1", true},
		{"http://h:1/sse/chat?message=hi&user={{n}}", 2 * time.Second, "http://h:1/sse/chat?message=hi&user={{n}}", "3", "1", true},
		// An answer takes as long as a stream lives: a second of ramp, and the hold.
		{"http://h:1", 100 * time.Millisecond, "http://h:1/sse/chat", "1", "1", true},
		{"http://h:1", 9 * time.Second, "http://h:1/sse/chat", "10", "1", true},
		{"http://h:1/sse/chat?rate=20", 9 * time.Second, "http://h:1/sse/chat?rate=20", "200", "20", true},
		{"http://h:1/sse/chat?rate=0", 9 * time.Second, "http://h:1/sse/chat?rate=0", "10", "1", true},
		{"http://h:1/sse/chat?rate=fast", 9 * time.Second, "http://h:1/sse/chat?rate=fast", "10", "1", true},
		// Who asks for a length gets it.
		{"http://h:1/sse/chat?tokens=5", 9 * time.Second, "http://h:1/sse/chat?tokens=5", "10", "1", false},
		// What is no chat is left as it is.
		{"http://h:1/sessions/feed", 2 * time.Second, "http://h:1/sessions/feed", "", "", false},
		{"http://h:1/sse/chat/", 2 * time.Second, "http://h:1/sse/chat/", "", "", false},
	} {
		plan := loadgen.Plan{Request: loadgen.Request{URL: c.address}, Streams: 1000, Rate: 1000, Hold: c.hold}
		got, endless := shape(plan)
		if got.Request.URL != c.want || endless != c.answerEndless {
			t.Errorf("%s becomes %s, endless %v; want %s, %v", c.address, got.Request.URL, endless, c.want, c.answerEndless)
		}
		idle := c.tokens != "" && !strings.Contains(c.address, "rate=") // which asks for events of every stream
		if got := slices.Equal(got.Idle, []loadgen.Disconnect{loadgen.Vanish}); got != idle {
			t.Errorf("%s: that vanishing streams are idle is said: %v", c.address, got)
		}
		if c.tokens == "" {
			if got.Shape != nil {
				t.Errorf("%s is shaped: %v", c.address, got.Shape)
			}
			continue
		}
		for _, d := range append(loadgen.Disconnects(), "") {
			want := url.Values{"tokens": {"0"}}
			switch d {
			case loadgen.Complete:
				want = url.Values{"tokens": {c.tokens}, "rate": {c.rate}}
			case loadgen.Stall:
				want = url.Values{"tokens": {"0"}, "rate": {"20"}, "size": {"1024"}}
			case loadgen.Vanish:
				want = url.Values{"tokens": {"0"}, "rate": {"0"}}
			case loadgen.Refresh:
				want = url.Values{"tokens": {"0"}, "session": {"{{id}}"}, "user": {"{{id}}"}}
			}
			if got.Shape[d].Encode() != want.Encode() {
				t.Errorf("%s: %q asks for %s, want %s", c.address, d, got.Shape[d].Encode(), want.Encode())
			}
		}
	}
}
