package loadgen

import (
	"net"
	"strings"
	"testing"
)

func TestLeaveResetIsAnRST(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nothing is unread", "bytes are unread"} {
		t.Run(name, func(t *testing.T) {
			for range 40 {
				client, server := pair(t)
				if name == "bytes are unread" {
					unread(t, client, server)
				}
				if err := LeaveReset(client); err != nil {
					t.Fatal(err)
				}
				if _, err := server.Read(make([]byte, 1)); !isRST(err) {
					t.Fatalf("the server sees %v, want an RST", err)
				}
			}
		})
	}
}

func TestLeaveResetNeedsTCP(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	if err := LeaveReset(client); err == nil || !strings.Contains(err.Error(), "no TCP connection") {
		t.Errorf("LeaveReset of a pipe: %v", err)
	}
}

func TestLeaveResetOfAClosedConnection(t *testing.T) {
	client, _ := pair(t)
	client.Close()
	if err := LeaveReset(client); err == nil || !strings.Contains(err.Error(), "SO_LINGER") {
		t.Errorf("LeaveReset of a closed connection: %v", err)
	}
}
