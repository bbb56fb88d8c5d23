package client

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// answer is a ResponseHandler that writes down what it receives.
type answer struct {
	head *Head
	body []byte
}

func (a *answer) Head(h *Head) error {
	a.head = h
	return nil
}

func (a *answer) Body(b []byte) error {
	a.body = append(a.body, b...)
	return nil
}

// line is the answer in one line: protocol, status, reason, fields in order, body.
func (a *answer) line() string {
	if a.head == nil {
		return ""
	}
	// fmt sorts maps.
	return fmt.Sprintf("%s %d %q %v %q", a.head.Proto, a.head.Status, a.head.Reason, map[string][]string(a.head.Header), a.body)
}

// feedResponse feeds the chunks and ends the connection.
func feedResponse(r *Response, chunks []string, h ResponseHandler) (used int, err error) {
	for _, chunk := range chunks {
		b := []byte(chunk)
		n, err := r.Feed(b, h)
		scrub(b)
		used += n
		if n < len(b) || err != nil {
			break
		}
	}
	return used, r.End()
}

func TestResponseGood(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	cases := []struct {
		name, wire string
		noBody     bool
		want       string
		after      string // what of wire follows the response
	}{
		// RFC 9112 4 and 2.2: the head.
		{name: "until close", wire: ok + "\r\nbody", want: `HTTP/1.1 200 "OK" map[] "body"`},
		{name: "until close, empty", wire: ok + "\r\n", want: `HTTP/1.1 200 "OK" map[] ""`},
		{name: "HTTP/1.0", wire: "HTTP/1.0 200 OK\r\n\r\nbody", want: `HTTP/1.0 200 "OK" map[] "body"`},
		{name: "bare LF in the head", wire: "HTTP/1.1 200 OK\nA: b\n\nbody", want: `HTTP/1.1 200 "OK" map[A:[b]] "body"`},
		{name: "no reason", wire: "HTTP/1.1 200 \r\n\r\n", want: `HTTP/1.1 200 "" map[] ""`},
		{name: "no reason and no space", wire: "HTTP/1.1 200\r\n\r\n", want: `HTTP/1.1 200 "" map[] ""`},
		{name: "long reason", wire: "HTTP/1.1 404 Not \tFound \xE9\r\n\r\n", want: `HTTP/1.1 404 "Not \tFound \xe9" map[] ""`},
		{name: "unknown status", wire: "HTTP/1.1 799 x\r\n\r\n", want: `HTTP/1.1 799 "x" map[] ""`},
		// RFC 9112 5, RFC 9110 5: fields.
		{name: "white space about the value", wire: ok + "a-b: \t c d\t \r\n\r\n", want: `HTTP/1.1 200 "OK" map[A-B:[c d]] ""`},
		{name: "no space and no value", wire: ok + "A:b\r\nC:\r\n\r\n", want: `HTTP/1.1 200 "OK" map[A:[b] C:[]] ""`},
		{name: "several lines", wire: ok + "A: b\r\na: c, d\r\n\r\n", want: `HTTP/1.1 200 "OK" map[A:[b c, d]] ""`},
		{name: "token characters", wire: ok + "!#$%&'*+-.^_`|~0z: b\r\n\r\n", want: "HTTP/1.1 200 \"OK\" map[!#$%&'*+-.^_`|~0z:[b]] \"\""},
		{name: "obs-text", wire: ok + "A: \xE9\r\n\r\n", want: "HTTP/1.1 200 \"OK\" map[A:[\xE9]] \"\""},
		{name: "obs-fold", wire: ok + "A: b \r\n \t c\r\n\td\r\nE: f\r\n\r\n", want: `HTTP/1.1 200 "OK" map[A:[b c d] E:[f]] ""`},
		{name: "obs-fold of nothing", wire: ok + "A:\r\n b\r\n \r\n\r\n", want: `HTTP/1.1 200 "OK" map[A:[b]] ""`},
		// RFC 9110 15.2: interim responses.
		{name: "interim", wire: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "A: b\r\n\r\n",
			want: `HTTP/1.1 200 "OK" map[A:[b]] ""`},
		{name: "101 is final", wire: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw",
			want: `HTTP/1.1 101 "Switching Protocols" map[Upgrade:[x]] ""`, after: "raw"},
		// RFC 9112 6.3: where the body ends.
		{name: "204", wire: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\nrest",
			want: `HTTP/1.1 204 "No Content" map[Transfer-Encoding:[chunked]] ""`, after: "rest"},
		{name: "304", wire: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", want: `HTTP/1.1 304 "Not Modified" map[Content-Length:[5]] ""`},
		{name: "HEAD", noBody: true, wire: ok + "Content-Length: 5\r\n\r\nrest", want: `HTTP/1.1 200 "OK" map[Content-Length:[5]] ""`, after: "rest"},
		{name: "length", wire: ok + "Content-Length: 4\r\n\r\nbodyrest", want: `HTTP/1.1 200 "OK" map[Content-Length:[4]] "body"`, after: "rest"},
		{name: "length zero", wire: ok + "Content-Length: 0\r\n\r\nrest", want: `HTTP/1.1 200 "OK" map[Content-Length:[0]] ""`, after: "rest"},
		{name: "length twice the same", wire: ok + "Content-Length: 4, 4\r\nContent-Length: 04\r\n\r\nbody",
			want: `HTTP/1.1 200 "OK" map[Content-Length:[4, 4 04]] "body"`},
		{name: "chunked overrides length", wire: ok + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			want: `HTTP/1.1 200 "OK" map[Content-Length:[9] Transfer-Encoding:[chunked]] ""`},
		// RFC 9112 7.1: the chunked coding.
		{name: "chunks", wire: ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n00A\r\n0123\r\n6789\r\n0\r\n\r\nrest",
			want: `HTTP/1.1 200 "OK" map[Transfer-Encoding:[chunked]] "body0123\r\n6789"`, after: "rest"},
		{name: "chunked, oddly written", wire: ok + "transfer-encoding: ,Chunked ,\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
			want: `HTTP/1.1 200 "OK" map[Transfer-Encoding:[,Chunked ,]] "0123456789"`},
		{name: "extensions", wire: ok + "Transfer-Encoding: chunked\r\n\r\n4;a=\"\tb\"\r\nbody\r\n1 ; c\r\n!\r\n1  \r\n.\r\n0;d\r\n\r\n",
			want: `HTTP/1.1 200 "OK" map[Transfer-Encoding:[chunked]] "body!."`},
		{name: "trailer", wire: ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n!\r\n000\r\nA: b\r\nC: d\r\n\r\nrest",
			want: `HTTP/1.1 200 "OK" map[Transfer-Encoding:[chunked]] "!"`, after: "rest"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			eachSplit(c.wire, func(name string, chunks []string) {
				r := Response{NoBody: c.noBody}
				var got answer
				used, err := feedResponse(&r, chunks, &got)
				if err != nil || !r.Done() {
					t.Errorf("%s: error %v, done %t", name, err, r.Done())
				}
				if got.line() != c.want {
					t.Errorf("%s:\n got %s\nwant %s", name, got.line(), c.want)
				}
				if c.wire[used:] != c.after {
					t.Errorf("%s: left over %q, want %q", name, c.wire[used:], c.after)
				}
			})
		})
	}
}

