package client

// Decoder reads the event stream of one HTTP/1.1 connection: the bytes the connection gives go in, the head and the
// events come out. Response and Parser are its parts; set their fields before the first Feed and ask them what Decoder
// does not tell, but feed only the Decoder. The zero value is ready. It is not safe for concurrent use.
type Decoder struct {
	Response Response
	Parser   Parser

	refused *RefusedError
}

// StreamHandler receives what a Decoder reads.
type StreamHandler interface {
	// Head is called once, before any event. An error of it refuses the response: nothing of the body is parsed, and
	// Feed returns a *RefusedError with it. CheckHead is what the standard asks for.
	Head(*Head) error
	Handler
}

// Feed reads b, which may end anywhere. n is how much of b belongs to the response. Errors are final: a *ProtocolError,
// an *EventTooLargeError, or a *RefusedError. That last one may still gather the beginning of the refused body: feed on
// for as long as it is worth waiting for, and read it then.
func (d *Decoder) Feed(b []byte, h StreamHandler) (n int, err error) {
	r := &d.Response
	for n < len(b) && r.err == nil && r.state != stateDone {
		head, body, used := r.next(b[n:])
		n += used
		switch {
		case head != nil:
			if err := h.Head(head); err != nil {
				d.refused = &RefusedError{Err: err}
			}
		case len(body) == 0:
		case d.refused != nil:
			d.refused.add(body)
		default:
			r.err = d.Parser.Feed(body, h)
		}
	}
	return n, d.result()
}

// End is called when the connection has ended. It returns the error that Feed ended with, if it did; nil if the response
// was complete, or is delimited by the connection's end; otherwise what was missing, wrapping io.ErrUnexpectedEOF. That
// an event was cut short, which the standard passes over, is told by Parser.Pending.
func (d *Decoder) End() error {
	err := d.Response.End()
	if d.refused != nil {
		return d.refused
	}
	return err
}

// Done tells that the response is complete. A server that ends its stream in good order ends it so, unless it delimits
// it by closing.
func (d *Decoder) Done() bool {
	return d.Response.Done()
}

// Reset makes d ready for a next connection: the limits and the last event ID stay, all else is forgotten.
func (d *Decoder) Reset() {
	d.Parser.Reset()
	*d = Decoder{
		Response: Response{MaxHeadBytes: d.Response.MaxHeadBytes, NoBody: d.Response.NoBody},
		Parser:   d.Parser,
	}
}

func (d *Decoder) result() error {
	if d.refused != nil {
		return d.refused
	}
	return d.Response.err
}
