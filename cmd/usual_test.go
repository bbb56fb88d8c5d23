package cmd

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// streamsOf is a plan for the streams of a foreign server.
func streamsOf(t *testing.T, h http.Handler) loadgen.Plan {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return loadgen.Plan{Request: loadgen.Request{URL: s.URL + "/events"}}
}

func TestFindProbe(t *testing.T) {
	t.Parallel()
	plan := streamsOf(t, newHealth())
	var told strings.Builder
	found, err := findProbe(t.Context(), plan, probe.Access{}, &told)
	if err != nil {
		t.Fatal(err)
	}
	spec := "json:" + strings.TrimSuffix(plan.Request.URL, "/events") + "/health#.active"
	if want := "no --probe: looking for the sessions at the server's usual places, with a few streams\nsessions are read at " + spec + " (found there; --probe takes another place)\n"; told.String() != want {
		t.Errorf("told %q, want %q", &told, want)
	}
	// The streams of the trial have left, and so has what they opened.
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := found.Read(t.Context())
		if err == nil && a.Samples[0].Count == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v are there still, %v", a.Samples, err)
		}
	}
	found.Probe.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

func TestFindProbeFindsNone(t *testing.T) {
	t.Parallel()
	var told strings.Builder
	_, err := findProbe(t.Context(), streamsOf(t, newForeign("")), probe.Access{}, &told)
	if !errors.As(err, new(*noPlaceError)) || strings.Contains(told.String(), "are read") {
		t.Fatalf("%v, told %q", err, &told)
	}
	text := err.Error() + hint(err) + explanation(err)
	for _, want := range []string{"at none of the usual places", "--probe json:", "404 Not Found: /sessions /api/sessions ", "Spring:", "FastAPI:", "Express:", "Go:"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

// A count that does not move with streams is no place, but it is told of.
func TestFindProbeFindsNoneThatMoves(t *testing.T) {
	t.Parallel()
	foreign := newForeign("")
	plan := streamsOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			answers(http.StatusOK, "application/json", `{"active": 3}`)().ServeHTTP(w, r)
			return
		}
		foreign.ServeHTTP(w, r)
	}))
	_, err := findProbe(t.Context(), plan, probe.Access{}, t.Output())
	if want := strings.TrimSuffix(plan.Request.URL, "/events") + "/health#.active rose by 0 with 2 streams\n"; err == nil || !strings.Contains(explanation(err), want) {
		t.Errorf("no %q in %v%s", want, err, explanation(err))
	}
}

// What would show more to somebody else, or moves too little, is told as that.
func TestNoPlaceExplains(t *testing.T) {
	survey := probe.Look(t.Context(), locatedAt(t, locked(answers(http.StatusOK, "application/json", `{"active": 3}`)(), "Bearer T")), probe.Access{})
	if text := (&noPlaceError{survey: survey}).Explain(); !strings.Contains(text, "401 Unauthorized: /sessions") || !strings.Contains(text, "--probe-header") {
		t.Error(text)
	}
	survey = probe.Look(t.Context(), locatedAt(t, answers(http.StatusOK, "application/json", `{"active": 3}`)()), probe.Access{})
	text := (&noPlaceError{survey, append([]int{1}, make([]int, len(survey.Candidates)-1)...)}).Explain()
	if strings.Count(text, "several workers") != 1 || strings.Contains(text, "--probe-header") {
		t.Error(text)
	}
}

func locatedAt(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// What keeps a stream from opening is told as it is.
func TestFindProbeWithoutStreams(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(answers(http.StatusOK, "application/json", `{"active": 3}`)())
	t.Cleanup(s.Close)
	_, err := findProbe(t.Context(), loadgen.Plan{Request: loadgen.Request{URL: s.URL}}, probe.Access{}, t.Output())
	if !errors.As(err, new(*client.ContentTypeError)) {
		t.Errorf("%v", err)
	}
}
