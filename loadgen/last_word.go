package loadgen

import (
	"bytes"

	"github.com/sse-tool/sse-tool/client"
)

// lastWord is whether the answer of a stream says that it is done: by an event that
// says so to everybody ([client.Event.Done]), or by a last event with a name that
// the one before it had not, which the server's own page may know. The zero value
// has seen no event.
type lastWord struct {
	said    bool   // to everybody
	another bool   // the last event's name is another than that before
	name    []byte // of the last event
}

// keptName is how much of an event's name is kept.
const keptName = 100

// take takes an event, the first or another. It keeps no part of it.
func (w *lastWord) take(e client.Event, first bool) {
	name := e.Name[:min(len(e.Name), keptName)]
	w.said = w.said || e.Done()
	w.another = !first && len(name) > 0 && !bytes.Equal(name, w.name)
	w.name = append(w.name[:0], name...)
}

// unsaid notes of a stream that has completed that its answer was whole and never
// said to be done, if that is so. An end within an event is none of the answer's. Of
// a last event's id that is too long to be kept nothing is noted: it cannot be asked
// with.
func (s *stream) unsaid() {
	id := s.decoder.Parser.LastEventID()
	if s.rec.Disconnect != Complete || s.last.said || s.last.another || s.decoder.Parser.Pending() || len(id) > longestID {
		return
	}
	s.rec.Unsaid, s.rec.LastID = true, id
}