func TestResponseBad(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	cases := []struct {
		name, wire string
		want       Problem
	}{
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", ProblemNotHTTP},
		{"not HTTP, no line end", "220", ProblemNotHTTP},
		{"name in small letters", "http/1.1 200 OK\r\n\r\n", ProblemNotHTTP},
		{"empty line first", "\r\n" + ok + "\r\n", ProblemNotHTTP},
		{"name cut by a line end", "HTTP\n/1.1 200 OK\r\n", ProblemNotHTTP},
		{"one byte like TLS", "\x15\n", ProblemNotHTTP},
		{"not HTTP after an interim", "HTTP/1.1 100 Continue\r\n\r\n\r\n", ProblemNotHTTP},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x46", ProblemTLS},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", ProblemVersion},
		{"version of two digits", "HTTP/1.10 200 OK\r\n\r\n", ProblemVersion},
		{"no status", "HTTP/1.1\r\n\r\n", ProblemStatusLine},
		{"status not a number", "HTTP/1.1 2x0 OK\r\n\r\n", ProblemStatusLine},
		{"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", ProblemStatusLine},
		{"status below 100", "HTTP/1.1 099 OK\r\n\r\n", ProblemStatusLine},
		{"two spaces", "HTTP/1.1  200 OK\r\n\r\n", ProblemStatusLine},
		{"NUL in the reason", "HTTP/1.1 200 O\x00K\r\n\r\n", ProblemStatusLine},
		{"CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", ProblemStatusLine},

		{"no colon", ok + "abc\r\n\r\n", ProblemField},
		{"no name", ok + ": b\r\n\r\n", ProblemField},
		{"space before the colon", ok + "A : b\r\n\r\n", ProblemField},
		{"space in the name", ok + "A B: c\r\n\r\n", ProblemField},
		{"name not ASCII", ok + "\xC3\xA9: c\r\n\r\n", ProblemField},
		{"NUL in a value", ok + "A: b\x00\r\n\r\n", ProblemField},
		{"CR in a value", ok + "A: b\rc\r\n\r\n", ProblemField},
		{"two CR at the end", ok + "A: b\r\r\n\r\n", ProblemField},
		{"DEL in a fold", ok + "A: b\r\n \x7F\r\n\r\n", ProblemField},
		{"space before the first field", ok + " A: b\r\n\r\n", ProblemField},
		{"space before the first field after an interim", "HTTP/1.1 100 x\r\nA: b\r\n\r\n" + ok + " c\r\n\r\n", ProblemField},

		{"coding", ok + "Transfer-Encoding: gzip\r\n\r\n", ProblemTransferCoding},
		{"codings", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", ProblemTransferCoding},
		{"chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", ProblemTransferCoding},
		{"identity", ok + "Transfer-Encoding: identity\r\n\r\n", ProblemTransferCoding},
		{"no coding", ok + "Transfer-Encoding:\r\n\r\n", ProblemTransferCoding},
		{"chunked by HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ProblemTransferCoding},
		{"lengths", ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", ProblemContentLength},
		{"lengths in one line", ok + "Content-Length: 4, 5\r\n\r\n", ProblemContentLength},
		{"length empty", ok + "Content-Length:\r\n\r\n", ProblemContentLength},
		{"length signed", ok + "Content-Length: +4\r\n\r\n", ProblemContentLength},
		{"length negative", ok + "Content-Length: -4\r\n\r\n", ProblemContentLength},
		{"length too large", ok + "Content-Length: 9223372036854775808\r\n\r\n", ProblemContentLength},

		{"chunk line LF", chunked + "4\nbody\r\n", ProblemChunkLine},
		{"chunk line CR x", chunked + "4\rx", ProblemChunkLine},
		{"chunk line empty", chunked + "\r\n", ProblemChunkLine},
		{"chunk size not hexadecimal", chunked + "4g\r\n", ProblemChunkLine},
		{"chunk size prefixed", chunked + "0x4\r\n", ProblemChunkLine},
		{"chunk size signed", chunked + "-4\r\n", ProblemChunkLine},
		{"chunk size after a space", chunked + " 4\r\n", ProblemChunkLine},
		{"chunk extension without size", chunked + ";a\r\n", ProblemChunkLine},
		{"chunk extension with LF", chunked + "4;a\nb\r\n", ProblemChunkLine},
		{"chunk size past 63 bits", chunked + "8000000000000000\r\n", ProblemChunkSize},
		{"chunk size of many digits", chunked + "10000000000000000\r\n", ProblemChunkSize},
		{"chunk too long for its size", chunked + "4\r\nbody!\r\n", ProblemChunkEnd},
		{"chunk ends in LF", chunked + "4\r\nbody\n", ProblemChunkEnd},
		{"chunk ends in CR x", chunked + "4\r\nbody\rx", ProblemChunkEnd},
		{"trailer with LF", chunked + "0\r\nA: b\n", ProblemTrailer},
		{"trailer with CR x", chunked + "0\r\nA: b\rx", ProblemTrailer},
		{"last line CR x", chunked + "0\r\n\rx", ProblemTrailer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			eachSplit(c.wire, func(name string, chunks []string) {
				var r Response
				_, err := feedResponse(&r, chunks, new(answer))
				var protocol *ProtocolError
				if !errors.As(err, &protocol) || protocol.Problem != c.want {
					t.Errorf("%s: error %v, want %q", name, err, c.want)
				}
				if _, again := r.Feed([]byte("x"), new(answer)); !errors.Is(again, err) || r.Done() {
					t.Errorf("%s: then %v, done %t; want the same error", name, again, r.Done())
				}
			})
		})
	}
}

func TestResponseLimits(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	field := "A: " + strings.Repeat("x", 65536-len("HTTP/1.1 200 OK\r\nA: \r\n\r\n"))
	long := strings.Repeat("x", 70000)
	cases := []struct {
		name, wire string
		max        int
		want       Problem // none: the response is good
	}{
		{"head at the limit", "HTTP/1.1 200 OK\r\n" + field + "\r\n\r\n", 0, ""},
		{"head past the limit", "HTTP/1.1 200 OK\r\n" + field + "x\r\n\r\n", 0, ProblemHeadTooLarge},
		{"head without a line end", "HTTP/1.1 200 " + long, 0, ProblemHeadTooLarge},
		{"head at a set limit", "HTTP/1.1 200 OK\n\n", 17, ""},
		{"head past a set limit", "HTTP/1.1 200 OK\n\n", 16, ProblemHeadTooLarge},
		{"interim without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 3000), 0, ProblemHeadTooLarge},
		{"extension", chunked + "1;" + long[:4000] + "\r\n!\r\n1;" + long[:4000] + "\r\n!\r\n0\r\n\r\n", 0, ""},
		{"extension too long", chunked + "1;" + long, 0, ProblemChunkTooLong},
		{"size of too many zeros", chunked + strings.Repeat("0", 5000), 0, ProblemChunkTooLong},
		{"trailer", chunked + "0\r\n" + long[:65000] + "\r\n\r\n", 0, ""},
		{"trailer too large", chunked + "0\r\n" + long, 0, ProblemTrailerTooLong},
		{"trailer of too many lines", chunked + "0\r\n" + strings.Repeat("A: b\r\n", 20000), 0, ProblemTrailerTooLong},
	}
	for _, c := range cases {
		for _, chunks := range [][]string{{c.wire}, strings.Split(c.wire, ""), strings.SplitAfter(c.wire, "\n")} {
			r := Response{MaxHeadBytes: c.max}
			_, err := feedResponse(&r, chunks, new(answer))
			var protocol *ProtocolError
			if errors.As(err, &protocol); c.want == "" && err != nil || c.want != "" && (protocol == nil || protocol.Problem != c.want) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.want)
			}
		}
	}
}

