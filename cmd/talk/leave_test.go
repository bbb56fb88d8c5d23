package talk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// Each way is seen by the feed of a real server, which lets the session go when it must.
func TestServerLetsGo(t *testing.T) {
	t.Parallel()
	c := resolved(t, Config{URL: startServer(t, server.Config{
		ReplyRate: 200, Heartbeat: 200 * time.Millisecond, WriteTimeout: time.Second, UserTimeout: time.Second,
	}) + "?tokens=0&size=200"})
	reasons := []string{"disconnected", "write_failed"} // its reader or its next token may be first to meet a socket that is gone
	for _, way := range Ways() {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			if err := way.Able(); err != nil {
				t.Skip(err)
			}
			sessions, err := Watch(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer sessions.Close()
			if l, err := sessions.Next(); err != nil || !l.Connected {
				t.Fatalf("%+v, %v", l, err)
			}
			r := ask(t, c, says("hello"))
			if h := hear(t, r, someText); h.err != nil {
				t.Fatal(h.err)
			}
			var d Departure
			if way == loadgen.Refresh {
				next, left, err := r.Refresh()
				if err != nil {
					t.Fatal(err)
				}
				d = left
				defer next.Close()
				if h := hear(t, next, someText); h.err != nil || h.life.Session != d.Session || h.life.Stream == d.Stream {
					t.Errorf("the successor: %+v", h)
				}
			} else if d, err = r.Leave(way); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Next(); !errors.Is(err, ErrLeft) {
				t.Errorf("Next: %v", err)
			}
			var g Gone
			next(t, sessions, "the session to go", func(l Live) (ok bool) { g, ok = d.Gone(l); return ok })
			successor := way == loadgen.Refresh && g.Reason == "replaced" // or the successor is
			if !successor && !slices.Contains(reasons, g.Reason) {
				t.Errorf("the reason is %q after %s, want one of %q", g.Reason, g.After, reasons)
			}
		})
	}
}

// desk is a stream that a test leaves, seen from the server's side.
type desk struct {
	reply   *Reply
	conn    *rawConn
	proceed chan struct{} // closed when the server may look how the client has gone
	gone    chan error
}

func newDesk(t *testing.T, dialect Dialect) *desk {
	t.Helper()
	d := &desk{proceed: make(chan struct{}), gone: make(chan error, 1)}
	conns := make(chan *rawConn, 1)
	s := serveRaw(t, func(c *rawConn) {
		c.head()
		c.chunk("id: 1\ndata: hello\n\n")
		conns <- c
		select {
		case <-d.proceed:
			d.gone <- c.gone()
		case <-time.After(patience):
		}
	})
	d.reply = ask(t, at(t, s.url()+"/stream", dialect), says("hi"))
	if h := hear(t, d.reply, someText); h.err != nil {
		t.Fatal(h.err)
	}
	d.conn = <-conns
	return d
}

// leave leaves while Next waits, which then says so.
func (d *desk) leave(t *testing.T, way loadgen.Disconnect) {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		u, err := d.reply.Next()
		if u.Life.State != Left || u.Life.Way != way || u.Text != "" {
			err = errors.Join(err, errors.New("it says "+string(u.Life.State)))
		}
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond) // for Next to wait, mostly
	before := time.Now()
	left, err := d.reply.Leave(way)
	if err != nil || left.Way != way || left.Session != "raw" || left.Stream == "" || left.At.Before(before) {
		t.Fatalf("%+v, %v", left, err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, ErrLeft) || err.Error() != ErrLeft.Error() {
			t.Errorf("Next ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Next still waits")
	}
	if _, err := d.reply.Leave(way); !errors.Is(err, ErrNotOpen) {
		t.Errorf("left again: %v", err)
	}
}

// What the server sees of each way that tells it.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for way, want := range map[loadgen.Disconnect]error{loadgen.Close: io.EOF, loadgen.Reset: syscall.ECONNRESET, loadgen.Refresh: io.EOF} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, Text)
			close(d.proceed)
			d.leave(t, way)
			if err := <-d.gone; !errors.Is(err, want) {
				t.Errorf("the server sees %v, want %v", err, want)
			}
		})
	}
}

