package talk

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// rawServer is a server at the level of its sockets: what a client does to a connection is seen as it is, and a stream
// may break anywhere. Requests are answered in turn by the steps; the last one answers all that follow. /sessions is not
// found, and counts as no request.
type rawServer struct {
	net.Listener
	steps   []func(*rawConn)
	running sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	asked []*rawConn
}

func serveRaw(t testing.TB, steps ...func(*rawConn)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{Listener: l, steps: steps, conns: map[net.Conn]struct{}{}}
	s.running.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

func (s *rawServer) url() string { return "http://" + s.Addr().String() }

func (s *rawServer) accept() {
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.running.Go(func() { s.handle(c) })
	}
}

func (s *rawServer) handle(c net.Conn) {
	defer func() {
		c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if strings.HasPrefix(req.URL.Path, "/sessions") {
		fmt.Fprint(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	body, _ := io.ReadAll(req.Body) // a client that left is seen by the step
	raw := &rawConn{TCPConn: c.(*net.TCPConn), request: req, body: string(body)}
	s.mu.Lock()
	step := s.steps[min(len(s.asked), len(s.steps)-1)]
	s.asked = append(s.asked, raw)
	s.mu.Unlock()
	step(raw)
}

func (s *rawServer) stop() {
	s.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// requests are those that came.
func (s *rawServer) requests() []*rawConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*rawConn(nil), s.asked...)
}

// rawConn is one connection, seen by its server, and what it asked for. Nobody looks at a write's error: what the client
// did shows in gone.
type rawConn struct {
	*net.TCPConn
	request *http.Request
	body    string
}

// head begins an event stream.
func (c *rawConn) head() {
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Session-Id: raw\r\nConnection: close\r\n\r\n")
}

func (c *rawConn) chunk(text string) { fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text) }

// last ends the stream in good order.
func (c *rawConn) last() { fmt.Fprint(c, "0\r\n\r\n") }

// cut ends it where it is, as the end of its process does. What was sent before comes to the client.
func (c *rawConn) cut() { c.Close() }

// gone reads until the client has left, and returns how: io.EOF is a FIN.
func (c *rawConn) gone() error {
	for {
		if _, err := c.Read(make([]byte, 512)); err != nil {
			return err
		}
	}
}

// streams answers with an event stream of this text, and ends it in good order.
func streams(text string) func(*rawConn) {
	return func(c *rawConn) {
		c.head()
		c.chunk(text)
		c.last()
	}
}

// breaks answers with an event stream that breaks off behind this text.
func breaks(text string) func(*rawConn) {
	return func(c *rawConn) {
		c.head()
		c.chunk(text)
		c.cut()
	}
}

// answers answers with a body that is no event stream.
func answers(status int, contentType, body string) func(*rawConn) {
	return func(c *rawConn) {
		fmt.Fprintf(c, "HTTP/1.1 %d Status\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, contentType, len(body), body)
	}
}