func TestResponseCut(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	cases := []struct{ wire, want string }{
		{"", "before any byte of a response"},
		{"H", "within the head"},
		{"\x15", "within the head"},
		{"HTTP/1.1 200 OK\r\nA: b\r\n", "within the head"},
		{"HTTP/1.1 100 Continue\r\n\r\n", "within the head"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", "7 bytes short of the content length"},
		{chunked, "before the last chunk"},
		{chunked + "4\r\nbody\r\n", "before the last chunk"},
		{chunked + "4", "within a chunk line"},
		{chunked + "4;a", "within a chunk line"},
		{chunked + "4\r", "within a chunk line"},
		{chunked + "4\r\nbo", "within a chunk, 2 bytes of data short"},
		{chunked + "4\r\nbody", "within a chunk, 0 bytes of data short"},
		{chunked + "4\r\nbody\r", "within a chunk, 0 bytes of data short"},
		{chunked + "0\r\n", "within the trailer section"},
		{chunked + "0\r\nA", "within the trailer section"},
		{chunked + "0\r\nA\r", "within the trailer section"},
		{chunked + "0\r\n\r", "within the trailer section"},
	}
	for _, c := range cases {
		eachSplit(c.wire, func(name string, chunks []string) {
			var r Response
			_, err := feedResponse(&r, chunks, new(answer))
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), c.want) || r.Done() {
				t.Errorf("%q, %s: error %v, want %q", c.wire, name, err, c.want)
			}
		})
	}
}

