package cmd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// opening answers with the statuses, one after the other; the last of them stays.
func opening(t *testing.T, statuses ...int) (loadgen.Plan, *atomic.Int64) {
	t.Helper()
	asked := new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(asked.Add(1))
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(statuses[min(n, len(statuses))-1])
		_, _ = io.WriteString(w, "data: hello\n\n")
	}))
	t.Cleanup(s.Close)
	return loadgen.Plan{Request: loadgen.Request{URL: s.URL}}, asked
}

func TestWaitFor(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int
		asked    int64
	}{
		{"it is there", []int{200}, 1},
		{"a proxy whose server is not there yet", []int{502, 503, 504, 200}, 4},
		{"another trouble is an answer", []int{503, 404}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan, asked := opening(t, c.statuses...)
			if err := waitFor(t.Context(), plan, patience, nil, io.Discard); err != nil || asked.Load() != c.asked {
				t.Errorf("%v after %d answers, want %d", err, asked.Load(), c.asked)
			}
		})
	}
}

func TestWaitForEnds(t *testing.T) {
	var told strings.Builder
	plan, _ := opening(t, 503)
	err := waitFor(t.Context(), plan, 200*time.Millisecond, nil, &told)
	if !errors.As(err, new(*notStartedError)) || !strings.Contains(err.Error(), "within 200ms: ") || !strings.Contains(err.Error(), "503") {
		t.Errorf("over: %v", err)
	}
	if want := "waiting for " + plan.Request.URL + ", 200ms at the most\n"; told.String() != want {
		t.Errorf("told %q, want %q", &told, want)
	}
	gone := make(chan struct{})
	close(gone)
	if err := waitFor(t.Context(), plan, patience, gone, io.Discard); !errors.Is(err, errServerGone) {
		t.Errorf("gone: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := waitFor(ctx, plan, patience, nil, io.Discard); !errors.Is(err, errInterrupted) {
		t.Errorf("interrupted: %v", err)
	}
}
