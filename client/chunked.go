package client

import "math"

// maxChunkLine limits a chunk line: the size and its extensions.
const maxChunkLine = 4 << 10

// readChunked reads the chunked coding (RFC 9112 7.1) up to the end of one piece of data. Lines of it must end in CRLF:
// the tolerance of RFC 9112 2.2 is for the head.
func (r *Response) readChunked(b []byte) (data []byte, used int) {
	for i, c := range b {
		if r.state == stateChunk {
			data = r.take(b[i:], stateChunkCR)
			return data, i + len(data)
		}
		if problem := r.frame(c); problem != "" {
			r.fail(protocolError(problem, b[max(0, i-31):i+1]))
			return nil, i
		}
		if r.state == stateDone {
			return nil, i + 1
		}
	}
	return nil, len(b)
}

// frame reads one byte outside of chunk data. It returns what is wrong with it, if anything is.
func (r *Response) frame(c byte) Problem {
	switch r.state {
	case stateSize, stateSizeDigits, stateExtension:
		return r.chunkLine(c)
	case stateSizeLF:
		r.line = 0
		if r.remain == 0 {
			return r.expect(c, '\n', stateTrailer, ProblemChunkLine)
		}
		return r.expect(c, '\n', stateChunk, ProblemChunkLine)
	case stateChunkCR:
		return r.expect(c, '\r', stateChunkLF, ProblemChunkEnd)
	case stateChunkLF:
		return r.expect(c, '\n', stateSize, ProblemChunkEnd)
	case stateLastLF:
		return r.expect(c, '\n', stateDone, ProblemTrailer)
	default:
		return r.trailer(c)
	}
}

func (r *Response) expect(c, want byte, next responseState, otherwise Problem) Problem {
	if c != want {
		return otherwise
	}
	r.state = next
	return ""
}

// chunkLine reads chunk-size [ chunk-ext ] CR. White space after the size is taken for an extension's (BWS, RFC 9112
// 7.1.1), so the padded sizes of old servers pass. What an extension says is ignored.
func (r *Response) chunkLine(c byte) Problem {
	if r.line++; r.line > maxChunkLine {
		return ProblemChunkTooLong
	}
	digit := hexDigit(c)
	switch {
	case c == '\r' && r.state != stateSize:
		r.state = stateSizeLF
	case r.state == stateExtension:
		if c < ' ' && c != '\t' || c == 0x7F {
			return ProblemChunkLine
		}
	case digit >= 0:
		if r.remain > math.MaxInt64>>4 {
			return ProblemChunkSize
		}
		r.remain = r.remain<<4 | int64(digit)
		r.state = stateSizeDigits
	case r.state == stateSizeDigits && (c == ';' || c == ' ' || c == '\t'):
		r.state = stateExtension
	default:
		return ProblemChunkLine
	}
	return ""
}

// trailer skips the trailer section (RFC 9112 7.1.2): its fields come too late for anything here.
func (r *Response) trailer(c byte) Problem {
	if r.line++; int(r.line) > r.maxHeadBytes() {
		return ProblemTrailerTooLong
	}
	switch {
	case r.state == stateTrailerLF:
		return r.expect(c, '\n', stateTrailer, ProblemTrailer)
	case c == '\r' && r.state == stateTrailer:
		r.state = stateLastLF
	case c == '\r':
		r.state = stateTrailerLF
	case c == '\n':
		return ProblemTrailer
	default:
		r.state = stateTrailerLine
	}
	return ""
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
