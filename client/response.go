package client

import (
	"fmt"
	"io"
	"math"
)

// Response reads one HTTP/1.1 response (RFC 9112), pushed in by Feed, from the status line to the end of the body.
// Interim responses before it are skipped. The zero value is ready. It is not safe for concurrent use.
type Response struct {
	// MaxHeadBytes limits the head, interim heads included, and the trailer section. Zero means 64 KiB.
	MaxHeadBytes int
	// NoBody tells that the request was a HEAD: whatever the header fields say, no body follows.
	NoBody bool

	state  responseState
	line   int32 // bytes of the present chunk line, or of the trailer section
	head   *headReader
	remain int64 // bytes to come: of the body by its Content-Length, or of the chunk
	err    error
}

// ResponseHandler receives what a Response reads. An error of either method ends the response; Feed returns it.
type ResponseHandler interface {
	// Head is called once, before Body. The head is the handler's to keep.
	Head(*Head) error
	// Body is called with each piece of the body, free of its transfer coding. The slice is part of what was fed and
	// valid only during the call.
	Body([]byte) error
}

type responseState uint8

const (
	stateHead       responseState = iota
	stateUntilClose               // body delimited by the connection's end
	stateLength                   // body delimited by Content-Length
	stateSize                     // chunk line: before the first digit
	stateSizeDigits
	stateExtension
	stateSizeLF
	stateChunk
	stateChunkCR
	stateChunkLF
	stateTrailer // at the beginning of a line
	stateTrailerLine
	stateTrailerLF
	stateLastLF
	stateDone
)

// Feed reads b, which may end anywhere. n is how much of b belongs to the response; it is less than len(b) only if the
// response, or an error, ended it before. Errors are final, and each later call returns them again: a *ProtocolError,
// or what a handler's method returned.
func (r *Response) Feed(b []byte, h ResponseHandler) (n int, err error) {
	for n < len(b) && r.err == nil && r.state != stateDone {
		head, body, used := r.next(b[n:])
		n += used
		switch {
		case head != nil:
			r.err = h.Head(head)
		case len(body) > 0:
			r.err = h.Body(body)
		}
	}
	return n, r.err
}

// End is called when the connection has ended. It returns nil if the response was complete, or if its body is delimited
// by the connection's end; the error Feed ended with, if it did; otherwise what was missing, wrapping io.ErrUnexpectedEOF.
func (r *Response) End() error {
	if r.err != nil {
		return r.err
	}
	switch r.state {
	case stateDone:
		return nil
	case stateUntilClose:
		r.state = stateDone
		return nil
	}
	return fmt.Errorf("read response: connection ended %s: %w", r.missing(), io.ErrUnexpectedEOF)
}

// Done tells that the response is complete: what follows on the connection does not belong to it.
func (r *Response) Done() bool {
	return r.state == stateDone && r.err == nil
}

// next reads up to the end of the head or of one piece of the body, and returns it and how much of b was used. What is
// wrong goes to r.err.
func (r *Response) next(b []byte) (head *Head, body []byte, used int) {
	switch r.state {
	case stateHead:
		head, used = r.readHead(b)
		return head, nil, used
	case stateUntilClose:
		return nil, b, len(b)
	case stateLength:
		body = r.take(b, stateDone)
		return nil, body, len(body)
	default:
		body, used = r.readChunked(b)
		return nil, body, used
	}
}

func (r *Response) readHead(b []byte) (*Head, int) {
	if r.head == nil {
		r.head = &headReader{limit: r.maxHeadBytes()}
	}
	head, n, err := r.head.feed(b)
	if err != nil {
		r.fail(err)
		return nil, n
	}
	if head == nil {
		return nil, n
	}
	r.head = nil
	if r.state, r.remain, err = framing(head, r.NoBody); err != nil {
		r.fail(err)
		return nil, n
	}
	return head, n
}

// take cuts the bytes still to come off b, and moves on to state when there are no more.
func (r *Response) take(b []byte, state responseState) []byte {
	if int64(len(b)) >= r.remain {
		b = b[:r.remain]
		r.state = state
	}
	r.remain -= int64(len(b))
	return b
}

func (r *Response) maxHeadBytes() int {
	if r.MaxHeadBytes <= 0 {
		return defaultMaxHeadBytes
	}
	return min(r.MaxHeadBytes, math.MaxInt32-1) // so that line can count past it
}

func (r *Response) fail(err error) {
	r.head = nil
	r.err = err
}

// missing says where an incomplete response stands.
func (r *Response) missing() string {
	switch r.state {
	case stateHead:
		if r.head == nil {
			return "before any byte of a response"
		}
		return "within the head"
	case stateLength:
		return fmt.Sprintf("%d bytes short of the content length", r.remain)
	case stateSize:
		return "before the last chunk"
	case stateSizeDigits, stateExtension, stateSizeLF:
		return "within a chunk line"
	case stateChunk, stateChunkCR, stateChunkLF:
		return fmt.Sprintf("within a chunk, %d bytes of data short", r.remain)
	default:
		return "within the trailer section"
	}
}
