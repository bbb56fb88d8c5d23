package probe

import "testing"

func TestOffer(t *testing.T) {
	names := []string{"go_goroutines", "sse_active", "sse_active_total", "sse_opened_total", "Sessions", "n"}
	for asked, want := range map[string]string{
		"sse_actve": "nearest there: sse_active",
		"zzzzz":     "there are go_goroutines, sse_active, sse_active_total, sse_opened_total, Sessions, n",
		"":          "there are go_goroutines, sse_active, sse_active_total, sse_opened_total, Sessions, n",
	} {
		if got := offer(asked, names); got != want {
			t.Errorf("%s: %s", asked, got)
		}
	}
}
