package leakcheck_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// line is what a server writes, and the pause it makes behind it.
type line struct {
	text  string
	pause time.Duration
}

// speaks is a right server whose every stream has the same lines, again and again; or
// once, and nothing more.
func speaks(again bool, lines ...line) life {
	return func(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
		defer h.keep(id)()
		h.begin(id, w)
		for said := false; !said || again; said = true {
			for _, l := range lines {
				_, _ = fmt.Fprint(w, l.text)
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(l.pause):
				case <-r.Context().Done():
					return
				case <-h.over:
					return
				}
			}
		}
		select {
		case <-r.Context().Done():
		case <-h.over:
		}
	}
}

// A heartbeat's gap is a silence: one that lasts is counted, and the time that events
// fill is not.
func TestSilenceIsWhatNothingFills(t *testing.T) {
	t.Parallel()
	const event, beat, soon = "data: token\n\n", ": still there\n\n", 100 * time.Millisecond
	var talk []line // for two seconds, and a heartbeat into the silence behind it
	for range 80 {
		talk = append(talk, line{event, 25 * time.Millisecond})
	}
	talk = append(talk, line{event, time.Second}, line{beat, 25 * time.Millisecond})
	var stops []line
	for range 3 {
		stops = append(stops, line{event, soon}, line{beat, soon})
	}
	for name, tt := range map[string]struct {
		life   life
		hold   time.Duration
		broken map[string]bool
	}{
		"three of each, and then nothing": {
			speaks(false, stops...), 6 * time.Second, map[string]bool{"heartbeat_gap.max>3s": true, "gap.max>3s": true},
		},
		"heartbeats into silences, events in between": {
			speaks(true, talk...), 8 * time.Second, map[string]bool{"heartbeat_gap.max>2500ms": false, "heartbeat_gap.p50<900ms": false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := handwrite(t, time.Second, tt.life)
			p, err := probe.Parse("json:"+base+"/#.sessions", probe.Access{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := leakcheck.Run(t.Context(), leakcheck.Config{
				Plan: loadgen.Plan{
					Request: loadgen.Request{URL: base + "/events"}, Streams: 6, Controls: 2,
					Mix: loadgen.Even(loadgen.Close), Ramp: 300 * time.Millisecond, Hold: tt.hold,
				},
				Probes: []leakcheck.Probe{p}, Poll: 50 * time.Millisecond,
			})
			if err != nil || r.Verdict != leakcheck.Clean {
				t.Fatalf("%v, %v", err, r)
			}
			for text, broken := range tt.broken {
				threshold, err := leakcheck.ParseThreshold(text)
				if err != nil {
					t.Fatal(err)
				}
				leakcheck.Thresholds{threshold}.Apply(r)
				if got := r.Thresholds[len(r.Thresholds)-1]; got.Broken != broken {
					t.Errorf("%s: %+v", text, got)
				}
			}
			// Where silences are of one length a window follows from them; a machine that
			// stopped in one may have made it longer.
			q := r.Latency.HeartbeatGap
			if most := 2*q.Max + 5.1; q.P90 <= 1.25*q.P50 && r.Disconnects[0].Window > most {
				t.Errorf("the window is %g s, want %g s at the most: %+v", r.Disconnects[0].Window, most, q)
			}
		})
	}
}
