package loadgen

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const plainHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

// Every end that a stream can have but leaving. The server answers, and goes on
// when the client has opened the stream or has given it up.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer func(c *rawConn, opened <-chan struct{})
		end    End
		status int
		err    string // a part of the record's; empty for none
		opens  bool
	}{
		{"404", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n")
		}, Rejected, 404, "404 Not Found", false},
		{"503 without a length", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "HTTP/1.1 503 Busy\r\n\r\n")
		}, Rejected, 503, "503 Busy", false},
		{"HTML", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>")
		}, Rejected, 200, `"text/html; charset=utf-8"`, false},
		{"a content type without end", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: "+strings.Repeat("text/html; ", 5000)+"\r\nContent-Length: 0\r\n\r\n")
		}, Rejected, 200, "text/html; …", false},
		{"no HTTP", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "220 mail.example.com ESMTP\r\n")
		}, Rejected, 0, "not an HTTP response", false},
		{"HTTPS", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, "\x15\x03\x01\x00\x02\x02\x46")
		}, Rejected, 0, "https", false},
		{"no answer", func(c *rawConn, _ <-chan struct{}) {
			_ = c.gone()
		}, Failed, 0, "no answer within 1s", false},
		{"half a head", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, plainHead)
			_ = c.gone()
		}, Failed, 0, "no answer within 1s", false},
		{"FIN before the head", func(*rawConn, <-chan struct{}) {
		}, Failed, 0, "connection ended before any byte", false},
		{"RST before the head", func(c *rawConn, _ <-chan struct{}) {
			c.cut()
		}, Failed, 0, "reset", false},
		{"FIN in mid-chunk", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			fmt.Fprint(c, "40\r\ndata: hel")
			<-opened
		}, Cut, 200, "within a chunk", true},
		{"RST in mid-chunk", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			fmt.Fprint(c, "40\r\ndata: hel")
			<-opened
			c.cut()
		}, Cut, 200, "reset", true},
		{"FIN between chunks", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			c.event()
			<-opened
		}, Cut, 200, "before the last chunk", true},
		{"no chunk", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			<-opened
			fmt.Fprint(c, "data: hello\n\n")
		}, Cut, 200, "malformed chunk line", true},
		{"short of its length", func(c *rawConn, opened <-chan struct{}) {
			fmt.Fprint(c, plainHead+"Content-Length: 100\r\n\r\ndata: hello\n\n")
			<-opened
		}, Cut, 200, "short of the content length", true},
		{"an event without end", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			<-opened
			for range 40 { // 40 MB, if the client let it
				c.chunk("data: " + strings.Repeat("x", 1<<20) + "\n")
			}
		}, Failed, 200, "event", true},
		{"the last chunk", func(c *rawConn, opened <-chan struct{}) {
			c.head()
			c.event()
			<-opened
			c.last()
			_ = c.gone()
		}, Completed, 200, "", true},
		{"the last chunk at once", func(c *rawConn, _ <-chan struct{}) {
			c.head()
			c.event()
			c.last()
			_ = c.gone()
		}, Completed, 200, "", true},
		{"its whole length", func(c *rawConn, _ <-chan struct{}) {
			fmt.Fprint(c, plainHead+"Content-Length: 13\r\n\r\ndata: hello\n\n")
			_ = c.gone()
		}, Completed, 200, "", true},
		{"FIN as the end", func(c *rawConn, opened <-chan struct{}) {
			fmt.Fprint(c, plainHead+"\r\ndata: hello\n\n")
			<-opened
		}, Completed, 200, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			gate := make(chan struct{})
			s := serve(t, func(raw *rawConn) { c.answer(raw, gate) })
			p := small(s.url(), 1, Close)
			p.Hold = time.Minute // they end before they leave
			p.OpenTimeout = patience
			if strings.HasPrefix(c.err, "no answer") {
				p.OpenTimeout = time.Second
			}
			l := start(t, p)
			await(t, "the stream to open, or not to", l.Opened())
			close(gate)
			await(t, "the stream to end", l.Left())
			r := l.AppendRecords(nil)[0]
			checkMoments(t, r)
			if r.End != c.end || r.Status != c.status || (r.Opened != 0) != c.opens {
				t.Errorf("the record is %+v", r)
			}
			if (r.Err == "") != (c.err == "") || !strings.Contains(r.Err, c.err) {
				t.Errorf("the record's error is %q, want %q", r.Err, c.err)
			}
			eventually(t, "the connection to be closed", func() bool { return s.open() == 0 })
		})
	}
}