// stubborn is a ResponseHandler that fails.
type stubborn struct{ head, body error }

func (s stubborn) Head(*Head) error  { return s.head }
func (s stubborn) Body([]byte) error { return s.body }

func TestResponseHandlerErrors(t *testing.T) {
	enough := errors.New("enough")
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
	for used, h := range map[int]stubborn{len(head): {head: enough}, len(head) + 4: {body: enough}} {
		var r Response
		n, err := r.Feed([]byte(head+"bodyrest"), h)
		if n != used || !errors.Is(err, enough) || !errors.Is(r.End(), enough) || r.Done() {
			t.Errorf("used %d, error %v, end %v, done %t; want %d and the handler's error", n, err, r.End(), r.Done(), used)
		}
	}
}

func TestProtocolErrorText(t *testing.T) {
	for wire, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.2\r\n":            `read response: not an HTTP response: "SSH-2.0-OpenSSH_9.2\r\n"`,
		"\x15\x03\x01\x00\x02":               `read response: a TLS record in answer to plain HTTP: the server speaks https`,
		strings.Repeat("x", 100):             `read response: not an HTTP response: "` + strings.Repeat("x", 64) + `..."`,
		"HTTP/1.1 200 OK\r\nA : b\r\n\r\n":   `read response: malformed header field: "A : b"`,
		"HTTP/1.1 200 OK\r\n\x15\x03: b\r\n": `read response: malformed header field: "\x15\x03: b"`,
	} {
		var r Response
		if _, err := r.Feed([]byte(wire), new(answer)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
