package loadgen

import "time"

// early leaves after the request was sent, when its delay is over, or at the
// first event if that comes before. There is nothing to say of the head, and
// nothing to wait for: the server may not have seen the request yet.
func (s *stream) early() {
	deadline := time.Now().Add(s.slot.Delay)
	for s.rec.End == Open && s.rec.FirstEvent == 0 && s.read(deadline) {
	}
	switch {
	case s.rec.End != Open:
	case s.engine.stopping():
		s.end(Released, nil)
	default:
		s.depart(LeaveClose)
	}
}