// Both ways to leave, 40 times each, seen from the server's side.
func TestStreamLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		way    Disconnect
		secure bool
		flood  bool // the client's socket has unread bytes when it leaves
		how    func(error) bool
	}{
		{"close is a FIN", Close, false, false, isFIN},
		{"close is a FIN in a flood", Close, false, true, isFIN},
		{"reset is an RST", Reset, false, false, isRST},
		{"close over TLS is a close_notify and a FIN", Close, true, false, isFIN},
		{"close over TLS is a close_notify and a FIN in a flood", Close, true, true, isFIN},
		{"reset over TLS is an RST", Reset, true, false, isRST},
	} {
		t.Run(c.name, func(t *testing.T) {
			const streams = 40
			seen := make(chan error, streams)
			answer := func(raw *rawConn) {
				raw.head()
				raw.event()
				failed := func() error { return nil }
				if c.flood {
					failed = raw.flood()
				}
				err := raw.gone()
				if c.secure && isFIN(err) { // that was the close_notify
					_, err = raw.tcp.Read(make([]byte, 1))
				}
				if failure := failed(); isRST(failure) { // a write may take the RST that a read would see
					err = failure
				}
				seen <- err
			}
			serve := serve
			if c.secure {
				serve = serveTLS
			}
			p := insecure(small(serve(t, answer).url(), streams, c.way))
			if c.flood { // few at a time, and for a moment
				p.Streams, p.Ramp, p.Hold = streams/4, time.Millisecond, 50*time.Millisecond
			}
			for left := 0; left < streams; left += p.Streams {
				for _, r := range run(t, p) {
					if r.End != Left || r.Err != "" || r.Disconnect != c.way {
						t.Errorf("the record is %+v", r)
					}
				}
			}
			for _, err := range collect(t, "ends", seen, streams) {
				if !c.how(err) {
					t.Errorf("the server sees %v", err)
				}
			}
		})
	}
}

// A server of net/http, which is what most people will point at.
func TestStreamLeavesAnHTTPSServer(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 20)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: hello\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	p := insecure(small(s.URL, 20, Close))
	p.Mix = Even(Close, Reset)
	for _, r := range run(t, p) {
		if r.End != Left || r.Events != 1 {
			t.Errorf("the record is %+v", r)
		}
	}
	collect(t, "cancelled requests", gone, 20)

	p.Request.TLS = nil
	for _, r := range run(t, p) {
		if r.End != Failed || !strings.Contains(r.Err, "tls handshake") {
			t.Errorf("a server that is not trusted: %+v", r)
		}
	}
}

func TestStreamRecord(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	s := serve(t, func(c *rawConn) {
		body := ": one\n\nid: 1\ndata: a\n\n: two\n\nretry: 5\ndata: b\ndata: c\n\n"
		head := plainHead + fmt.Sprintf("X-Session-Id: abc\r\nContent-Length: %d\r\n\r\n", len(body))
		written.Store(int64(len(head) + len(body)))
		fmt.Fprint(c, head, body)
		_ = c.gone()
	})
	r := run(t, small(s.url(), 1, Complete))[0]
	if r.N != 0 || r.ID != "t-0" || r.Session != "abc" || r.Status != 200 || r.Disconnect != Complete {
		t.Errorf("the record is %+v", r)
	}
	if r.Events != 2 || r.Comments != 2 || r.Bytes != written.Load() {
		t.Errorf("%d events, %d comments, %d bytes, want 2, 2 and %d", r.Events, r.Comments, r.Bytes, written.Load())
	}
	if r.Connected == 0 || r.Opened == 0 || r.FirstEvent == 0 || r.Ended == 0 {
		t.Errorf("moments are missing: %+v", r)
	}
}

// One that its server is slow to open is held all the same.
func TestStreamHoldsFromItsOpening(t *testing.T) {
	t.Parallel()
	const slow = 400 * time.Millisecond
	s := serve(t, func(c *rawConn) {
		time.Sleep(slow)
		holdOpen(c)
	})
	p := small(s.url(), 2, Close)
	for _, r := range run(t, p) {
		if r.End != Left || r.Ended-r.Opened < p.Hold || r.Ended-r.Due < p.Life() {
			t.Errorf("a stream was held for %s: %+v", r.Ended-r.Opened, r)
		}
	}
}

func TestStreamsAskByTheirWay(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 4)
	s := serve(t, func(c *rawConn) {
		asked <- c.id() + " " + c.request.URL.RawQuery
		holdOpen(c)
	})
	p := small(s.url()+"?user=u{{n}}", 3, Close)
	p.Mix, p.Controls = Even(Close, Reset), 1
	p.Shape = map[Disconnect]url.Values{Close: {"tokens": {"0"}}, "": {"control": {"1"}, "user": {"other"}}}
	got := map[string]bool{}
	records := run(t, p)
	for _, line := range collect(t, "requests", asked, 4) {
		got[line] = true
	}
	for _, r := range records {
		want := fmt.Sprintf("t-%d user=u%d", r.N, r.N)
		switch r.Disconnect {
		case Close:
			want += "&tokens=0"
		case "":
			want += "&control=1"
		}
		if !got[want] {
			t.Errorf("nobody asked %q, but %v", want, got)
		}
	}
}

// A connection that has a deadline of its own leaves by TLS all the same: the
// time to open has passed long ago when it leaves.
func TestStreamLeavesOverTLSAfterItsOpenTimeout(t *testing.T) {
	t.Parallel()
	seen := make(chan error, 1)
	s := serveTLS(t, func(c *rawConn) {
		c.head()
		c.event()
		seen <- c.gone()
	})
	p := insecure(small(s.url(), 1, Close))
	p.OpenTimeout, p.Hold = 3*time.Second, 3100*time.Millisecond
	if r := run(t, p)[0]; r.End != Left || r.Err != "" {
		t.Errorf("the record is %+v", r)
	}
	if err := collect(t, "ends", seen, 1)[0]; !errors.Is(err, io.EOF) {
		t.Errorf("the server sees %v, want a close_notify", err)
	}
}

func TestStreamCutOverTLS(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, func(c *rawConn) {
		c.head()
		c.event()
		c.tcp.Close()
	})
	r := run(t, insecure(small(s.url(), 1, Close)))[0]
	if r.End != Cut || r.Events != 1 {
		t.Errorf("the record is %+v", r)
	}
}