// Close is a FIN too, and says nothing of a way.
func TestCloseIsAFIN(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Text)
	close(d.proceed)
	d.reply.Close()
	if err := <-d.gone; !errors.Is(err, io.EOF) {
		t.Errorf("the server sees %v", err)
	}
	if u, err := d.reply.Next(); !errors.Is(err, ErrLeft) || u.Life.State != Left || u.Life.Way != "" {
		t.Errorf("%v, %+v", err, u.Life)
	}
}

// Unless a connection is open there is nothing to stall on; hanging up works at any time.
func TestLeaveWithoutAConnection(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, breaks("retry: 60000\nid: 1\ndata: one\n\n"))
	for _, way := range []loadgen.Disconnect{loadgen.Close, loadgen.Reset} {
		r := ask(t, at(t, s.url()+"/stream", Text), says("hi"))
		if _, err := r.Leave(loadgen.Stall); !errors.Is(err, ErrNotOpen) {
			t.Errorf("while nothing is open: %v", err)
		}
		if _, err := r.Leave(loadgen.Overstay); err == nil || errors.Is(err, ErrNotOpen) {
			t.Errorf("no way of one answer: %v", err)
		}
		h := hear(t, r, func(u Update) bool { return u.Life.State == Reconnecting })
		if h.err != nil {
			t.Fatal(h.err)
		}
		if left := h.life.RetryIn(time.Now()); left < 50*time.Second {
			t.Errorf("the next attempt is in %s", left)
		}
		if _, err := r.Leave(loadgen.Vanish); !errors.Is(err, ErrNotOpen) {
			t.Errorf("while it waits: %v", err)
		}
		if _, err := r.Leave(way); err != nil {
			t.Errorf("%s: %v", way, err)
		}
		if u, err := r.Next(); !errors.Is(err, ErrLeft) || u.Life.Way != way {
			t.Errorf("%v, %+v", err, u.Life)
		}
		if _, err := r.WindowClosed(time.Now()); err == nil {
			t.Error("it has a window although it did not stall")
		}
	}
}

// The context ends whatever it waits for, and its cause is told.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	s := serveRaw(t, func(c *rawConn) { c.head(); c.chunk("data: one\n\n"); _ = c.gone() })
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := Ask(ctx, at(t, s.url()+"/stream", Text), says("hi"))
	defer r.Close()
	if h := hear(t, r, someText); h.err != nil {
		t.Fatal(h.err)
	}
	time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
	if h := hear(t, r, nil); !errors.Is(h.err, cause) || !errors.Is(h.err, context.Canceled) || h.life.State != Left {
		t.Errorf("%v, %s", h.err, h.life.State)
	}
}

// Over TLS the ways are the same, and who stalls sends no good-bye either.
func TestLeavingOverTLS(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 1)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sessions" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: "+r.Proto+"\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	for _, way := range []loadgen.Disconnect{loadgen.Close, loadgen.Reset, loadgen.Stall} {
		c := resolved(t, Config{URL: s.URL + "/stream", TLS: &tls.Config{InsecureSkipVerify: true}})
		r := ask(t, c, says("hi"))
		if h := hear(t, r, someText); h.err != nil || h.text != "HTTP/1.1" {
			t.Fatalf("%q, %v", h.text, h.err)
		}
		if _, err := r.Leave(way); err != nil {
			t.Fatal(err)
		}
		if way == loadgen.Stall {
			select {
			case <-gone:
				t.Error("the server saw a stall end")
			case <-time.After(200 * time.Millisecond):
			}
			r.Close()
		}
		select {
		case <-gone:
		case <-time.After(patience):
			t.Fatalf("%s: the server does not see it", way)
		}
	}
}

// eventually waits for something to become true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// Where there is a way out of what cannot be done, it is told.
func TestUnableHint(t *testing.T) {
	for _, tt := range []struct {
		err  *UnableError
		hint string
	}{
		{&UnableError{Way: loadgen.Vanish, Err: fmt.Errorf("no capability: %w", errors.ErrUnsupported)}, "unshare -Urn"},
		{&UnableError{Way: loadgen.Stall, Err: ErrNotOpen}, "ask something first"},
		{&UnableError{Way: loadgen.Reset, Err: io.EOF}, ""},
	} {
		if hint := tt.err.Hint(); !strings.Contains(hint, tt.hint) || (hint == "") != (tt.hint == "") {
			t.Errorf("%v: %q", tt.err, hint)
		}
	}
}
