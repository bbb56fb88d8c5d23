package loadgen

import (
	"crypto/tls"
	"net/netip"
	"slices"
	"testing"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	s := serve(t, holdOpen)
	r := Request{URL: s.url()}
	got, err := resolve(t.Context(), r)
	if err != nil || len(got.addrs) != 1 || got.addrs[0].String() != s.Addr().String() || got.tls != nil {
		t.Errorf("resolve: %+v, %v", got, err)
	}
}

func TestResolveTLS(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, holdOpen)
	for _, c := range []struct {
		config *tls.Config
		name   string
	}{
		{nil, "127.0.0.1"},
		{&tls.Config{MinVersion: tls.VersionTLS13}, "127.0.0.1"},
		{&tls.Config{ServerName: "example.com", NextProtos: []string{"h2"}}, "example.com"},
	} {
		got, err := resolve(t.Context(), Request{URL: s.url(), TLS: c.config})
		if err != nil || got.tls.ServerName != c.name || !slices.Equal(got.tls.NextProtos, []string{"http/1.1"}) {
			t.Fatalf("resolve: %+v, %v", got, err)
		}
		if c.config != nil && (got.tls == c.config || got.tls.MinVersion != c.config.MinVersion) {
			t.Error("the plan's configuration is not a copy, or not whole")
		}
	}
}

// A link-local address has a zone, which says on which link.
func TestLookUpKeepsTheZone(t *testing.T) {
	got, err := Request{}.lookUp(t.Context(), "fe80::1%lo", "80")
	if want := []netip.Addr{netip.MustParseAddr("fe80::1%lo")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}
