package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ParseProxy reads one of Config.TrustedProxies: an address, or a range of them
// in CIDR form.
func ParseProxy(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: neither an address nor a range such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}

// client returns the address of who sent a request, as far as it is known: that
// of the connection's other end or, behind proxies that are trusted, the last
// one that such a proxy has seen and that is no trusted proxy itself. The zero
// Addr means that nobody knows.
func (s *Server) client(r *http.Request) netip.Addr {
	return clientAddr(peerAddr(r), r.Header.Values("X-Forwarded-For"), s.cfg.TrustedProxies)
}

func peerAddr(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr) // no TCP: nobody knows
	return peer.Addr().Unmap().WithZone("")
}

// clientAddr follows a request back from its peer. Each proxy adds whom it has
// seen at the right of X-Forwarded-For, so what stands left of the first one
// that is not trusted may be anybody's invention.
func clientAddr(peer netip.Addr, forwarded []string, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	client := peer
	for _, hop := range slices.Backward(hops) {
		if hop = strings.TrimSpace(hop); hop == "" {
			continue // an empty element of a list (RFC 9110, section 5.6.1.2)
		}
		if !contain(trusted, client) {
			break
		}
		client = parseHop(hop)
	}
	return client
}

func contain(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseHop reads an address, with a port or without; some proxies add it. The
// zero Addr is trusted by nobody, so what cannot be read ends the way back.
func parseHop(hop string) netip.Addr {
	addr, err := netip.ParseAddr(strings.Trim(hop, "[]"))
	if err != nil {
		withPort, _ := netip.ParseAddrPort(hop)
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("")
}

// local tells whether a request comes from this machine. It does not if a proxy
// on this machine passed it on that nobody said to trust, nor if it was made for
// another name than this machine's own: that is what a web page sends whose
// name was made to resolve to 127.0.0.1 after it was loaded (DNS rebinding).
func (s *Server) local(r *http.Request) bool {
	// Each of them may stand there more than once, the first time empty.
	relayed := len(r.Header.Values("Forwarded"))+len(r.Header.Values("Via")) > 0
	forwarded := strings.Trim(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ", ")
	switch {
	case len(r.Header.Values("X-Forwarded-For")) == 0 && !relayed:
	case !contain(s.cfg.TrustedProxies, peerAddr(r)), forwarded == "":
		return false // a proxy that nobody trusts, or that does not say for whom it asks
	}
	return s.client(r).IsLoopback() && isLoopbackName(r.Host)
}

// isLoopbackName tells whether the Host of a request can mean this machine only
// (RFC 6761, section 6.3).
func isLoopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
