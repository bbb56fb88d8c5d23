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
		c := sum(tracks)
		j.report.Disconnects, j.leaked, j.late = rowsByCount(j.e, c, j.blind[Sessions])
		if n := c.remaining(j.e); j.leaked == 0 && !j.blind[Sessions] && n > 0 {
			j.unproven(n)
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

// strangers warns of entries that came with the run and stay, and are nobody's
// that the run knows.
func (j *judge) strangers(tracks []Track) {
	c := sum(tracks)
	if n := j.e.newStrangers(c.last().At); n > 0 && n >= j.report.Streams.Opened/2 {
		j.find(Finding{
			Code: Strangers, Severity: SeverityWarning, Role: Sessions,
			Summary:  fmt.Sprintf("%s came during the run and stayed, and none of the run's streams is known by its id", count(n, "listed session")),
			Evidence: fmt.Sprintf("%s at the end, %s before", thousands(c.last().Count), thousands(c.baseline)),
			Hint:     "other clients came, or the server keeps a second entry for each stream",
		})
	}
}

// upstreams judges what remained of the generations.
func (j *judge) upstreams() {
	tracks := j.tracks(Upstreams)
	if len(j.e.Records) == 0 || len(tracks) == 0 || j.blind[Upstreams] {
		return
	}
	j.stuck, _ = sum(tracks).overdue(j.e)
}
