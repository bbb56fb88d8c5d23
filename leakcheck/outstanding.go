package leakcheck

import "github.com/sse-tool/sse-tool/loadgen"

// byID tells whether a track can tell the run's sessions apart: it lists ids,
// and some of them were ours.
func (t Track) byID() bool {
	for _, s := range t.Sightings {
		if s.First != 0 {
			return true
		}
	}
	return false
}

// gone tells whether a stream is over in a way after which its session has to
// go: it left, or its answer was through.
func gone(r loadgen.Record) bool {
	return r.Connected != 0 && (r.End == loadgen.Left || r.End == loadgen.Completed)
}

// outstanding is how many sessions of streams that are over are still there by
// the newest reading: of those from number first on. A place that only counts is
// taken at its count, less what was there before and the streams that are open
// now, whenever they opened.
func (t Track) outstanding(records []loadgen.Record, first int) int {
	if !t.Role.PerStream() {
		return 0
	}
	if t.byID() {
		n := 0
		for _, r := range records[min(first, len(records)):] {
			if gone(r) && t.sighting(r.N).Gone == 0 {
				n++
			}
		}
		return n
	}
	return max(0, t.last().Count-t.Baseline-live(records))
}

// live counts the streams that are open, controls among them.
func live(records []loadgen.Record) int {
	n := 0
	for _, r := range records {
		if r.Live() {
			n++
		}
	}
	return n
}

// way is how a stream left in fact: one that was through before its time has
// completed, whatever it was to do.
func way(r loadgen.Record) loadgen.Disconnect {
	if r.End == loadgen.Completed && !r.Control() {
		return loadgen.Complete
	}
	return r.Disconnect
}
