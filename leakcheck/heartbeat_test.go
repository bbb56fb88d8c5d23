package leakcheck

import (
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestLongestBeat(t *testing.T) {
	const none = 0
	even := func(n int64, at float64) loadgen.Quantiles {
		return loadgen.Quantiles{Count: n, Min: at, P50: at, P90: at, P99: at, Max: at}
	}
	for name, tt := range map[string]struct {
		gap, silence, beat, comments loadgen.Quantiles
		want                         time.Duration
	}{
		"nothing came":    {gap: even(9, 0.1), want: none},
		"one comment":     {gap: even(9, 0.1), silence: even(1, 2), want: none},
		"heartbeats only": {silence: even(9, 2), beat: even(9, 2), comments: even(9, 2), want: 2 * second},
		"two of them":     {silence: even(2, 2), beat: even(1, 2), comments: even(1, 2), want: 2 * second},
		"heartbeats into silences, events for seconds in between": {
			gap: loadgen.Quantiles{Count: 900, P50: 0.05, P90: 0.06, P99: 1.06, Max: 1.06}, silence: even(9, 1), comments: even(9, 5.4), want: second,
		},
		"some of the silences are long": {
			gap:      loadgen.Quantiles{Count: 900, P50: 0.05, P90: 0.06, P99: 1.06, Max: 9},
			silence:  loadgen.Quantiles{Count: 90, P50: 1, P90: 1, P99: 1, Max: 9},
			beat:     loadgen.Quantiles{Count: 9, P50: 1, P90: 1, P99: 1, Max: 1.1},
			comments: even(9, 5.4), want: 1100 * milli,
		},
		"a silence that no heartbeat broke is no heartbeat's": {
			gap:     loadgen.Quantiles{Count: 900, P50: 0.05, P90: 0.06, P99: 1.06, Max: 9},
			silence: loadgen.Quantiles{Count: 90, P50: 1, P90: 1, P99: 1, Max: 9}, comments: even(9, 5.4), want: 5400 * milli,
		},
		"heartbeats at an interval, whatever else comes": {
			gap: even(900, 0.05), silence: loadgen.Quantiles{Count: 9, P50: 0.02, P90: 0.045, P99: 0.05, Max: 0.05}, comments: even(9, 2), want: 2 * second,
		},
		"heartbeats behind every so many events": {gap: even(900, 0.05), silence: even(99, 0.05), comments: even(9, 2), want: 2 * second},
		"comments at any time": {
			gap: even(900, 0.2), silence: loadgen.Quantiles{Count: 9, P50: 1, P90: 3, P99: 4, Max: 4},
			comments: loadgen.Quantiles{Count: 9, P50: 3, P90: 5, P99: 6, Max: 6}, want: 6 * second,
		},
	} {
		figures := map[loadgen.Figure]loadgen.Quantiles{loadgen.Gap: tt.gap, loadgen.HeartbeatGap: tt.silence, loadgen.Beat: tt.beat, loadgen.CommentGap: tt.comments}
		if got := longestBeat(func(f loadgen.Figure) loadgen.Quantiles { return figures[f] }); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
