package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a client sends behind its head comes byte by byte: a body has ReadTimeout,
// and who is slow with a frame answers no ping meanwhile.
func TestSlowBodies(t *testing.T) {
	cfg := quick()
	cfg.ReadTimeout, cfg.UserTimeout = time.Second, 300*time.Millisecond
	r := start(t, cfg)
	before := r.answer(t)
	rows := []struct{ name, sends, drips, want string }{
		{"a body", completing + "Content-Length: 100000\r\n\r\n", "x", "HTTP/1.1 408 Request Timeout\r\n"},
		{"a chunk", completing + "Transfer-Encoding: chunked\r\n\r\nffff\r\n", "x", "HTTP/1.1 408 Request Timeout\r\n"},
		{"chunks", completing + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "HTTP/1.1 408 Request Timeout\r\n"},
		{"a handshake", "GET /ws/chat" + upgrading + "X-Slow: ", "x", ""},
		{"a frame", "GET /ws/chat" + upgrading + "\r\n\x81\xfe\x9c\x40\x00\x00\x00\x00", "x", "HTTP/1.1 101 Switching Protocols\r\n"},
	}
	const each = 5
	answers := make([]string, each*len(rows))
	var dripping sync.WaitGroup
	for i := range answers {
		row := rows[i/each]
		p := r.connect(t, row.sends)
		dripping.Go(func() { drip(p, row.drips) })
		dripping.Go(func() {
			defer func() { _ = p.Close() }()
			answers[i] = p.answers(t)
		})
	}
	dripping.Wait()
	for i, a := range answers {
		row := rows[i/each]
		if a != "" && (row.want == "" || !strings.HasPrefix(a, row.want)) {
			t.Errorf("%s: answered with %.60q", row.name, a)
		}
		if first := i - i%each; row.want != "" && strings.Join(answers[first:first+each], "") == "" { // a reset may overtake one
			t.Errorf("%s: nobody was answered", row.name)
		}
	}
	r.unharmed(t, before)
	equal(t, "opened", r.answer(t).Opened, 5) // the WebSockets
	equal(t, "for want of a pong", r.closed(CloseWriteFailed), 5)
}

// Over HTTP/2 the body of one stream is slow, and ended as one of a connection is.
func TestSlowBodyOverHTTP2(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ReadTimeout = 300 * time.Millisecond
	r := start(t, cfg)
	c := r.speak(t, "http", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, nil)
	body, slow := io.Pipe()
	var dripping sync.WaitGroup
	dripping.Go(func() { drip(slow, "x") })
	resp, err := c.Post(c.base+"/v1/chat/completions", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	_, _ = resp.Body.Close(), body.Close() // which ends the dripping
	dripping.Wait()
	equal(t, "status", fmt.Sprint(resp.Proto, resp.StatusCode, err), "HTTP/2.0408 <nil>")
	if !strings.HasPrefix(string(text), `{"error":{"message":"the body did not come within 300ms"`) {
		t.Errorf("%s", text)
	}
	equal(t, "opened", r.answer(t).Opened, 0)
}

// drip sends the same again and again until the connection has ended.
func drip(to io.Writer, what string) {
	for {
		if _, err := io.WriteString(to, what); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Clients that are lost while the server reads what they send: it sees that at
// once, whatever is missing.
func TestDropsInABody(t *testing.T) {
	r := start(t, quick())
	before := r.answer(t)
	posts := []string{
		completing + "Content-Length: 100\r\n\r\n" + chunkDoor.body[:20],
		completing + "Content-Length: 10485760\r\n\r\n" + strings.Repeat(" ", 500<<10),
		completing + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + chunkDoor.body[:20],
		"GET /ws/chat" + upgrading,
	}
	frames := []string{
		"\x81",
		"\x81\xa0\x00\x00\x00\x00{",
		"\x81\xff\x00\x00\x00\x00\x00\xa0\x00\x00\x00\x00\x00\x00" + strings.Repeat(" ", 40<<10),
		"\x01\x81\x00\x00\x00\x00{", // and no more of the message
		"\x88\x82\x00",
	}
	leave := []func(*peer){(*peer).leave, (*peer).reset, func(p *peer) { _ = p.CloseWrite() }}
	var lost []*peer
	for range leave {
		for _, sends := range posts {
			lost = append(lost, r.connect(t, sends))
		}
		for _, sends := range frames {
			p := r.enter(t, socketDoor, "tokens=0&rate=20")
			if _, err := io.WriteString(p, sends); err != nil {
				t.Fatal(err)
			}
			lost = append(lost, p)
		}
	}
	eventually(t, "all are connected", func() bool {
		return r.answer(t).Process["open_fds"] >= before.Process["open_fds"]+2*len(lost) // both ends are this process's
	})
	for i, p := range lost {
		leave[i/(len(posts)+len(frames))](p)
	}
	eventually(t, "all are noticed", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
	for _, p := range lost {
		_ = p.Close() // of those that closed half
	}
	r.unharmed(t, before)
	equal(t, "opened", r.answer(t).Opened, len(leave)*len(frames))
	equal(t, "who was lost", fmt.Sprint(r.lost(), r.closed(CloseTimeout), r.closed(CloseSwept)), fmt.Sprint(len(leave)*len(frames), 0, 0))
}
