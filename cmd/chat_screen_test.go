package cmd

import (
	"bytes"
	"io"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/server"
)

// On a terminal chat is a screen, until its user ends it: in a conversation that
// was loaded, with what was said before. (What the screen does is tested where
// it is.)
func TestChatScreen(t *testing.T) {
	master, slave, err := openPTY(80)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	s, err := server.New(server.Config{ReplyLength: 3, ReplyRate: 200})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(s.Handler())
	defer site.Close()

	code := make(chan int, 1)
	go func() {
		defer slave.Close()
		code <- Run(t.Context(), New("test"), []string{"chat", "--model", "m-1", site.URL}, slave, slave, slave)
	}()
	written := &shown{}
	drained := make(chan error, 1)
	go func() { drained <- drain(written, master) }()
	written.await(t, "Say something")
	written.await(t, "m-1")
	if _, err := io.WriteString(master, "\x03"); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != ExitClean {
		t.Errorf("it exits with %d:\n%q", got, written)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// A terminal that cannot place a cursor gets no screen, and its user is told.
func TestChatOnADumbTerminal(t *testing.T) {
	master, slave, err := openPTY(80)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	defer slave.Close()
	t.Setenv("TERM", "dumb")
	var said bytes.Buffer
	code := Run(t.Context(), New("test"), []string{"chat", "http://127.0.0.1:1/v1"}, slave, slave, &said)
	if code != ExitTrouble || !bytes.Contains(said.Bytes(), []byte("TERM=dumb")) {
		t.Errorf("it exits with %d: %s", code, &said)
	}
}

// shown is what was written to a terminal. It is safe for concurrent use.
type shown struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *shown) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if bytes.Contains([]byte(s.String()), []byte(text)) {
			return
		}
	}
	t.Fatalf("the terminal does not show %q:\n%q", text, s)
}
