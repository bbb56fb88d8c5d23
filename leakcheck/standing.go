package leakcheck

import (
	"fmt"
	"slices"
)

// The parts of a count of sockets that tell who is deaf.
const (
	// Unread are those that nobody reads: the runtime does not know that the client
	// has left.
	Unread = "left by the client, and nobody reads it"
	// Ignored are those that were read and not closed: the runtime knows, and the
	// handler has not asked it.
	Ignored = "left by the client, read, and ignored"
)

// standing is how many of the sessions that stayed still have their connection,
// and how many have none; both are zero where nobody looked. Of all connections so
// many are unread, and so many ignored.
type standing struct{ there, gone, unread, ignored int }

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
	for _, t := range ends {
		if t.Parts != nil {
			s.unread += t.Parts.End[Unread]
			s.ignored += t.Parts.End[Ignored]
		}
	}
	return s
}

// deaf tells who does not hear that clients leave; empty where nobody knows.
func (s standing) deaf() string {
	switch {
	case s.unread > s.ignored:
		return "; their runtime has not read that the clients have left: only a write would tell it"
	case s.ignored > s.unread:
		return "; their runtime has read that the clients have left, and the handler has not asked it"
	default:
		return ""
	}
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
			thousands(s.there), thousands(s.gone)) + s.deaf()
	}
}
