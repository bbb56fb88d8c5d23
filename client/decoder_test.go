package client

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// feedDecoder feeds the chunks, reading on after a refusal, and ends the connection.
func feedDecoder(d *Decoder, chunks []string, h StreamHandler) (used int, err error) {
	for _, chunk := range chunks {
		b := []byte(chunk)
		n, err := d.Feed(b, h)
		scrub(b)
		used += n
		var refused *RefusedError
		if err != nil && !errors.As(err, &refused) {
			break
		}
	}
	return used, d.End()
}

func TestDecoderStream(t *testing.T) {
	const wire = streamHead +
		"5\r\n: hi\n\r\n" + "11;x=y\r\nid: 1\ndata: a\n\nda\r\n" + "A\r\nta: b\r\n\r\nr\r\n" + "8\r\netry: 9\n\r\n" +
		"0\r\n\r\n"
	want := []string{comment("hi"), event("", "a", "1"), event("", "b", "1"), retry(9e6)}
	eachSplit(wire+"rest", func(name string, chunks []string) {
		var d Decoder
		var got record
		used, err := feedDecoder(&d, chunks, &got)
		if err != nil || !d.Done() || d.Parser.Pending() || used != len(wire) {
			t.Errorf("%s: error %v, done %t, pending %t, used %d", name, err, d.Done(), d.Parser.Pending(), used)
		}
		sameLines(t, name, got.lines, want)
		if len(got.heads) != 1 || got.heads[0].Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: heads %v", name, got.heads)
		}
	})
}

func TestDecoderEnd(t *testing.T) {
	const closing = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	cases := []struct {
		name, wire    string
		cut           string // what End says, if anything
		done, pending bool
	}{
		{name: "complete", wire: streamHead + "9\r\ndata: a\n\n\r\n0\r\n\r\n", done: true},
		{name: "complete within an event", wire: streamHead + "8\r\ndata: a\n\r\n0\r\n\r\n", done: true, pending: true},
		{name: "cut between chunks", wire: streamHead + "9\r\ndata: a\n\n\r\n", cut: "before the last chunk"},
		{name: "cut between chunks, within an event", wire: streamHead + "8\r\ndata: a\n\r\n", cut: "before the last chunk", pending: true},
		{name: "cut within a chunk", wire: streamHead + "9\r\ndata: a", cut: "2 bytes of data short", pending: true},
		{name: "until close", wire: closing + "data: a\n\n", done: true},
		{name: "until close, within an event", wire: closing + "data: a", done: true, pending: true},
		{name: "no answer", wire: "", cut: "before any byte"},
		{name: "cut head", wire: streamHead[:30], cut: "within the head"},
	}
	for _, c := range cases {
		eachSplit(c.wire, func(name string, chunks []string) {
			var d Decoder
			_, err := feedDecoder(&d, chunks, new(record))
			if c.cut == "" && err != nil || c.cut != "" && (!errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), c.cut)) {
				t.Errorf("%s, %s: error %v, want %q", c.name, name, err, c.cut)
			}
			if d.Done() != c.done || d.Parser.Pending() != c.pending {
				t.Errorf("%s, %s: done %t, pending %t", c.name, name, d.Done(), d.Parser.Pending())
			}
		})
	}
}

func TestDecoderErrors(t *testing.T) {
	var d Decoder
	_, err := d.Feed([]byte("220 smtp.example.org ESMTP\r\n"), new(record))
	var protocol *ProtocolError
	if !errors.As(err, &protocol) || !errors.Is(d.End(), err) {
		t.Errorf("error %v, end %v", err, d.End())
	}

	d = Decoder{Parser: Parser{MaxEventBytes: 10}}
	var got record
	n, err := d.Feed([]byte(streamHead+"20\r\ndata: a\n\ndata: too large\n\ndata: b\n\r\n"), &got)
	var large *EventTooLargeError
	if !errors.As(err, &large) || !errors.Is(d.End(), err) || n != len(streamHead)+4+0x20 {
		t.Errorf("used %d, error %v, end %v", n, err, d.End())
	}
	sameLines(t, "before the large event", got.lines, []string{message("a")})
}

// refuser refuses what is no event stream.
type refuser struct{ record }

func (r *refuser) Head(h *Head) error { return CheckHead(h) }

func TestDecoderRefuses(t *testing.T) {
	const body = "data: too many sessions\n\n"
	const wire = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 25\r\n\r\n" + body
	eachSplit(wire, func(name string, chunks []string) {
		var d Decoder
		var got refuser
		_, err := feedDecoder(&d, chunks, &got)
		var refused *RefusedError
		var status *StatusError
		if !errors.As(err, &refused) || !errors.As(err, &status) || status.Status != 503 || string(refused.Body) != body || !d.Done() {
			t.Errorf("%s: error %v, done %t", name, err, d.Done())
		}
		sameLines(t, name, got.lines, nil)
	})
	var d Decoder
	if _, err := d.Feed([]byte(wire[:len(wire)-len(body)]), new(refuser)); err == nil {
		t.Error("no error before the body came")
	}
}

func TestDecoderKeepsLittleOfARefusedBody(t *testing.T) {
	var d Decoder
	chunk := []byte("HTTP/1.1 500 x\r\n\r\n" + strings.Repeat("y", 150))
	for range 3 {
		_, err := d.Feed(chunk, new(refuser))
		var refused *RefusedError
		if !errors.As(err, &refused) || len(refused.Body) > MaxRefusedBody {
			t.Fatalf("error %v", err)
		}
	}
	if got := len(d.refused.Body); got != MaxRefusedBody {
		t.Errorf("%d bytes kept", got)
	}
}

func TestDecoderReset(t *testing.T) {
	d := Decoder{Response: Response{MaxHeadBytes: 1000}, Parser: Parser{MaxEventBytes: 100}}
	var got record
	if _, err := feedDecoder(&d, []string{streamHead, "1A\r\nid: 1\ndata: a\n\nid: 2\ndata:\r\n"}, &got); err == nil {
		t.Fatal("no error for a cut stream")
	}
	d.Reset()
	if _, err := feedDecoder(&d, []string{streamHead, "9\r\ndata: b\n\n\r\n0\r\n\r\n"}, &got); err != nil {
		t.Fatal(err)
	}
	sameLines(t, "two connections", got.lines, []string{event("", "a", "1"), event("", "b", "1")})
	if d.Response.MaxHeadBytes != 1000 || d.Parser.MaxEventBytes != 100 {
		t.Errorf("limits %d and %d after Reset", d.Response.MaxHeadBytes, d.Parser.MaxEventBytes)
	}
	if _, err := d.Feed([]byte("no response"), &got); err != nil {
		t.Errorf("after the response: %v", err)
	}
	for _, wire := range []string{"HTTP/1.1 500 x\r\n\r\nbody", "SSH"} {
		d.Reset()
		if _, err := d.Feed([]byte(wire), new(refuser)); err == nil {
			t.Errorf("no error for %q", wire)
		}
	}
	d.Reset()
	if _, err := feedDecoder(&d, []string{streamHead, "0\r\n\r\n"}, &got); err != nil {
		t.Errorf("after errors: %v", err)
	}
}
