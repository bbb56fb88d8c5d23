package leakcheck_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// answers ends each answer with an event, and begins it again for whoever comes with
// the id of that, unless another status says that there is no more. It counts what
// it was asked.
func answers(last string, again int, asked *atomic.Int64) life {
	return func(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Last-Event-ID") == "end" && again != http.StatusOK {
			w.WriteHeader(again)
			return
		}
		defer h.keep(id)()
		h.begin(id, w)
		h.talk(w, r, r.Context().Done(), true)
		_, _ = fmt.Fprint(w, last)
	}
}

// toComplete is a small check in which half of the streams are to complete.
func toComplete(t *testing.T, request loadgen.Request, probes ...leakcheck.Probe) leakcheck.Config {
	t.Helper()
	return leakcheck.Config{
		Plan: loadgen.Plan{
			Request: request, Streams: 8, Controls: 2, Mix: loadgen.Even(loadgen.Complete, loadgen.Close),
			Ramp: 200 * time.Millisecond, Hold: 500 * time.Millisecond,
			Shape: map[loadgen.Disconnect]url.Values{loadgen.Complete: {"events": {"3"}, "tokens": {"3"}}},
		},
		Probes:  probes,
		Windows: leakcheck.Windows{All: 5 * time.Second}, // only what leaks is waited for
		Poll:    40 * time.Millisecond,
	}
}

// An answer that ends without a last word is asked for again once, and told where it
// begins again.
func TestLoop(t *testing.T) {
	t.Parallel()
	const mute, done = "id: end\ndata: word\n\n", "id: end\nevent: done\ndata: {}\n\n"
	for name, tt := range map[string]struct {
		last    string
		again   int
		request loadgen.Request
		asked   int // status of the answer; zero where nobody asks
		found   bool
	}{
		"no last word":         {mute, http.StatusOK, loadgen.Request{}, http.StatusOK, true},
		"no last word, no id":  {"data: word\n\n", http.StatusNoContent, loadgen.Request{}, http.StatusOK, true},
		"204":                  {mute, http.StatusNoContent, loadgen.Request{}, http.StatusNoContent, false},
		"404":                  {mute, http.StatusNotFound, loadgen.Request{}, http.StatusNotFound, false},
		"done":                 {done, http.StatusOK, loadgen.Request{}, 0, false},
		"POST":                 {mute, http.StatusOK, asked, 0, false},
		"a header of its own":  {mute, http.StatusOK, loadgen.Request{Header: http.Header{"X-Api-Key": {"k"}}}, 0, false},
		"a last name, unknown": {"id: end\nevent: bye\ndata: {}\n\n", http.StatusOK, loadgen.Request{}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			base := handwrite(t, 50*time.Millisecond, answers(tt.last, tt.again, &requests))
			tt.request.URL = base + "/events"
			sessions, err := probe.Parse("json:"+base+"/#.sessions", probe.Access{})
			if err != nil {
				t.Fatal(err)
			}
			c := toComplete(t, tt.request, sessions)
			e, err := leakcheck.Gather(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if (e.Again != nil) != (tt.asked != 0) || e.Again != nil && e.Again.Status != tt.asked {
				t.Errorf("asked again: %+v, want status %d", e.Again, tt.asked)
			}
			if most := int64(c.Requests()); requests.Load() > most {
				t.Errorf("%d requests came, of at most %d", requests.Load(), most)
			}
			r := judgedAlike(t, e)
			if found := slices.Contains(codes(r), leakcheck.ReconnectLoop); found != tt.found {
				t.Errorf("found %t: %+v", found, r.Findings)
			}
		})
	}
}

// judgedAlike judges a run, and sees that it is judged so when it was saved.
func judgedAlike(t *testing.T, e *leakcheck.Evidence) *leakcheck.Report {
	t.Helper()
	var saved bytes.Buffer
	if err := e.Save(&saved); err != nil {
		t.Fatal(err)
	}
	read, err := leakcheck.ReadEvidence(&saved)
	if err != nil {
		t.Fatal(err)
	}
	r := leakcheck.Judge(e)
	if again := leakcheck.Judge(read); !reflect.DeepEqual(again.Findings, r.Findings) {
		t.Errorf("saved, it is judged %+v in place of %+v", again.Findings, r.Findings)
	}
	return r
}

// The reference server says that an answer is done.
func TestLoopIsNoneOfTheReferenceServer(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	c := toComplete(t, loadgen.Request{URL: base + "/sse/chat"}, probe.NewOwn(base, probe.Access{}))
	for _, way := range []loadgen.Disconnect{"", loadgen.Close} {
		c.Plan.Shape[way] = url.Values{"tokens": {"0"}}
	}
	e, err := leakcheck.Gather(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r := leakcheck.Judge(e); e.Again != nil || slices.Contains(codes(r), leakcheck.ReconnectLoop) || r.Streams.Completed == 0 {
		t.Errorf("asked again: %+v; %s", e.Again, r)
	}
}
