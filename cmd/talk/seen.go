package talk

import (
	"hash/maphash"

	"github.com/sse-tool/sse-tool/client"
)

// seenMost is how many of the newest deltas are remembered.
const seenMost = 4096

// seen knows the deltas of an answer by the ids of their events, so that a stream that is resumed doubles nothing. Ids
// that do not change from one delta to the next say nothing of where an answer stands.
type seen struct {
	seed   maphash.Seed
	text   map[string]uint64 // by id, what the delta was
	order  []string          // the ids in text, oldest first from next on
	next   int
	last   string
	any    bool
	beyond bool // some delta had no id of its own
}

// verdict is what a delta of a stream is.
type verdict int

const (
	fresh   verdict = iota
	doubled         // it came before
	strange         // its id came before, with another text
)

// add takes a delta that came after the stream was lost, or (resumed is false) on the first one.
func (s *seen) add(e client.Event, text string, resumed bool) verdict {
	if s.text == nil {
		s.text, s.seed = map[string]uint64{}, maphash.MakeSeed()
	}
	id, sum := string(e.ID), maphash.String(s.seed, text)
	if resumed {
		if before, known := s.text[id]; known && before != sum {
			return strange
		} else if known {
			return doubled
		}
	}
	if id == "" || s.any && id == s.last {
		s.beyond = true
	}
	s.any, s.last = true, id
	s.keep(id, sum)
	return fresh
}

func (s *seen) keep(id string, sum uint64) {
	if _, known := s.text[id]; !known {
		if len(s.order) < seenMost {
			s.order = append(s.order, id)
		} else {
			delete(s.text, s.order[s.next])
			s.order[s.next] = id
			s.next = (s.next + 1) % seenMost
		}
	}
	s.text[id] = sum
}

// resumable tells whether the stream may go on elsewhere: every delta had an id of its own, or none came.
func (s *seen) resumable() bool { return !s.beyond }
