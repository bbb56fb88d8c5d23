package client

import "sync"

// keepBytes is the largest buffer that is kept once it is empty: one large event shall not cost its memory for ever.
const keepBytes = 4 << 10

// straddle holds what of an event, or of a line, lies across chunks. A Parser borrows one from a common pool only for as
// long as something is unfinished, so that thousands of streams between two events hold none.
type straddle struct {
	line           []byte // the unfinished line; empty if the chunk ended with a line's end
	name, data, id []byte
	hasData, hasID bool
}

var straddles = sync.Pool{New: func() any { return new(straddle) }}

// straddle returns p's, borrowing it first if need be.
func (p *Parser) straddle() *straddle {
	if p.held == nil {
		p.held = straddles.Get().(*straddle)
	}
	return p.held
}

// hold copies what e and the unfinished line have of the chunk, which is about to go.
func (p *Parser) hold(e *block, line []byte) {
	if !e.hasData && !e.hasID && len(e.name) == 0 && len(line) == 0 {
		p.release()
		return
	}
	s := p.straddle()
	s.hasData, s.hasID = e.hasData, e.hasID
	s.name = refill(s.name, e.name)
	s.data = refill(s.data, e.data)
	s.id = refill(s.id, e.id)
	s.line = refill(s.line, line) // last: the others may point into its buffer
}

// release gives the straddle back, without its large buffers.
func (p *Parser) release() {
	s := p.held
	if s == nil {
		return
	}
	p.held = nil
	*s = straddle{
		line: refill(s.line, nil),
		name: refill(s.name, nil),
		data: refill(s.data, nil),
		id:   refill(s.id, nil),
	}
	straddles.Put(s)
}

func (s *straddle) block() block {
	return block{
		name: s.name, data: s.data, id: s.id,
		hasData: s.hasData, hasID: s.hasID, joined: s.hasData,
	}
}

// refill makes buf hold src, in its own memory unless that is large and src is not.
func refill(buf, src []byte) []byte {
	if len(src) > 0 && len(buf) == len(src) && &buf[0] == &src[0] {
		return buf
	}
	if cap(buf) > keepBytes && len(src) <= keepBytes {
		buf = nil
	}
	return append(buf[:0], src...)
}
