package client

import (
	"bytes"
	"math"
	"time"
	"unicode/utf8"
)

const (
	defaultMaxEventBytes = 16 << 20
	byteOrderMark        = "\xEF\xBB\xBF"
)

// Parser reads one event stream as HTML 9.2 "Server-sent events" defines it: bytes are pushed in by Feed, events come
// out at a Handler. The zero value is ready.
//
// An event that lies whole within one chunk is handed out as slices of that chunk; only what straddles chunks, and data
// of several lines, is copied. Between two events a Parser holds nothing but the last event ID. It is not safe for
// concurrent use.
type Parser struct {
	// MaxEventBytes limits what one event may hold: the bytes of its data, event and id lines and of the line being
	// read, line ends not counted. Zero means 16 MiB.
	MaxEventBytes int

	held   *straddle // nil between events
	id     []byte    // last event ID string
	size   int       // bytes of the present event's lines
	err    *EventTooLargeError
	mark   uint8 // how much of a byte order mark was seen; all of it once none can come
	skipLF bool  // the chunk before ended in CR
}

// Feed parses b, which may end anywhere, and calls h for what is complete. The only error is *EventTooLargeError; it
// is final, and each later call returns it again. b is neither kept nor changed.
func (p *Parser) Feed(b []byte, h Handler) error {
	if p.err != nil {
		return p.err
	}
	if int(p.mark) < len(byteOrderMark) {
		b = p.passMark(b)
	}
	if p.skipLF && len(b) > 0 {
		p.skipLF = false
		if b[0] == '\n' {
			b = b[1:]
		}
	}
	if len(b) == 0 {
		return nil
	}
	var e block
	if p.held != nil {
		e = p.held.block()
		if len(p.held.line) > 0 {
			n := p.finishLine(b, &e, h)
			if n < 0 || p.err != nil {
				return p.result()
			}
			b = b[n:]
		}
	}
	rest := p.lines(b, &e, h)
	if p.err == nil && p.size+len(rest) > p.limit() {
		p.fail()
	}
	if p.err == nil {
		p.hold(&e, rest)
	}
	return p.result()
}

// Pending tells whether the stream, should it end now, ends within an event or a line. The standard drops what is
// pending then: it is never dispatched.
func (p *Parser) Pending() bool {
	return p.held != nil || p.err != nil || p.mark > 0 && int(p.mark) < len(byteOrderMark)
}

// LastEventID returns the last event ID string: what a reconnection sends as Last-Event-ID. An id counts from the blank
// line that ends its event, so an event cut short does not move it.
func (p *Parser) LastEventID() string {
	return string(p.id)
}

// SetLastEventID sets the last event ID string to begin with, as browsers do when they reconnect. Call it before the
// first Feed.
func (p *Parser) SetLastEventID(id string) {
	p.setID([]byte(id))
}

// Reset makes p ready for the stream of a next connection: what was pending is dropped and an error forgotten, the last
// event ID and the limit stay.
func (p *Parser) Reset() {
	p.release()
	*p = Parser{MaxEventBytes: p.MaxEventBytes, id: p.id}
}

// block is what the lines of the present event have set so far: the standard's three buffers. Its slices point into the
// chunk or into a straddle's buffers.
type block struct {
	name, data, id []byte
	hasData, hasID bool
	joined         bool // data is the straddle's data buffer
}

// lines handles the lines of b and returns the unfinished last one.
func (p *Parser) lines(b []byte, e *block, h Handler) (rest []byte) {
	valid := utf8.Valid(b)
	limit := p.limit()
	// Positions of the next LF and the next CR, each looked for only when passed, so that b is scanned once for either.
	lf, cr := -1, -1
	for pos := 0; pos < len(b); {
		if lf < pos {
			lf = indexFrom(b, pos, '\n')
		}
		if cr < pos {
			cr = indexFrom(b, pos, '\r')
		}
		end := min(lf, cr)
		if end == len(b) {
			return b[pos:]
		}
		line := b[pos:end]
		pos = end + 1
		if end == cr {
			pos = p.passLF(b, pos)
		}
		if len(line) == 0 {
			p.dispatch(e, h)
			continue
		}
		if p.size+len(line) > limit {
			p.fail()
			return nil
		}
		p.line(line, valid, e, h)
	}
	return nil
}

