package probe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// nameServer is a name server that knows one name: the resolver asks it alone.
func nameServer(t *testing.T, name string, addrs ...string) *net.Resolver {
	t.Helper()
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			q := m.Questions[0]
			if q.Name.String() != name+"." {
				m.RCode = dnsmessage.RCodeNameError
			}
			for _, a := range addrs {
				addr := netip.MustParseAddr(a)
				head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
				switch {
				case m.RCode != 0:
				case addr.Is4() && q.Type == dnsmessage.TypeA:
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
				case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
				}
			}
			if reply, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// replicas are servers on one port of several loopback addresses.
func replicas(t *testing.T, h func(addr string) http.HandlerFunc, addrs ...string) (port int) {
	t.Helper()
	var lc net.ListenConfig
	for _, addr := range addrs {
		ln, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("%s:%d", addr, port))
		if err != nil {
			t.Skipf("this machine has no %s, or its port is taken: %v", addr, err)
		}
		port = ln.Addr().(*net.TCPAddr).Port
		s := httptest.NewUnstartedServer(h(addr))
		_ = s.Listener.Close()
		s.Listener = ln
		s.Start()
		t.Cleanup(s.Close)
	}
	return port
}

// Each address of a name is a replica: all are read, and summed.
func TestReplicasAreSummed(t *testing.T) {
	bodies := map[string]string{"127.0.0.1": `{"n": 3, "ids": ["a", "b"]}`, "127.0.0.2": `{"n": 4, "ids": ["c"]}`, "127.0.0.3": `{"n": 0, "ids": []}`}
	hosts := make(chan string, 100)
	port := replicas(t, func(addr string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			hosts <- r.Host
			_, _ = w.Write([]byte(bodies[addr]))
		}
	}, "127.0.0.1", "127.0.0.2", "127.0.0.3")
	a := Access{Resolver: nameServer(t, "chat.test", "127.0.0.1", "127.0.0.2", "127.0.0.3", "::1")}
	for filter, want := range map[string]leakcheck.Sample{".n": {Count: 7}, ".ids": {Count: 3, IDs: []string{"a", "b", "c"}}} {
		p, err := Parse(fmt.Sprintf("json:http://chat.test:%d/s#%s", port, filter), a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(t.Context(), t, p)
		slices.Sort(got.IDs)
		if err != nil || got.Count != want.Count || !slices.Equal(got.IDs, want.IDs) {
			t.Errorf("%s: %+v, %v", filter, got, err)
		}
		p.(*figure).CloseIdleConnections()
		for range 3 {
			if host := <-hosts; host != fmt.Sprintf("chat.test:%d", port) {
				t.Errorf("asked for %s", host)
			}
		}
	}
}

// A replica that does not answer leaves no sum.
func TestReplicaMissing(t *testing.T) {
	port := replicas(t, func(string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("3")) }
	}, "127.0.0.1")
	p, err := Parse(fmt.Sprintf("json:http://chat.test:%d/#.", port), Access{Resolver: nameServer(t, "chat.test", "127.0.0.1", "127.0.0.2")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(t.Context(), t, p)
	told(t, err, "127.0.0.2", "refused")
	p.(*figure).CloseIdleConnections()
}

// A figure that one replica has and another does not yet is that one's.
func TestReplicaWithoutTheFigure(t *testing.T) {
	port := replicas(t, func(addr string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if addr == "127.0.0.1" {
				_, _ = w.Write([]byte("active 3\n"))
			}
			_, _ = w.Write([]byte("other 1\n"))
		}
	}, "127.0.0.1", "127.0.0.2")
	p, err := Parse(fmt.Sprintf("prometheus:http://chat.test:%d/metrics#active", port), Access{Resolver: nameServer(t, "chat.test", "127.0.0.1", "127.0.0.2")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	p.(*figure).CloseIdleConnections()
}

// A name with an address of each family is one machine.
func TestNameOfOneMachine(t *testing.T) {
	var requests atomic.Int32
	port := replicas(t, func(string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { requests.Add(1); _, _ = w.Write([]byte("3")) }
	}, "127.0.0.1")
	p, err := Parse(fmt.Sprintf("json:http://chat.test:%d/#.", port), Access{Resolver: nameServer(t, "chat.test", "127.0.0.1", "::1")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 3 || requests.Load() != 1 {
		t.Errorf("%+v, %v, by %d requests", got, err, requests.Load())
	}
	p.(*figure).CloseIdleConnections()
}

func TestNameUnknown(t *testing.T) {
	p, err := Parse("json:http://hunter:2rabbit@nobody.test/#.", Access{Resolver: nameServer(t, "chat.test", "127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(t.Context(), t, p)
	hidden(t, "unknown name", told(t, err, "nobody.test", "no such host"))
}

// The replicas of a server in our own form tell as one.
func TestOwnReplicas(t *testing.T) {
	bodies := map[string]string{
		"127.0.0.1": `{"service": "sse-tool", "active": 2, "upstreams": 1, "opened": 10, "started_at": "2026-01-01T00:00:00Z", "sessions": [{"id": "a"}, {"id": "b", "stream_id": "s"}]}`,
		"127.0.0.2": `{"service": "sse-tool", "active": 1, "upstreams": 1, "opened": 5, "started_at": "2026-01-02T00:00:00Z", "sessions": [{"id": "c"}]}`,
	}
	port := replicas(t, func(addr string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(bodies[addr])) }
	}, "127.0.0.1", "127.0.0.2")
	own := NewOwn(fmt.Sprintf("http://chat.test:%d", port), Access{Resolver: nameServer(t, "chat.test", "127.0.0.1", "127.0.0.2")})
	defer own.CloseIdleConnections()
	a, err := own.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(a.Samples[0].IDs)
	if a.Samples[0].Count != 3 || a.Samples[1].Count != 2 || !slices.Equal(a.Samples[0].IDs, []string{"a", "c", "s"}) ||
		a.Server.Opened != 15 || a.Server.StartedAt.Day() != 2 {
		t.Errorf("%+v, %+v", a.Samples, a.Server)
	}
}
