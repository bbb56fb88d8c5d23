package probe

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.uber.org/goleak"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen; nothing waits for all
// of it unless it fails.
const patience = 10 * time.Second

// serve answers every request with h.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// answering answers every request with a body.
func answering(t testing.TB, status int, contentType, body string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func parse(t testing.TB, spec string) leakcheck.Probe {
	t.Helper()
	p, err := Parse(spec, Access{})
	if err != nil {
		t.Fatalf("Parse(%q): %v", spec, err)
	}
	return p
}

// read is one reading of a probe that has one series.
func read(ctx context.Context, t testing.TB, p leakcheck.Probe) (leakcheck.Sample, error) {
	t.Helper()
	a, err := p.Read(ctx)
	if err != nil {
		if a.Samples != nil || a.Server != nil {
			t.Errorf("an answer beside the error %v: %+v", err, a)
		}
		return leakcheck.Sample{}, err
	}
	if len(a.Samples) != len(p.Series()) || len(a.Samples) != 1 {
		t.Fatalf("%d samples for %d series", len(a.Samples), len(p.Series()))
	}
	return a.Samples[0], nil
}

// hintOf is what err suggests.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// told fails unless err is one line that contains each of the words, in itself
// or in its hint, and returns both.
func told(t testing.TB, err error, words ...string) string {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; wanted one with %q", words)
	}
	text := err.Error() + " | " + hintOf(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in %s", w, text)
		}
	}
	oneLined(t, text)
	return text
}

func oneLined(t testing.TB, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
		t.Errorf("control character %q in %q", text[i], text)
	}
}
