package loadgen

import "time"

// openFirstFor is how long a refresh that opens before it closes waits for the
// successor to open.
const openFirstFor = 2 * time.Second

// refresh does what a reloaded page does: it closes, and the same user and
// session open again at once. Every second one opens before it closes, as a
// browser may. The successor stays, as a control does.
func (s *stream) refresh() {
	s.unread(s.load.now())
	next := s.load.staysOn(s.rec.ID, s.rec.As)
	if s.rec.As%2 == 0 {
		s.depart(LeaveClose)
		s.engine.stay(next)
		return
	}
	s.engine.stay(next)
	for limit := time.Now().Add(openFirstFor); time.Now().Before(limit); {
		if r := s.load.record(next.N); r.Opened != 0 || r.End != Open || !s.engine.pause(time.Millisecond) {
			break
		}
	}
	s.depart(LeaveClose)
}
