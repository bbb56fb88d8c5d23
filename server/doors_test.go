package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// entrance is a door from its client's side.
type entrance struct {
	name  string
	head  string // of the request: the query goes where %s stands
	body  string
	begun string // what a client sees of a stream that has begun,
	delta string // of a token,
	done  string // and of a complete reply
	bye   string // what a client sends that closes in order
}

const askedBody = `{"messages":[{"role":"user","content":"hi"}],"stream":%v}`

var (
	sseDoor   = entrance{name: "sse", head: "GET /sse/chat?%s HTTP/1.1\r\n", begun: "event: session", delta: "event: delta", done: "event: done"}
	chunkDoor = entrance{name: "openai", head: "POST /v1/chat/completions?%s HTTP/1.1\r\n", body: fmt.Sprintf(askedBody, true),
		begun: `"role":"assistant"`, delta: `"delta":{"content":`, done: "data: [DONE]"}
	// Of a reply that comes as a whole only the heartbeats can be seen before.
	wholeDoor = entrance{name: "openai-whole", head: "POST /v1/chat/completions?%s HTTP/1.1\r\n", body: fmt.Sprintf(askedBody, false),
		begun: "\r\n\r\n1\r\n\n", delta: "\r\n1\r\n\n", done: `"finish_reason":"stop"`}
	socketDoor = entrance{name: "ws", head: "GET /ws/chat?message=hi&%s HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
		begun: `"type":"session"`, delta: `"type":"delta"`, done: `"type":"done"`, bye: "\x88\x82\x00\x00\x00\x00\x03\xe8"}
)

// entrances are all of them.
var entrances = []entrance{sseDoor, chunkDoor, wholeDoor, socketDoor}

// knock asks at a door, and reads nothing.
func (r *running) knock(t testing.TB, e entrance, query string, header ...string) *peer {
	t.Helper()
	conn, err := (&net.Dialer{KeepAlive: -1}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return e.knock(t, conn.(*net.TCPConn), query, header...)
}

func (e entrance) knock(t testing.TB, conn *net.TCPConn, query string, header ...string) *peer {
	t.Helper()
	head := []string{fmt.Sprintf(e.head, query) + "Host: " + conn.RemoteAddr().String()}
	if e.body != "" {
		head = append(head, fmt.Sprint("Content-Length: ", len(e.body)))
	}
	p := send(t, conn, strings.Join(append(head, header...), "\r\n")+"\r\n\r\n"+e.body)
	p.socket = e.name == socketDoor.name
	return p
}

// enter is knock, and waits until the stream has begun.
func (r *running) enter(t testing.TB, e entrance, query string, header ...string) *peer {
	t.Helper()
	p := r.knock(t, e, query, header...)
	p.sees(t, e.begun)
	return p
}

// sees reads until what has come. It answers the pings that come before.
func (p *peer) sees(t testing.TB, what string) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	var seen []byte
	for !bytes.Contains(seen, []byte(what)) {
		part, err := p.next()
		if err != nil {
			t.Fatalf("waiting for %q: %v in %q", what, err, seen)
		}
		seen = append(seen, part...)
	}
}

