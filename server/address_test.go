package server

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientAddr(t *testing.T) {
	trusted := []netip.Prefix{must(ParseProxy("10.0.0.0/8")), must(ParseProxy("2001:db8::1"))}
	for _, c := range []struct {
		peer, want string
		forwarded  []string
	}{
		{peer: "192.0.2.1", want: "192.0.2.1"},
		{peer: "192.0.2.1", forwarded: []string{"127.0.0.1"}, want: "192.0.2.1"}, // nobody's proxy
		{peer: "10.0.0.1", want: "10.0.0.1"},
		{peer: "10.0.0.1", forwarded: []string{""}, want: "10.0.0.1"},
		{peer: "10.0.0.1", forwarded: []string{"192.0.2.1"}, want: "192.0.2.1"},
		{peer: "10.0.0.1", forwarded: []string{"192.0.2.1", ""}, want: "192.0.2.1"},
		{peer: "10.0.0.1", forwarded: []string{"192.0.2.1, ,"}, want: "192.0.2.1"},
		{peer: "10.0.0.1", forwarded: []string{"127.0.0.1, 192.0.2.1"}, want: "192.0.2.1"}, // the left one is invented
		{peer: "10.0.0.1", forwarded: []string{"127.0.0.1", "192.0.2.1,10.0.0.2", " 10.0.0.3 "}, want: "192.0.2.1"},
		{peer: "2001:db8::1", forwarded: []string{"[2001:db8::2]:4711"}, want: "2001:db8::2"},
		{peer: "10.0.0.1", forwarded: []string{"[2001:db8::2]"}, want: "2001:db8::2"},
		{peer: "10.0.0.1", forwarded: []string{"192.0.2.1:80"}, want: "192.0.2.1"},
		{peer: "10.0.0.1", forwarded: []string{"::ffff:192.0.2.1"}, want: "192.0.2.1"},
		{peer: "10.0.0.1", forwarded: []string{"fe80::1%eth0"}, want: "fe80::1"},
		{peer: "10.0.0.1", forwarded: []string{"127.0.0.1, unknown"}, want: "invalid IP"},
		{peer: "10.0.0.1", forwarded: []string{"127.0.0.1, unknown, 10.0.0.2"}, want: "invalid IP"},
		{peer: "10.0.0.1", forwarded: []string{"10.0.0.9,10.0.0.8"}, want: "10.0.0.9"},
	} {
		got := clientAddr(netip.MustParseAddr(c.peer), c.forwarded, trusted)
		equal(t, c.peer+" for "+strings.Join(c.forwarded, " | "), got.String(), c.want)
	}
}

func TestParseProxy(t *testing.T) {
	for in, want := range map[string]string{
		"10.1.2.3/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", "::1": "::1/128",
		"2001:db8::/32": "2001:db8::/32", "::ffff:192.0.2.1": "192.0.2.1/32",
	} {
		got, err := ParseProxy(in)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "proxy", "10.0.0.0/33", "fe80::1%eth0", "::ffff:10.0.0.0/104", "10.0.0.1:80"} {
		if p, err := ParseProxy(in); err == nil {
			t.Errorf("%q is taken for %v", in, p)
		}
	}
}

func TestLocal(t *testing.T) {
	cfg := DefaultConfig()
	cfg.TrustedProxies = []netip.Prefix{must(ParseProxy("127.0.0.2"))}
	s := must(New(cfg))
	for _, c := range []struct {
		peer, host, forwarded string
		want                  bool
	}{
		{"127.0.0.1:1", "localhost:8080", "", true},
		{"127.0.0.1:1", "127.0.0.1:8080", "", true},
		{"127.9.9.9:1", "app.LocalHost.", "", true},
		{"[::1]:1", "[::1]:8080", "", true},
		{"[::1]:1", "[::1]", "", true},
		{"[::ffff:127.0.0.1]:1", "localhost", "", true},
		{"192.0.2.1:1", "localhost", "", false},
		{"127.0.0.1:1", "evil.example:8080", "", false}, // DNS rebinding
		{"127.0.0.1:1", "localhost.evil.example", "", false},
		{"127.0.0.1:1", "", "", false},
		{"127.0.0.1:1", "localhost", "127.0.0.1", false}, // a proxy that nobody trusts
		{"127.0.0.2:1", "localhost", "127.0.0.1", true},
		{"127.0.0.2:1", "localhost", "192.0.2.1", false},
		{"127.0.0.2:1", "localhost", "127.0.0.1, garbage", false},
		{"pipe", "localhost", "", false},
	} {
		r := &http.Request{RemoteAddr: c.peer, Host: c.host, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		equal(t, c.peer+" asks "+c.host+" for "+c.forwarded, s.local(r), c.want)
	}
}

// Whatever a client writes into X-Forwarded-For, what the trusted proxy added
// behind it decides.
func FuzzClientAddr(f *testing.F) {
	f.Add("192.0.2.7, 10.0.0.2")
	f.Add("[::1]:80,,127.0.0.1")
	f.Add("::ffff:10.0.0.1%x, unknown, \"10.0.0.1\"")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	proxy, client := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := clientAddr(client, []string{forwarded}, trusted); got != client {
			t.Errorf("%q from nobody's proxy: %v", forwarded, got)
		}
		if got := clientAddr(proxy, []string{forwarded, client.String()}, trusted); got != client {
			t.Errorf("%q before the client: %v", forwarded, got)
		}
		got := clientAddr(proxy, []string{forwarded}, trusted)
		if got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q: %v is no plain address", forwarded, got)
		}
	})
}

// A header that stands there twice, the first time empty, is there.
func TestLocalBehindProxies(t *testing.T) {
	cfg := DefaultConfig()
	cfg.TrustedProxies = []netip.Prefix{must(ParseProxy("127.0.0.2"))}
	s := must(New(cfg))
	for _, c := range []struct {
		peer   string
		header http.Header
		want   bool
	}{
		{"127.0.0.1:1", http.Header{"X-Forwarded-For": {"", "192.0.2.1"}}, false},
		{"127.0.0.1:1", http.Header{"X-Forwarded-For": {""}}, false},
		{"127.0.0.1:1", http.Header{"Via": {"", "1.1 x"}}, false},
		{"127.0.0.1:1", http.Header{"Forwarded": {""}}, false},
		{"127.0.0.2:1", http.Header{"X-Forwarded-For": {"192.0.2.1", ""}}, false},
		{"127.0.0.2:1", http.Header{"X-Forwarded-For": {"", "127.0.0.1"}}, true},
		{"127.0.0.2:1", http.Header{"X-Forwarded-For": {" , "}}, false},
		{"127.0.0.2:1", http.Header{"Via": {"1.1 x"}}, false},
		{"127.0.0.2:1", http.Header{}, true},
	} {
		r := &http.Request{RemoteAddr: c.peer, Host: "localhost", Header: c.header}
		if got := s.local(r); got != c.want {
			t.Errorf("%s with %v: local %t", c.peer, c.header, got)
		}
	}
}
