package leakcheck

import (
	"slices"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// The circumstances of a run are what it knows besides which ways leak. Where few ways were
// tried they tell defences apart.

// warmedUp tells whether the sessions of the warm-up are known to have come back, whose
// streams closed. Where sessions are only counted they may have been others'.
func (j *judge) warmedUp() bool {
	return j.e.WarmUpReturned > 0 && j.e.WarmUpStayed == 0 && (j.byID || sum(j.tracks(Sessions)).others(j.e).hides() == 0)
}

// ended tells whether the server has ended most of the streams that never left by
// themselves.
func (j *judge) ended() bool {
	left, ended := 0, 0
	for _, r := range j.e.Records {
		if gone(r) && way(r) == loadgen.Overstay {
			left++
			if r.Dropped != 0 {
				ended++
			}
		}
	}
	return 2*ended > left
}

// due tells whether a heartbeat was due on every stream before it vanished, by what the
// server tells of them, or by those that came over others. Where nobody knows, one was.
func (j *judge) due() bool {
	beat := max(j.e.limits().Heartbeat, j.heartbeat())
	return !slices.ContainsFunc(j.e.Records, func(r loadgen.Record) bool {
		return way(r) == loadgen.Vanish && gone(r) && r.Ended-max(r.Heard, r.Opened) <= 2*beat
	})
}

// departed are the streams that left in some ways, as far as it matters what became of their
// upstreams.
type departed struct {
	n int
	// connected is when the last of them did, passed when the last window had.
	connected, passed time.Duration
}

func (j *judge) departed(ways []loadgen.Disconnect) departed {
	var l departed
	for _, r := range j.e.Records {
		if gone(r) && !r.Control() && slices.Contains(ways, way(r)) {
			l.n++
			l.connected, l.passed = max(l.connected, r.Connected), max(l.passed, r.Ended+j.e.window(r))
		}
	}
	return l
}

// unclaimedBy is how many upstreams there are at a moment above those of open streams. A
// count is as it was read last, for what does not change is not kept.
func (j *judge) unclaimedBy(moment time.Duration) int {
	c := j.ofRun(Upstreams)
	return c.unclaimed(Reading{Sent: moment, At: moment, Count: c.at(moment).Count}, j.e)
}

// cancelled tells whether the upstreams of those who left in some ways were gone when their
// windows had passed, and whether they would have gone on: because all replies do, or because
// those to controls that are as old did.
func (j *judge) cancelled(leaking []loadgen.Disconnect) (over, goOn bool) {
	if !j.knows(Upstreams) || j.stuck > 0 {
		return false, false
	}
	left := j.departed(leaking)
	stay := j.unclaimedBy(left.passed)
	old := 0
	for _, r := range j.e.Records {
		if r.Control() && r.Connected != 0 && r.Connected <= left.connected && (r.End == loadgen.Open || r.Ended > left.passed) {
			old++
		}
	}
	return 2*stay <= left.n, j.e.Endless || (old > 0 && float64(stay) >= (enoughSeen-1)*float64(old))
}

// more is what else to ask for where the fingerprint tells no defences apart.
func (j *judge) more() []string {
	var more []string
	tried, judged := map[loadgen.Disconnect]bool{}, map[loadgen.Disconnect]bool{}
	for _, row := range j.report.Disconnects {
		tried[row.Name], judged[row.Name] = row.Left > 0, row.Reclaimed+row.Leaked > 0
	}
	if slices.ContainsFunc(loadgen.Disconnects(), func(d loadgen.Disconnect) bool { return !tried[d] }) {
		more = append(more, "leave in every way (no --disconnect)")
	}
	if !judged[loadgen.Complete] && !j.e.Endless {
		more = append(more, "ask for an answer that ends within the hold so that complete is judged")
	}
	if !j.knows(Upstreams) {
		more = append(more, "read upstreams too (--probe upstreams=...)")
	}
	if judged[loadgen.Vanish] && !j.due() {
		more = append(more, "hold for longer than two heartbeats (--hold)")
	}
	return more
}

// listed writes things one after the other: "a, b and c".
func listed(things []string) string {
	last := len(things) - 1
	if last == 0 {
		return things[0]
	}
	return strings.Join(things[:last], ", ") + " and " + things[last]
}
