package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bubble is a server in a synctest bubble: its clock jumps to the next thing
// to happen, its connections are pipes.
type bubble struct {
	*Server
	conns chan net.Conn
	stop  func()
}

func inBubble(t *testing.T, cfg Config, test func(*testing.T, *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{Server: must(New(cfg)), conns: make(chan net.Conn)}
		ctx, cancel := context.WithCancel(context.Background())
		ln := &pipeListener{conns: b.conns, closed: make(chan struct{})}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := b.Serve(ctx, ln); err != nil {
				t.Error(err)
			}
		}()
		b.stop = func() { cancel(); <-done }
		defer b.stop()
		test(t, b)
	})
}

// dial connects and asks for a path.
func (b *bubble) dial(t *testing.T, path string) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	b.conns <- there
	if _, err := io.WriteString(here, "GET "+path+" HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return here
}

// timeline reads a stream to its end and tells what came when.
func (b *bubble) timeline(t *testing.T, path string) string {
	t.Helper()
	conn := b.dial(t, path)
	defer func() { _ = conn.Close() }()
	begin := time.Now()
	var seen []string
	note := func(what string) {
		seen = append(seen, fmt.Sprintf("%d %s", int(time.Since(begin).Seconds()), what))
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			note(name)
		} else if comment, ok := strings.CutPrefix(lines.Text(), ": "); ok {
			note(comment)
		}
	}
	note("end")
	return strings.Join(seen, ", ")
}

// expect checks, when nothing moves any more, how many sessions ended so.
func (b *bubble) expect(t *testing.T, reason CloseReason, want uint64) {
	t.Helper()
	synctest.Wait()
	n, _ := b.sessions.count(nil)
	equal(t, string(reason), n.closed[reason], want)
	equal(t, "active", n.active, int(n.opened-total(n.closed)))
}

func total(closed map[CloseReason]uint64) (n uint64) {
	for _, c := range closed {
		n += c
	}
	return n
}

// pipeListener accepts the pipes that are sent to it.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
