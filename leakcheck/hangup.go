package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// hangsUp tells whether a way hangs up a connection that was open: the server's end
// learns of it at once.
func hangsUp(d loadgen.Disconnect) bool {
	switch d {
	case loadgen.Close, loadgen.HalfClose, loadgen.Reset, loadgen.Refresh:
		return true
	default:
		return false
	}
}

// replaces tells whether a way has its session taken by another: it is the list's no more,
// whether or not anybody has released it.
func replaces(d loadgen.Disconnect) bool { return d == loadgen.Refresh }

// loses tells whether a way loses the server its client before its answer was through, be
// it by a disconnect or by silence.
func loses(d loadgen.Disconnect) bool {
	return (hangsUp(d) && !replaces(d)) || d == loadgen.Early || d == loadgen.Stall || d == loadgen.Vanish
}

// hangups tells whether every way of hanging up leaks, and there are several.
func hangups(leaking, clean []loadgen.Disconnect) bool {
	n := 0
	for _, d := range leaking {
		if hangsUp(d) {
			n++
		}
	}
	return n > 1 && !slices.ContainsFunc(clean, hangsUp)
}

// heartbeat is the longest time between two heartbeats of a silent stream; zero where
// none had two.
func (j *judge) heartbeat() time.Duration {
	return longestBeat(func(f loadgen.Figure) loadgen.Quantiles { return j.e.Latency[f] })
}

// silence is for how long, at the least, nothing came over the streams of leaking
// ways before they hung up; zero where a stream heard something in the second half
// of its life, any had a heartbeat, or one was not due yet.
func (j *judge) silence(leaking []loadgen.Disconnect) time.Duration {
	var least time.Duration
	for _, r := range j.e.Records {
		switch {
		case r.Comments > 0:
			return 0
		case !gone(r) || !hangsUp(way(r)) || !slices.Contains(leaking, way(r)):
			continue
		}
		quiet := r.Ended - r.Heard
		if r.Heard == 0 || quiet < (r.Ended-r.Opened)/2 {
			return 0
		}
		if least == 0 || quiet < least {
			least = quiet
		}
	}
	if j.heartbeat() != 0 || least <= j.e.limits().Heartbeat {
		return 0
	}
	return least
}

// patient tells whether sessions were watched for longer than two heartbeats, after
// which a server that notices only by writing has let them go.
func (j *judge) patient() bool {
	beat := j.heartbeat()
	return j.e.Took-lastLeft(j.e.Records) > 2*beat+beat/4
}
