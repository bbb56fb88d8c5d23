package leakcheck

import (
	"fmt"
	"math"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// fewestGaps is how many times between two heartbeats make an interval.
const fewestGaps = 3

// regular is how much longer than the middle one nine of ten gaps may be where
// heartbeats come at an interval.
const regular = 1.25

// thick is how many times shorter than the time between two comments every gap between
// events is where no comment broke a silence: a machine that stops for a moment, and
// again later, has all streams silent at once.
const thick = 10

// heartbeat is the interval of the comments on the streams; nil where they have none.
// A server that only breaks silences sends them at any time between events. So the
// gaps count in which no event came, and others only where events come so thick that
// there was no silence to break.
func (e *Evidence) heartbeat() *measure {
	q := e.Latency[loadgen.Beat]
	if q.Count < fewestGaps {
		q = e.Latency[loadgen.CommentGap]
		if thick*e.Latency[loadgen.Gap].Max > q.P50 {
			return nil
		}
	}
	if q.Count < fewestGaps || q.P90 > regular*q.P50 {
		return nil
	}
	of := func(s float64) time.Duration { return time.Duration(math.Round(s*1e6)) * time.Microsecond }
	// A histogram keeps two digits, so the hundredth part is its own error.
	off := max(of(q.P50)/100, of(q.P90-q.P50))
	return &measure{of(q.P50), off, fmt.Sprintf("%s between two comments of a stream, %s to %s, nine of ten within %s",
		count(int(q.Count), "time"), seconds(of(q.Min)), seconds(of(q.Max)), seconds(of(q.P90)))}
}

// apart is how many times longer the silences that heartbeats break are, at the least,
// than the usual time between two events, where only silence brings a heartbeat.
const apart = 1.5

// longestBeat is how long it takes from one heartbeat of a silent stream to the next, at
// the longest; zero where no stream had two. A server may send them only into
// silences: the time between two comments then has the time in it that events filled, so
// what counts is the silence. Where that does not show, all of it counts.
func longestBeat(of func(loadgen.Figure) loadgen.Quantiles) time.Duration {
	longest := of(loadgen.CommentGap).Max
	beats, silences := of(loadgen.Beat), of(loadgen.HeartbeatGap)
	switch {
	case beats.Count >= fewestGaps:
		longest = beats.Max
	case silences.Count >= fewestGaps && silences.P90 <= regular*silences.P50 && silences.P50 >= apart*of(loadgen.Gap).P50:
		longest = min(longest, silences.Max)
	}
	return time.Duration(longest * float64(time.Second))
}
