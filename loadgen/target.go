package loadgen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// target is where streams connect to: a name that was looked up once, so that
// thousands of streams do not ask a name server thousands of times.
type target struct {
	addrs []netip.AddrPort
	tls   *tls.Config // nil for plain http
	// sources is how many loopback addresses the streams spread over; zero
	// leaves the source to the kernel.
	sources int
}

// resolve looks a request's host up and keeps the addresses that accept a
// connection now. Streams take them in turn, as clients of a balanced name do.
func resolve(ctx context.Context, r Request) (target, error) {
	host, port, secure := r.address()
	var t target
	if secure {
		t.tls = r.TLS.Clone()
		if t.tls == nil {
			t.tls = &tls.Config{}
		}
		if t.tls.ServerName == "" {
			t.tls.ServerName = host
		}
		t.tls.NextProtos = []string{"http/1.1"}
	}
	ips, err := r.lookUp(ctx, host, port)
	if err != nil {
		return t, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return t, fmt.Errorf("port %s: %w", port, errors.Unwrap(err))
	}
	var refused error
	for _, ip := range ips {
		addr := netip.AddrPortFrom(ip.Unmap(), uint16(number))
		if err := knock(ctx, addr); err != nil {
			refused = err
			continue
		}
		t.addrs = append(t.addrs, addr)
	}
	if len(t.addrs) == 0 {
		return t, refused
	}
	return t, nil
}

// lookUp returns the addresses of a host: that of Resolve, or its own.
func (r Request) lookUp(ctx context.Context, host, port string) ([]netip.Addr, error) {
	for name, ip := range r.Resolve {
		if strings.EqualFold(name, net.JoinHostPort(host, port)) {
			addr, err := netip.ParseAddr(ip)
			if err != nil {
				return nil, fmt.Errorf("look up %s: %w", host, err)
			}
			return []netip.Addr{addr}, nil
		}
	}
	if addr, err := netip.ParseAddr(host); err == nil { // the resolver loses its zone
		return []netip.Addr{addr}, nil
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// knockTimeout bounds how long one address may take to accept.
const knockTimeout = 5 * time.Second

// knock tells whether an address accepts a connection.
func knock(ctx context.Context, addr netip.AddrPort) error {
	d := net.Dialer{Timeout: knockTimeout, KeepAlive: -1}
	c, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return err
	}
	return c.Close()
}

// dial connects stream n, with the smallest receive buffer if it asks for that.
// Keep-alive is off: a stream that is to vanish must not be answered for by our
// kernel.
func (t target) dial(ctx context.Context, n int, small bool) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	if small {
		d.Control = SmallestBuffer
	}
	addr := t.addrs[n%len(t.addrs)]
	if t.sources > 0 && addr.Addr().Is4() { // IPv6 has one loopback address
		d.LocalAddr = &net.TCPAddr{IP: source(n % t.sources)}
	}
	c, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	if t.tls == nil {
		return c, nil
	}
	secure := tls.Client(c, t.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("tls handshake: %w", err)
	}
	return secure, nil
}

// source is the i-th loopback address: 127.0.0.1, 127.0.0.2, ...
func source(i int) net.IP {
	return net.IPv4(127, 0, byte((i+1)>>8), byte(i+1))
}
