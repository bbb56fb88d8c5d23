package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// returns are the times after which sessions came back, by what their server's
// end was told.
type returns struct {
	fin, rst []time.Duration
	early    []time.Duration // a FIN too, but the first event may be the first write
}

// of is where the times of a way belong.
func (r *returns) of(d loadgen.Disconnect) *[]time.Duration {
	switch d {
	case loadgen.Reset:
		return &r.rst
	case loadgen.Early:
		return &r.early
	default:
		return &r.fin
	}
}

// returns are those of everybody who hung up or left early; ok is false where one did
// not come back.
func (j *judge) returns() (all returns, ok bool) {
	tracks := j.tracks(Sessions)
	for _, r := range j.e.Records {
		s := sighted(tracks, r.N)
		d := way(r)
		if !gone(r) || s.First == 0 || (!hangsUp(d) && d != loadgen.Early) {
			continue
		}
		if s.Gone == 0 {
			return returns{}, false
		}
		to := all.of(d)
		*to = append(*to, max(0, s.Gone-r.Ended))
	}
	return all, true
}

// written tells the times after which sessions came back, where they are those
// of a server that notices only by writing: within a heartbeat after an RST, and
// between one and two after a FIN, which the first write does not see. Empty where
// they are not.
func (j *judge) written(leaking []loadgen.Disconnect) string {
	beat := j.heartbeat()
	otherwise := slices.ContainsFunc(leaking, func(d loadgen.Disconnect) bool { return !hangsUp(d) && d != loadgen.Early })
	if !j.byID || beat == 0 || j.leaked != j.late || otherwise {
		return ""
	}
	all, ok := j.returns()
	// A busy machine beats late, and a reading comes up to a poll late.
	slack := beat/4 + 2*j.e.Poll
	if !ok || len(all.fin) == 0 || slices.Min(all.fin) < beat-slack ||
		!within(all.fin, 2*beat+slack) || !within(all.rst, beat+slack) || !within(all.early, 2*beat+slack) {
		return ""
	}
	text := fmt.Sprintf("a heartbeat came every %s: after a FIN sessions took %s", seconds(beat), span(all.fin))
	if len(all.rst) > 0 {
		text += ", after an RST " + span(all.rst)
	}
	return text
}

func within(times []time.Duration, most time.Duration) bool {
	return !slices.ContainsFunc(times, func(t time.Duration) bool { return t > most })
}

// span writes the least and the greatest of some times.
func span(times []time.Duration) string {
	return fmt.Sprintf("%.2f to %s", slices.Min(times).Seconds(), seconds(slices.Max(times)))
}