// next reads a byte or, from a WebSocket, the handshake and then a message.
func (p *peer) next() ([]byte, error) {
	switch {
	case !p.socket:
		b, err := p.in.ReadByte()
		return []byte{b}, err
	case !p.upgraded:
		_, err := http.ReadResponse(p.in, nil)
		p.upgraded = true
		return nil, err
	}
	op, payload, err := p.frame()
	switch op {
	case 0x8:
		return nil, fmt.Errorf("closed: %q", payload)
	case 0x9: // a ping: a pong with the same payload
		_, err = p.Write(append([]byte{0x8a, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
		return nil, err
	}
	return payload, err
}

// stay reads on as long as the connection is there.
func (p *peer) stay() {
	_ = p.SetReadDeadline(time.Time{})
	go func() {
		for p.socket {
			if _, err := p.next(); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, p.in)
	}()
}

// frame reads one frame of a WebSocket (RFC 6455, section 5.2): a server's is
// not masked, ours are by zeros.
func (p *peer) frame() (op byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(p.in, head); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if n >= 126 {
		size := make([]byte, 8)
		if n == 126 {
			_, err = io.ReadFull(p.in, size[6:])
		} else {
			_, err = io.ReadFull(p.in, size)
		}
		n = binary.BigEndian.Uint64(size)
	}
	if err == nil {
		payload = make([]byte, n)
		_, err = io.ReadFull(p.in, payload)
	}
	return head[0] & 0xf, payload, err
}

// The life of a session is the same at every door: it is listed under its
// names, told of, counted, and gone.
func TestDoors(t *testing.T) {
	t.Parallel()
	for _, e := range entrances {
		t.Run(e.name, func(t *testing.T) {
			r := start(t, quick())
			p := r.enter(t, e, "tokens=30&rate=100&session=me&user=you", "X-Stream-Id: mine")
			s := r.answer(t).Sessions[0]
			equal(t, "id", s["id"], "me")
			equal(t, "stream id", s["stream_id"], "mine")
			equal(t, "user", s["user"], "you")
			equal(t, "transport", s["transport"], strings.TrimSuffix(e.name, "-whole"))
			p.sees(t, e.done)
			eventually(t, "nothing stays", func() bool { return r.active() == 0 && r.sessions.upstreams.Load() == 0 })
			equal(t, "completed", r.closed(CloseCompleted), 1)
			equal(t, "tokens sent", r.sessions.sent.Load(), 30)
			equal(t, "tokens made for nobody", r.sessions.afterDisconnect.Load(), 0)
			if e.bye != "" {
				_, _ = io.WriteString(p, e.bye)
			}
			p.ended(t) // the connection closes with its session
		})
	}
}

// A session of the same id is replaced, whatever the doors are.
func TestRefreshAcrossDoors(t *testing.T) {
	t.Parallel()
	r := start(t, quick())
	for i, e := range append(entrances, entrances...) {
		p := r.enter(t, e, "tokens=0&rate=100&session=me")
		equal(t, "active", r.active(), 1)
		equal(t, "replaced", r.closed(CloseReplaced), uint64(i))
		p.stay()
	}
	eventually(t, "one upstream", func() bool { return r.sessions.upstreams.Load() == 1 })
}

// Tokens that are made for somebody who has gone are counted at every door.
func TestWastedTokens(t *testing.T) {
	t.Parallel()
	for _, e := range entrances {
		t.Run(e.name, func(t *testing.T) {
			cfg := quick()
			cfg.Defects = []Defect{NoUpstreamCancel}
			r := start(t, cfg)
			r.enter(t, e, "tokens=60&rate=200").leave()
			eventually(t, "the reply is done", func() bool { return r.sessions.upstreams.Load() == 0 })
			equal(t, "active", r.active(), 0)
			a := r.answer(t)
			made, lost := a.Tokens["after_disconnect"]+a.Tokens["sent"], 1 // between the two
			if e.name == wholeDoor.name {
				lost = 60 - 1 // what was collected was neither sent nor made for nobody
			}
			if a.Tokens["after_disconnect"] == 0 || made > 60 || made < 60-lost {
				t.Errorf("%+v of 60 tokens are accounted for", a.Tokens)
			}
		})
	}
}

// What a door holds is the same as the next one's: net/http's goroutines and
// the upstream's. A WebSocket's reader stands where net/http's was.
func TestGoroutines(t *testing.T) {
	for _, e := range entrances {
		t.Run(e.name, func(t *testing.T) {
			r := start(t, DefaultConfig())
			r.do(t, "GET", "/healthz")
			before := r.answer(t).Process
			const n = 20
			for range n {
				r.knock(t, e, "tokens=0&rate=5")
			}
			eventually(t, "all are open", func() bool { return r.active() == n })
			during := r.answer(t).Process
			if g := during["goroutines"] - before["goroutines"]; g > 3*n+3 {
				t.Errorf("%d goroutines for %d sessions", g, n)
			}
		})
	}
}
