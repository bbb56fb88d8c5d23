package loadgen

// overstay has left, as far as its user is concerned, and goes on reading until
// the server ends it or the load is released. Nothing on the connection tells
// the server.
func (s *stream) overstay() {
	s.leftAt(s.load.now())
	rec := s.rec
	s.rec.End = Open // to read on
	s.readUntil(0)
	s.unread(s.load.now())
	rec.Events, rec.Comments, rec.Bytes = s.rec.Events, s.rec.Comments, s.rec.Bytes
	if s.rec.End == Completed || s.rec.End == Cut {
		rec.Dropped = s.rec.Ended
	}
	s.rec = rec
}
