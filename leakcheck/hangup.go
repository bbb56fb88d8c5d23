package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// What is seen of sessions whose clients have hung up.

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

// heartbeat is the longest time between two heartbeats of a stream; zero where none
// had two.
func (j *judge) heartbeat() time.Duration {
	return time.Duration(j.e.Latency[loadgen.HeartbeatGap].Max * float64(time.Second))
}

// silence is for how long, at the least, nothing came over the streams of leaking
// ways before they hung up; zero where a stream heard something in the second half
// of its life, or any had a heartbeat.
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
	if j.heartbeat() != 0 {
		return 0
	}
	return least
}

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

// patient tells whether sessions were watched for longer than two heartbeats, after
// which a server that notices only by writing has let them go.
func (j *judge) patient() bool {
	beat := j.heartbeat()
	return j.e.Took-lastLeft(j.e.Records) > 2*beat+beat/4
}

// span writes the least and the greatest of some times.
func span(times []time.Duration) string {
	return fmt.Sprintf("%.2f to %s", slices.Min(times).Seconds(), seconds(slices.Max(times)))
}

// leaver is a stream that hung up.
type leaver struct {
	crowd  int // how many others did within crowdWithin of it
	leaked bool
}

// crowdWithin is how far apart clients leave that leave together.
const crowdWithin = 20 * time.Millisecond

// some tells of the sessions that stay where others, whose clients left in the
// same way, do not. Empty where all of them do, or hardly one.
func (j *judge) some() string {
	if !j.byID || j.leaked == j.late || !j.patient() {
		return ""
	}
	mixed := false
	leaked, left := 0, 0
	for _, row := range j.report.Disconnects {
		if !hangsUp(row.Name) || row.Leaked == 0 {
			continue
		}
		mixed = mixed || (row.Leaked-row.Late >= 2 && row.Reclaimed >= 2)
		leaked, left = leaked+row.Leaked, left+row.Left
	}
	if !mixed {
		return ""
	}
	text := fmt.Sprintf("of %s that hung up in the same ways %s came back", count(left, "client"), thousands(left-leaked))
	crowded, alone, more := j.byCrowd()
	if crowded > 1.5*alone {
		text += fmt.Sprintf("; of those that left with %s or more within %s %.0f %% stayed, of the others %.0f %%",
			count(more, "other"), crowdWithin, 100*crowded, 100*alone)
	}
	return text
}

// byCrowd is the share of sessions that stayed of those who hung up with at least
// so many others, and that of the others.
func (j *judge) byCrowd() (crowded, alone float64, more int) {
	leavers := j.leavers()
	slices.SortFunc(leavers, func(a, b leaver) int { return cmp.Compare(a.crowd, b.crowd) })
	half := len(leavers) / 2
	more = leavers[half].crowd
	for half > 0 && leavers[half-1].crowd == more {
		half--
	}
	share := func(of []leaver) float64 {
		n := 0
		for _, l := range of {
			if l.leaked {
				n++
			}
		}
		return float64(n) / float64(max(1, len(of)))
	}
	if half == 0 { // all left in one crowd
		return 0, 0, more
	}
	return share(leavers[half:]), share(leavers[:half]), more
}

func (j *judge) leavers() []leaver {
	tracks := j.tracks(Sessions)
	var ends []time.Duration
	for _, r := range j.e.Records {
		if gone(r) {
			ends = append(ends, r.Ended)
		}
	}
	slices.Sort(ends)
	var all []leaver
	for _, r := range j.e.Records {
		if !gone(r) || r.Control() || !hangsUp(way(r)) {
			continue
		}
		from, _ := slices.BinarySearch(ends, r.Ended-crowdWithin)
		until, _ := slices.BinarySearch(ends, r.Ended+crowdWithin+1)
		f := j.e.fate(r, sighted(tracks, r.N))
		all = append(all, leaver{crowd: until - from - 1, leaked: f == leaked})
	}
	return all
}

// standing is how many of the sessions that stayed still have their connection,
// and how many have none; both are zero where nobody looked.
type standing struct{ there, gone int }

// sockets looks for the connections of the sessions that stayed, where a probe of
// descriptors knows the run's own.
func (j *judge) sockets() standing {
	var s standing
	ends := slices.DeleteFunc(j.tracks(Descriptors), func(t Track) bool { return !t.byID() })
	if !j.byID || len(ends) == 0 {
		return s
	}
	tracks := j.tracks(Sessions)
	for _, r := range j.e.Records {
		if !gone(r) || r.Control() || j.e.fate(r, sighted(tracks, r.N)) != leaked {
			continue
		}
		switch end := sighted(ends, r.N); {
		case end.First == 0:
		case end.Gone == 0:
			s.there++
		default:
			s.gone++
		}
	}
	return s
}

// allGone tells whether hardly a session that stayed has its connection.
func (s standing) allGone() bool {
	return s.gone > 0 && float64(s.gone) > enoughSeen*float64(s.gone+s.there)
}

// String tells it in words; empty where nobody looked.
func (s standing) String() string {
	switch {
	case s.there+s.gone == 0:
		return ""
	case s.there == 0:
		return fmt.Sprintf("the connections of %s that stayed are gone", count(s.gone, "session"))
	default:
		return fmt.Sprintf("of the connections of the sessions that stayed %s are still there, left by their clients and not closed, and %s are gone",
			thousands(s.there), thousands(s.gone))
	}
}
