package loadgen

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// rawServer is a server at the level of its sockets, so that what a client does
// to a connection is seen as it is. Each connection that asks for something is
// answered by answer, in a goroutine of its own, and closed behind it.
type rawServer struct {
	net.Listener
	tls    *tls.Config // nil for plain http
	answer func(*rawConn)

	running sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	asked int
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func serve(t testing.TB, answer func(*rawConn)) *rawServer {
	t.Helper()
	return serveOn(t, listen(t), nil, answer)
}

func serveTLS(t testing.TB, answer func(*rawConn)) *rawServer {
	t.Helper()
	return serveOn(t, listen(t), &tls.Config{Certificates: []tls.Certificate{certificate()}}, answer)
}

func serveOn(t testing.TB, l net.Listener, config *tls.Config, answer func(*rawConn)) *rawServer {
	s := &rawServer{Listener: l, tls: config, answer: answer, conns: map[net.Conn]struct{}{}}
	s.running.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

// certificate is the one of every test server of httptest.
func certificate() tls.Certificate {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.TLS.Certificates[0]
}

func (s *rawServer) url() string {
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + s.Addr().String() + "/stream"
}

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
	raw := &rawConn{Conn: c, tcp: c.(*net.TCPConn)}
	if s.tls != nil {
		raw.Conn = tls.Server(c, s.tls)
	}
	var err error
	if raw.request, err = http.ReadRequest(bufio.NewReader(raw)); err != nil {
		return // a knock at the door
	}
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	s.answer(raw)
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

// open is how many connections the server still has.
func (s *rawServer) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// requests is how many requests have come.
func (s *rawServer) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// rawConn is one connection, seen by its server, and what it asked for. Nobody
// looks at a write's error: what the client did shows in gone.
type rawConn struct {
	net.Conn // TLS where the server speaks it
	tcp      *net.TCPConn
	request  *http.Request
}

func (c *rawConn) id() string { return c.request.Header.Get(StreamIDHeader) }

// head begins an event stream; its session's id is the stream's with an "s"
// before it.
func (c *rawConn) head() { c.headFor("s" + c.id()) }

func (c *rawConn) headFor(session string) { fmt.Fprint(c, headOf(session)) }

func headOf(session string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n%s: %s\r\n\r\n", SessionIDHeader, session)
}

// greet begins an event stream with its first event, in one write: on a busy machine
// a client may have its time between two.
func (c *rawConn) greet() { fmt.Fprint(c, headOf("s"+c.id())+chunkOf(hello)) }

func (c *rawConn) chunk(text string) { fmt.Fprint(c, chunkOf(text)) }

func chunkOf(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

const hello = "data: hello\n\n"

func (c *rawConn) event() { c.chunk(hello) }

func (c *rawConn) last() { fmt.Fprint(c, "0\r\n\r\n") }

// gone reads until the client has left, and returns how: io.EOF is a FIN.
func (c *rawConn) gone() error {
	_, err := io.Copy(io.Discard, onlyReader{c})
	if err == nil {
		return io.EOF
	}
	return err
}

// onlyReader keeps io.Copy from splicing.
type onlyReader struct{ io.Reader }

// flood writes events without a pause until that fails, beside whatever reads.
// The function that it returns waits for that, and returns how it failed.
func (c *rawConn) flood() (failed func() error) {
	failure := make(chan error, 1)
	text := strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n\n", 30)
	block := fmt.Appendf(nil, "%x\r\n%s\r\n", len(text), text)
	go func() {
		var err error
		for err == nil {
			_, err = c.Write(block)
		}
		failure <- err
	}()
	return func() error { return <-failure }
}

// cut ends the connection from the server's side with an RST.
func (c *rawConn) cut() {
	_ = c.tcp.SetLinger(0)
	c.tcp.Close()
}

// holdOpen answers with one event and waits for the client to leave.
func holdOpen(c *rawConn) {
	c.greet()
	_ = c.gone()
}

// small is a plan of n streams that leave in one way, soon.
func small(url string, n int, way Disconnect) Plan {
	return Plan{
		Request: Request{URL: url},
		Streams: n, Mix: Even(way), Tag: "t",
		Ramp: 50 * time.Millisecond, Hold: 100 * time.Millisecond, OpenTimeout: patience,
	}
}

// insecure has the plan trust any server.
func insecure(p Plan) Plan {
	p.Request.TLS = &tls.Config{InsecureSkipVerify: true}
	return p
}

// patience bounds what should take no time at all.
const patience = 20 * time.Second

func start(t testing.TB, p Plan) *Load {
	t.Helper()
	l, err := Start(t.Context(), p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

// run takes a plan's streams through their lives and returns their records.
func run(t testing.TB, p Plan) []Record {
	t.Helper()
	l := start(t, p)
	await(t, "all streams to leave", l.Left())
	l.Release()
	records := l.AppendRecords(nil)
	for _, r := range records {
		checkMoments(t, r)
	}
	return records
}

// await waits for a channel to close.
func await(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited %s for %s", patience, what)
	}
}

// eventually waits for something to become true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for since := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(since) > patience {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// collect receives n values.
func collect[T any](t testing.TB, what string, c <-chan T, n int) []T {
	t.Helper()
	var got []T
	timeout := time.After(patience)
	for len(got) < n {
		select {
		case v := <-c:
			got = append(got, v)
		case <-timeout:
			t.Fatalf("waited %s for %d %s, %d came", patience, n, what, len(got))
		}
	}
	return got
}

// checkMoments sees that a record's moments follow one another.
func checkMoments(t testing.TB, r Record) {
	t.Helper()
	last := r.Due
	for _, moment := range []time.Duration{r.Connected, r.Opened, r.FirstEvent, r.Ended} {
		if moment != 0 && moment < last {
			t.Errorf("moments are not in order: %+v", r)
		}
		last = max(last, moment)
	}
	if (r.Ended != 0) != (r.End != Open) {
		t.Errorf("a record has an end without its moment, or the other way about: %+v", r)
	}
}

func isFIN(err error) bool { return errors.Is(err, io.EOF) }
func isRST(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

// childEnv has the test's binary run as a server instead.
const childEnv = "LOADGEN_TEST_SERVER"

// serveAsChild is a server of streams in a process of its own, until its
// standard input ends. Its first line is its URL.
func serveAsChild() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	s := &rawServer{Listener: l, answer: holdOpen, conns: map[net.Conn]struct{}{}}
	fmt.Println(s.url())
	go s.accept()
	io.Copy(io.Discard, os.Stdin)
}

// child starts such a server and returns its URL.
func child(t testing.TB) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
