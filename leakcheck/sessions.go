package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// maxLeakedIDs is how many leaked sessions a row names.
const maxLeakedIDs = 20

// fate is what became of one session whose stream is over.
type fate int

const (
	unknown   fate = iota // it proves nothing
	reclaimed             // back within its window
	late                  // back, after its window
	leaked                // not back
)

// rowsByID judges every session by its own sightings. listed is how many of those
// that prove nothing the last reading still had. A blind list proves nothing of
// any.
func rowsByID(e *Evidence, tracks []Track, blind bool) (all []Row, listed int) {
	rows := newRows(e)
	times := map[loadgen.Disconnect][]time.Duration{}
	for _, r := range e.Records {
		if !gone(r) || r.Control() {
			continue
		}
		row := rows.of(way(r))
		row.take(r)
		s := sighted(tracks, r.N)
		fate, undecided := e.fate(r, s), e.undecided(row.Name)
		if blind {
			fate = unknown
		}
		switch {
		case fate == unknown:
			row.Unknown++
			if s.First != 0 && s.Gone == 0 && !undecided {
				listed++
			}
		case fate == reclaimed:
			row.Reclaimed++
		case undecided:
			row.Unknown++
		case fate == late:
			row.Late++
			row.leak(r)
		case fate == leaked:
			row.leak(r)
		}
		if fate == reclaimed || fate == late {
			times[row.Name] = append(times[row.Name], max(0, s.Gone-r.Ended))
		}
	}
	for i := range rows {
		rows[i].Reclaim = quantiles(times[rows[i].Name])
	}
	return rows, listed
}

// fate judges one session. It is late or leaked only if it was seen after its
// window: a slow poll accuses nobody. It is reclaimed only if it was seen at all,
// unless it was to leave before it could be.
func (e *Evidence) fate(r loadgen.Record, s Sighting) fate {
	overdue := s.First != 0 && s.Last-r.Ended > e.window(r)
	switch {
	case e.tooOld(r), s.First == 0 && r.Disconnect != loadgen.Early:
		return unknown
	case s.Gone != 0 && !overdue:
		return reclaimed
	case s.Gone != 0:
		return late
	case overdue:
		return leaked
	default:
		return unknown
	}
}

// tooOld tells whether a stream left so late in its life that the server's
// timeout may be what took its session.
func (e *Evidence) tooOld(r loadgen.Record) bool {
	timeout := e.limits().Timeout
	if way(r) == loadgen.Overstay || slices.Contains(e.AtTimeout, way(r)) {
		return false
	}
	return timeout != 0 && r.Ended-r.Connected > timeout-e.Windows[way(r)]
}

// undecided tells whether a way's window decides nothing.
func (e *Evidence) undecided(d loadgen.Disconnect) bool { return slices.Contains(e.Undecided, d) }

// limits are the server's bounds as far as they are known.
func (e *Evidence) limits() Limits {
	if e.Server == nil {
		return Limits{}
	}
	return e.Server.Config
}

// sighted puts the sightings of one stream by several replicas together: it is
// gone when none of them lists it.
func sighted(tracks []Track, n int) Sighting {
	var all Sighting
	still := false
	for _, t := range tracks {
		s := t.sighting(n)
		if s.First != 0 && (all.First == 0 || s.First < all.First) {
			all.First = s.First
		}
		still = still || (s.First != 0 && s.Gone == 0)
		all.Returned = all.Returned || s.Returned
		all.Last = max(all.Last, s.Last)
		all.Gone = max(all.Gone, s.Gone)
	}
	if still {
		all.Gone = 0
	}
	return all
}

// take counts a stream that left.
func (row *Row) take(r loadgen.Record) {
	row.Left++
	if r.HungUp {
		row.HungUp++
	}
	if r.ServedOn {
		row.ServedOn++
	}
}

func (row *Row) leak(r loadgen.Record) {
	row.Leaked++
	if len(row.LeakedIDs) < maxLeakedIDs {
		id := r.Session
		if id == "" {
			id = r.ID
		}
		row.LeakedIDs = append(row.LeakedIDs, id)
	}
}