// finishLine completes the held line from b and handles it. It returns how much of b that took, or -1 when the line
// goes on.
func (p *Parser) finishLine(b []byte, e *block, h Handler) int {
	end := indexFrom(b, 0, '\n')
	if cr := bytes.IndexByte(b[:end], '\r'); cr >= 0 {
		end = cr
	}
	line := p.held.line
	if p.size+len(line)+end > p.limit() {
		p.fail()
		return -1
	}
	line = append(line, b[:end]...)
	if end == len(b) {
		p.held.line = line
		return -1
	}
	p.held.line = line[:0] // e may point into it until hold
	n := end + 1
	if b[end] == '\r' {
		n = p.passLF(b, n)
	}
	p.line(line, utf8.Valid(line), e, h)
	return n
}

// passLF returns the position behind a LF at pos, which belongs to the CR before it; at the end of b it has the next
// chunk looked at.
func (p *Parser) passLF(b []byte, pos int) int {
	if pos == len(b) {
		p.skipLF = true
		return pos
	}
	if b[pos] == '\n' {
		pos++
	}
	return pos
}

// passMark takes a byte order mark, or what there is of it, off the stream's first bytes (Encoding 6, "UTF-8 decode").
func (p *Parser) passMark(b []byte) []byte {
	for len(b) > 0 && int(p.mark) < len(byteOrderMark) {
		if b[0] != byteOrderMark[p.mark] {
			if p.mark > 0 {
				s := p.straddle()
				s.line = append(s.line, byteOrderMark[:p.mark]...)
			}
			p.mark = uint8(len(byteOrderMark))
			return b
		}
		p.mark++
		b = b[1:]
	}
	return b
}

// line handles one line that is not blank: HTML 9.2.6, "process the field". valid vouches for its UTF-8.
func (p *Parser) line(line []byte, valid bool, e *block, h Handler) {
	switch line[0] {
	case ':':
		h.Comment(decoded(trimSpace(line[1:]), valid))
	case 'd':
		if v, ok := value(line, "data"); ok {
			p.size += len(line)
			p.addData(e, decoded(v, valid))
		}
	case 'e':
		if v, ok := value(line, "event"); ok {
			p.size += len(line)
			e.name = decoded(v, valid)
		}
	case 'i':
		if v, ok := value(line, "id"); ok && bytes.IndexByte(v, 0) < 0 {
			p.size += len(line)
			e.id, e.hasID = decoded(v, valid), true
		}
	case 'r':
		if v, ok := value(line, "retry"); ok {
			if d, ok := milliseconds(v); ok {
				h.Retry(d)
			}
		}
	}
}

func (p *Parser) addData(e *block, v []byte) {
	if !e.hasData {
		e.data, e.hasData = v, true
		return
	}
	s := p.straddle()
	if !e.joined {
		s.data = append(s.data[:0], e.data...)
	}
	s.data = append(append(s.data, '\n'), v...)
	e.data, e.joined = s.data, true
}

// dispatch ends the present event at a blank line: HTML 9.2.6, "dispatch the event".
func (p *Parser) dispatch(e *block, h Handler) {
	if e.hasID {
		p.setID(e.id)
	}
	if e.hasData {
		h.Event(Event{Name: e.name, Data: e.data, ID: p.id})
	}
	*e = block{}
	p.size = 0
}

func (p *Parser) setID(id []byte) {
	p.id = refill(p.id, id)
}

func (p *Parser) limit() int {
	if p.MaxEventBytes <= 0 {
		return defaultMaxEventBytes
	}
	return p.MaxEventBytes
}

func (p *Parser) fail() {
	p.err = &EventTooLargeError{Limit: p.limit()}
	p.release()
}

// result keeps a nil *EventTooLargeError from becoming an error that is not nil.
func (p *Parser) result() error {
	if p.err != nil {
		return p.err
	}
	return nil
}

// value returns the value of line if its field name is name.
func value(line []byte, name string) ([]byte, bool) {
	n := len(name)
	if len(line) < n || string(line[:n]) != name {
		return nil, false
	}
	if len(line) == n {
		return nil, true
	}
	if line[n] != ':' {
		return nil, false
	}
	return trimSpace(line[n+1:]), true
}

// trimSpace takes off the one space that may follow a colon.
func trimSpace(v []byte) []byte {
	if len(v) > 0 && v[0] == ' ' {
		return v[1:]
	}
	return v
}

// milliseconds reads a retry value: ASCII digits only. What no Duration can hold becomes the longest one.
func milliseconds(v []byte) (time.Duration, bool) {
	const most = math.MaxInt64 / int64(time.Millisecond)
	if len(v) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), most+1)
	}
	if n > most {
		return math.MaxInt64, true
	}
	return time.Duration(n) * time.Millisecond, true
}

// indexFrom returns the position of c in b at or behind pos, or len(b).
func indexFrom(b []byte, pos int, c byte) int {
	if i := bytes.IndexByte(b[pos:], c); i >= 0 {
		return pos + i
	}
	return len(b)
}
