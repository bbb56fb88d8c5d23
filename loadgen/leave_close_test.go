package loadgen

import (
	"io"
	"net"
	"strings"
	"testing"
)

// pair is a connection's two ends.
func pair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	l := listen(t)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// unread leaves bytes in the client's socket: the first was read, so that the
// others are there too.
func unread(t *testing.T, client, server net.Conn) {
	t.Helper()
	if _, err := io.WriteString(server, strings.Repeat("x", 10_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestLeaveCloseIsAFIN(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nothing is unread", "bytes are unread"} {
		t.Run(name, func(t *testing.T) {
			for range 40 {
				client, server := pair(t)
				if name == "bytes are unread" {
					unread(t, client, server)
				}
				if err := LeaveClose(client); err != nil {
					t.Fatal(err)
				}
				if _, err := server.Read(make([]byte, 1)); !isFIN(err) {
					t.Fatalf("the server sees %v, want a FIN", err)
				}
			}
		})
	}
}

func TestLeaveCloseOfAnyConnection(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	if err := LeaveClose(client); err != nil {
		t.Error(err)
	}
	if _, err := server.Read(make([]byte, 1)); !isFIN(err) {
		t.Errorf("the other end sees %v", err)
	}
}

func TestLeaveCloseTwice(t *testing.T) {
	client, _ := pair(t)
	if err := LeaveClose(client); err != nil {
		t.Fatal(err)
	}
	if err := LeaveClose(client); err == nil {
		t.Error("a closed connection was closed again")
	}
}