// rowsByCount judges the sessions wave by wave, by their number alone. Where
// a wave's streams left in one way only, what remains is that way's; else nobody can
// tell, and every row is unknown unless everything is back. A count that is blind to
// the streams says nothing of them. leaked and late are what the rows have; where no row
// can tell, what the waves left. stayed is how many of sessions whose windows decide
// something were there at the end of their waves, before those had passed.
func rowsByCount(e *Evidence, c curve, blind bool) (all rows, leaked, late, stayed int) {
	all = newRows(e)
	times := map[loadgen.Disconnect][]time.Duration{}
	nobodysLeaked, nobodysLate := 0, 0
	for i := range e.waves() {
		var b ebb
		if !blind {
			b = c.ebb(e, i)
		}
		nobodysLeaked += b.leaked
		nobodysLate += b.late
		left := leftIn(e, e.inWave(i))
		b.read = b.read && !blind
		back, warm := 0, c.warmUpIn(e, b) // of those whose times can be known
		for _, l := range left {
			l.judge(b, len(left) == 1)
			l.doubt(warm)
			all.of(l.Name).plus(l.Row)
			leaked, late, back = leaked+l.Leaked, late+l.Late, l.Reclaimed+l.Late
		}
		if len(left) == 1 && b.read && warm == 0 && (b.leaked > 0 || b.remaining == 0) {
			took := c.reclaims(e, i)
			times[left[0].Name] = append(times[left[0].Name], took[:min(len(took), back)]...)
		}
		if b.leaked == 0 && (len(left) != 1 || !left[0].undecided) {
			stayed += b.remaining
		}
	}
	for i := range all {
		all[i].Reclaim = quantiles(times[all[i].Name])
	}
	if leaked == 0 {
		leaked, late = nobodysLeaked, nobodysLate
	}
	return all, leaked, late, stayed
}

// leftBy is how the streams of a wave that left in one way fared.
type leftBy struct {
	Row
	undecided bool
	old       int // that left too late to prove anything
}

// leftIn parts the streams of a wave that left by the way that they took.
func leftIn(e *Evidence, records []loadgen.Record) []leftBy {
	var all []leftBy
	for _, d := range loadgen.Disconnects() {
		l := leftBy{Row: Row{Name: d}, undecided: e.undecided(d)}
		for _, r := range records {
			if gone(r) && !r.Control() && way(r) == d {
				l.take(r)
				if e.tooOld(r) {
					l.old++
				}
			}
		}
		if l.Left > 0 {
			all = append(all, l)
		}
	}
	return all
}

// judge tells the sessions of a way by what became of its wave; alone says that
// no other way left in it.
func (l *leftBy) judge(b ebb, alone bool) {
	known := l.Left - l.old
	switch {
	case !b.read:
		known = 0
	case l.undecided:
		known = max(0, known-b.remaining)
		if !alone && b.remaining > 0 {
			known = 0
		}
	case b.doubtful:
		known = 0
	case b.leaked > 0 && alone:
		l.Leaked = min(b.leaked, known)
		l.Late = min(b.late, l.Leaked)
	case b.leaked > 0 || b.remaining > 0:
		known = 0
	}
	l.Reclaimed = known - l.Leaked
	l.Unknown = l.Left - known
}

// doubt takes back that sessions came back: so many may have been the warm-up's.
func (l *leftBy) doubt(warm int) {
	warm = min(warm, l.Reclaimed)
	l.Reclaimed -= warm
	l.Unknown += warm
}

// plus adds what another wave's streams did.
func (row *Row) plus(r Row) {
	row.Left += r.Left
	row.Reclaimed += r.Reclaimed
	row.Leaked += r.Leaked
	row.Late += r.Late
	row.Unknown += r.Unknown
	row.HungUp += r.HungUp
	row.ServedOn += r.ServedOn
}

// lastLeft is when the last stream left that was to.
func lastLeft(records []loadgen.Record) time.Duration {
	var last time.Duration
	for _, r := range records {
		if gone(r) && !r.Control() {
			last = max(last, r.Ended)
		}
	}
	return last
}

type rows []Row

// newRows makes a row for each way that the run had to do with, in their order.
func newRows(e *Evidence) rows {
	has := map[loadgen.Disconnect]bool{}
	for _, r := range e.Records {
		if !r.Control() {
			has[r.Disconnect] = true
			has[way(r)] = true
		}
	}
	rs := rows{}
	for _, d := range loadgen.Disconnects() {
		if has[d] {
			rs = append(rs, Row{Name: d, Window: e.Windows[d].Seconds()})
		}
	}
	return rs
}

func (rs rows) of(d loadgen.Disconnect) *Row {
	for i := range rs {
		if rs[i].Name == d {
			return &rs[i]
		}
	}
	panic("leakcheck: no row for " + string(d)) // newRows saw every record
}
