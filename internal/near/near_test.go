package near

import (
	"slices"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ac", 1}, {"ac", "abc", 1}, {"kitten", "sitting", 3}, {"close", "clsoe", 1}, {"ab", "ba", 1}, {"abcd", "badc", 2},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	names := []string{"go_goroutines", "sse_active", "sse_active_total", "sse_opened_total", "Sessions", "n"}
	for asked, want := range map[string][]string{
		"sse_active":  {"sse_active", "sse_active_total"},
		"sse_actve":   {"sse_active"},
		"active":      {"sse_active", "sse_active_total"},
		"sessions":    {"Sessions"},
		"goroutines":  {"go_goroutines"},
		"mem":         nil,
		"xxxxxxxxxxx": nil,
	} {
		if got := Names(asked, names); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", asked, got, want)
		}
	}
}
