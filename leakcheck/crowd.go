package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// leaver is a stream that hung up.
type leaver struct {
	crowd  int // how many others did within crowdWithin of it
	leaked bool
}

// crowdWithin is how far apart clients leave that leave together.
const crowdWithin = 20 * time.Millisecond

// some tells of the sessions that stay where others, whose clients left in the
// same way, come back in time. Empty where all of them stay, or hardly one, and where
// some are only slow or other clients move the count by as much as matters.
func (j *judge) some() string {
	hidden := 0
	if !j.byID {
		hidden = sum(j.tracks(Sessions)).others(j.e).hides()
	}
	if j.leaked == 0 || j.late > 0 || !j.patient() || 10*hidden > j.leaked {
		return ""
	}
	mixed := false
	leaked, left := 0, 0
	for _, row := range j.report.Disconnects {
		if !hangsUp(row.Name) || row.Leaked == 0 {
			continue
		}
		mixed = mixed || (row.Leaked >= 2 && row.Reclaimed >= 2 && row.Reclaimed > hidden)
		leaked, left = leaked+row.Leaked, left+row.Left
	}
	if !mixed {
		return ""
	}
	text := fmt.Sprintf("of %s that hung up in the same ways %s came back", count(left, "client"), thousands(left-leaked))
	if !j.byID {
		return text
	}
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
