package probe

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// until reads a probe until what it says is as it should be: the kernel takes its
// time.
func until(t *testing.T, p leakcheck.Probe, is func(leakcheck.Sample) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		got, err := read(t.Context(), t, p)
		if err != nil {
			t.Fatal(err)
		}
		if is(got) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("in the end it says %+v", got)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// The server's ends of connections, each by the address it comes from and by how
// it stands. An IPv4 client of a server for both families is found too.
func TestSockets(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::]:0"} {
		t.Run(address, func(t *testing.T) {
			var lc net.ListenConfig
			ln, err := lc.Listen(t.Context(), "tcp", address)
			if err != nil {
				t.Skip(err)
			}
			defer ln.Close()
			port := ln.Addr().(*net.TCPAddr).Port
			p := parse(t, fmt.Sprintf("sockets:%d", port))
			until(t, p, func(s leakcheck.Sample) bool { return s.Count == 0 })

			var clients, servers []net.Conn
			var addrs []string
			for range 4 {
				c, err := new(net.Dialer).DialContext(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				s, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				clients, servers, addrs = append(clients, c), append(servers, s), append(addrs, c.LocalAddr().String())
			}
			slices.Sort(addrs)
			until(t, p, func(s leakcheck.Sample) bool {
				slices.Sort(s.IDs)
				return slices.Equal(s.IDs, addrs) && maps.Equal(s.Parts, map[string]int{"established": 4})
			})

			// One leaves and nobody reads it, one leaves and is read, one is let go.
			for _, c := range clients[:3] {
				_ = c.Close()
			}
			if n, err := io.Copy(io.Discard, servers[1]); n != 0 || err != nil {
				t.Fatal(n, err)
			}
			_ = servers[2].Close()
			until(t, p, func(s leakcheck.Sample) bool {
				return maps.Equal(s.Parts, map[string]int{
					"established": 1, "left by the client, and nobody reads it": 1, "left by the client, read, and ignored": 1,
				})
			})
			_ = ln.Close()
			_, err = read(t.Context(), t, p)
			told(t, err, fmt.Sprintf("nothing listens at port %d", port))
		})
	}
}
