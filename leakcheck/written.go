package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// written tells the times after which sessions came back, where they are those
// of a server that notices only by writing: within a heartbeat after an RST, and
// between one and two after a FIN, which the first write does not see. Empty where
// they are not.
func (j *judge) written(leaking []loadgen.Disconnect) string {
	beat := j.heartbeat()
	if !j.byID || beat == 0 || j.leaked != j.late || slices.ContainsFunc(leaking, func(d loadgen.Disconnect) bool { return !hangsUp(d) && d != loadgen.Early }) {
		return ""
	}
	tracks := j.tracks(Sessions)
	var fin, rst, early []time.Duration
	for _, r := range j.e.Records {
		s := sighted(tracks, r.N)
		if !gone(r) || r.Control() || s.First == 0 || (!hangsUp(way(r)) && way(r) != loadgen.Early) {
			continue
		}
		took := max(0, s.Gone-r.Ended)
		switch {
		case s.Gone == 0:
			return ""
		case way(r) == loadgen.Reset:
			rst = append(rst, took)
		case way(r) == loadgen.Early: // its first event may be the first write
			early = append(early, took)
		default:
			fin = append(fin, took)
		}
	}
	// A busy machine beats late, and a reading comes up to a poll late.
	slack := beat/4 + 2*j.e.Poll
	within := func(times []time.Duration, least, most time.Duration) bool {
		return len(times) == 0 || (slices.Min(times) >= least && slices.Max(times) <= most)
	}
	if len(fin) == 0 || !within(fin, beat-slack, 2*beat+slack) || !within(rst, 0, beat+slack) || !within(early, 0, 2*beat+slack) {
		return ""
	}
	text := fmt.Sprintf("a heartbeat came every %s: after a FIN sessions took %s", seconds(beat), span(fin))
	if len(rst) > 0 {
		text += ", after an RST " + span(rst)
	}
	return text
}

// span writes the least and the greatest of some times.
func span(times []time.Duration) string {
	return fmt.Sprintf("%.2f to %s", slices.Min(times).Seconds(), seconds(slices.Max(times)))
}
