package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// sum reads every replica with one and adds up what they count. What is missing
// ([absent]) counts zero where another replica has it, or where it was there at an
// earlier reading: many servers drop a figure when it is zero.
func (f *fetcher) sum(ctx context.Context, one func(context.Context, replica) (leakcheck.Sample, error)) (leakcheck.Sample, error) {
	samples, errs, err := each(ctx, f, one)
	if err != nil {
		return leakcheck.Sample{}, err
	}
	var missing error
	for _, err := range errs {
		switch {
		case err == nil:
			f.seen = true
		case errors.As(err, new(absent)):
			missing = err
		default:
			return leakcheck.Sample{}, err
		}
	}
	if missing != nil && !f.seen {
		return leakcheck.Sample{}, missing
	}
	return add(samples), nil
}

// each does one thing with every replica, at once with all of them, and returns
// what came of it in their order.
func each[T any](ctx context.Context, f *fetcher, one func(context.Context, replica) (T, error)) ([]T, []error, error) {
	if err := f.resolve(ctx); err != nil {
		return nil, nil, err
	}
	results, errs := make([]T, len(f.replicas)), make([]error, len(f.replicas))
	var all sync.WaitGroup
	for i, r := range f.replicas {
		all.Go(func() { results[i], errs[i] = one(ctx, r) })
	}
	all.Wait()
	return results, errs, nil
}

// body is sum of the bodies at the fetcher's own URL.
func (f *fetcher) body(ctx context.Context, read func(context.Context, []byte) (leakcheck.Sample, error)) (leakcheck.Sample, error) {
	return f.sum(ctx, func(ctx context.Context, r replica) (leakcheck.Sample, error) {
		body, err := r.get(ctx, f.url)
		if err != nil {
			return leakcheck.Sample{}, err
		}
		sample, err := read(ctx, body)
		if err != nil {
			err = fmt.Errorf("%s: %w", client.Redact(f.url), err)
		}
		return sample, err
	})
}

// absent says that an answer is as it should be and lacks the figure.
type absent struct{ error }

func (e absent) Unwrap() error { return e.error }

// add adds samples up. There are ids only where all have some.
func add(samples []leakcheck.Sample) leakcheck.Sample {
	total := samples[0]
	for _, s := range samples[1:] {
		total.Count += s.Count
		total.IDs = append(total.IDs, s.IDs...)
		for name, n := range s.Parts {
			if total.Parts == nil {
				total.Parts = map[string]int{}
			}
			total.Parts[name] += n
		}
	}
	for _, s := range samples {
		if s.IDs == nil {
			total.IDs = nil
		}
	}
	return total
}

// resolve finds the replicas, at the first reading: a run has to look at the same
// ones from its beginning to its end.
func (f *fetcher) resolve(ctx context.Context) error {
	if f.replicas != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	addrs, err := f.addresses(ctx)
	if err != nil {
		return replica{fetcher: f}.unreached(f.url, err)
	}
	for _, addr := range addrs {
		f.replicas = append(f.replicas, replica{f, f.client(addr)})
	}
	return nil
}

// addresses are those of the replicas behind the URL's name. The zero address
// stands for the name itself: where it has one address, where it means this
// machine, and where a proxy looks it up. A name with addresses of both families
// has each machine twice: the larger family is taken.
func (f *fetcher) addresses(ctx context.Context) ([]netip.Addr, error) {
	itself := []netip.Addr{{}}
	u, err := url.Parse(f.url)
	if err != nil {
		return itself, nil //nolint:nilerr // get tells, without quoting it
	}
	host := u.Hostname()
	for name, ip := range f.access.Resolve {
		if addr, err := netip.ParseAddr(ip); err == nil && strings.EqualFold(name, hostPort(u)) {
			return []netip.Addr{addr}, nil
		}
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return itself, nil
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); proxy != nil || err != nil {
		return itself, nil //nolint:nilerr // the request tells
	}
	resolver := f.access.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var v4, v6 []netip.Addr
	for _, addr := range found {
		if addr = addr.Unmap(); addr.Is4() {
			v4 = append(v4, addr)
		} else {
			v6 = append(v6, addr)
		}
	}
	switch {
	case len(v4) <= 1 && len(v6) <= 1:
		return itself, nil
	case len(v4) >= len(v6):
		return v4, nil
	default:
		return v6, nil
	}
}

// client reaches the URL's name at an address, or wherever it leads where that
// is zero.
func (f *fetcher) client(addr netip.Addr) *http.Client {
	dial := (&net.Dialer{Resolver: f.access.Resolver}).DialContext
	if addr.IsValid() {
		free := dial
		dial = func(ctx context.Context, network, to string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(to); err == nil && host == f.host() { // else a redirect leads elsewhere
				to = net.JoinHostPort(addr.String(), port)
			}
			return free(ctx, network, to)
		}
	}
	return &http.Client{
		Timeout:       f.timeout,
		CheckRedirect: client.CheckRedirect,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dial,
			TLSClientConfig:     f.access.TLS,
			MaxIdleConnsPerHost: 1,
			IdleConnTimeout:     2 * time.Second,
		},
	}
}

// hostPort is where a URL's server listens.
func hostPort(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), portOf(u))
}

// portOf is a URL's port, its scheme's where it names none.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

func (f *fetcher) host() string {
	u, err := url.Parse(f.url)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// closeIdle closes the connections that wait for the next reading.
func (f *fetcher) closeIdle() {
	for _, r := range f.replicas {
		r.client.CloseIdleConnections()
	}
}
