package leakcheck

import (
	"fmt"

	"github.com/sse-tool/sse-tool/loadgen"
)

// sessions judges what became of the sessions, by id where it can.
func (j *judge) sessions() {
	if len(j.e.Records) == 0 {
		return
	}
	tracks := j.tracks(Sessions)
	if !j.byID {
		var stayed int
		j.report.Disconnects, j.leaked, j.late, stayed = rowsByCount(j.e, sum(tracks), j.blind[Sessions])
		if j.leaked == 0 && stayed > 0 {
			j.unproven(stayed)
		}
		return
	}
	rows, listed := rowsByID(j.e, tracks, j.blind[Sessions])
	j.report.Disconnects = rows
	for _, row := range rows {
		j.leaked += row.Leaked
		j.late += row.Late
	}
	if listed > 0 {
		j.unproven(listed)
	}
	j.strays(tracks)
	j.strangers(tracks)
}

// unproven finds sessions that were still there at the last reading, before
// their windows had passed.
func (j *judge) unproven(n int) {
	if j.e.Crashed != 0 || j.e.Interrupted != "" {
		return
	}
	f := Finding{
		Code: Unproven, Severity: SeverityError,
		Summary:  fmt.Sprintf("%s %s there at the last reading, which came before the window had passed: nobody knows what became of them", count(n, "session"), were(n)),
		Evidence: fmt.Sprintf("the run took %s", seconds(j.e.Took)),
		Hint:     "see that the probe answers under load, and run again",
	}
	if j.e.outOfTime() {
		f.Summary = fmt.Sprintf("%s %s there when the run might take no longer, before the window had passed: nobody knows what became of them", count(n, "session"), were(n))
		f.Hint = j.e.moreTime()
	}
	if left := j.leftUndecided(); !j.byID && len(left) > 0 {
		f.Summary = fmt.Sprintf("%s %s there at the last reading: by their number alone nobody can tell whether they are those of %s, which decide nothing",
			count(n, "session"), were(n), ways(left))
		f.Hint = fmt.Sprintf("give a probe that lists ids, or windows (--window %s=30s), or leave in other ways: --disconnect close,reset", left[0])
	}
	j.find(f)
}

// leftUndecided are the ways in which streams left and whose windows decide
// nothing.
func (j *judge) leftUndecided() []loadgen.Disconnect {
	var left []loadgen.Disconnect
	for _, row := range j.report.Disconnects {
		if row.Left > 0 && j.e.undecided(row.Name) {
			left = append(left, row.Name)
		}
	}
	return left
}

// strays finds sessions of streams that never opened, or that broke, and that
// are there all the same: they have no row.
func (j *judge) strays(tracks []Track) {
	n, first := 0, ""
	for _, r := range j.e.Records {
		if r.Control() || gone(r) || r.End == loadgen.Open || r.End == loadgen.Released {
			continue
		}
		if s := sighted(tracks, r.N); s.First != 0 && s.Gone == 0 && s.Last-r.Ended > j.e.window(r) {
			if n++; n == 1 {
				first = name(r)
			}
		}
	}
	if n == 0 || j.blind[Sessions] {
		return
	}
	j.stray = n
	j.find(Finding{
		Code: Leak, Severity: SeverityError,
		Summary:  fmt.Sprintf("%s of streams that were rejected or broke %s there past the window", count(n, "session"), were(n)),
		Evidence: first + ", for one",
		Hint:     "release the session on every end of its stream, also where it fails to begin",
	})
}

// strangers finds entries that came with the run's own streams, or when they left,
// and that stay: a session may have changed its id. Others that come at a steady pace do so
// before the streams leave as well.
func (j *judge) strangers(tracks []Track) {
	now, expected := j.e.strangersStaying(tracks), j.e.strangersExpected(tracks)
	left := 0
	for _, row := range j.report.Disconnects {
		left += row.Left
	}
	many := now >= 2 && now >= j.report.Streams.Opened/2
	if j.blind[Sessions] || j.e.Interrupted != "" || j.leaked > 0 || (!many && now-expected <= max(2, left/20)) {
		return
	}
	j.find(Finding{
		Code: Strangers, Severity: SeverityError, Role: Sessions,
		Summary:  "sessions that are known by no id of the run came during it, and stay: an entry that changes its id, or a second one for each stream, looks so",
		Evidence: fmt.Sprintf("%s at the end, none of them before; %s left", count(now, "such session"), count(left, "stream")),
		Hint:     "list one id for each session from its beginning to its end, or count them: --session-from none; if other clients came, run when nobody else does",
	})
}

// strangersStaying is the least of them that were there at the end: who comes and goes does
// not stay.
func (e *Evidence) strangersStaying(tracks []Track) int {
	c := sum(tracks)
	least, _ := bounds(func(r Reading) int { return e.newStrangers(r.At) }, c.between(c.last().At-e.span(nil), c.last().At, e.Poll))
	return least
}

// strangersExpected is how many strangers there would be at the end, had they gone
// on to come as they did before the first stream ended, and how far they swung.
func (e *Evidence) strangersExpected(tracks []Track) int {
	first, last := firstEnded(e.Records), sum(tracks).last().At
	if first == 0 {
		return 0
	}
	before := e.newStrangers(first)
	most := before
	for _, t := range tracks {
		for _, r := range t.Readings {
			if r.At <= first {
				most = max(most, e.newStrangers(r.At))
			}
		}
	}
	return most + int(float64(max(0, before))*float64(last-first)/float64(first))
}

// upstreams judges what remained of the generations.
func (j *judge) upstreams() {
	tracks := j.tracks(Upstreams)
	if len(j.e.Records) == 0 || len(tracks) == 0 || j.blind[Upstreams] {
		return
	}
	j.stuck, _ = j.ofRun(Upstreams).overdue(j.e)
}
