package loadgen

import (
	"fmt"
	"net/netip"
)

// Limits are what this machine gives one process. A field of zero is not known
// and not checked.
type Limits struct {
	// Descriptors is how many files and sockets may be open at once.
	Descriptors int
	// Ports is how many connections one source address may have to one
	// destination.
	Ports int
}

const (
	// spareDescriptors is what a process needs besides its streams: its
	// standard streams, the runtime's poller, probes, report files.
	spareDescriptors = 64
	// loopbackSources is how many loopback addresses a load spreads over at the
	// most.
	loopbackSources = 100
)

// TooManyError is the answer to a plan that needs more than the machine gives.
type TooManyError struct {
	What        string // "open files" or "ports"
	Need, Limit int
	hint        string
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the plan needs %d %s, this process may have %d", e.Need, e.What, e.Limit)
}

// Hint says what to raise or lower.
func (e *TooManyError) Hint() string { return e.hint }

// Preflight tells, before anything is opened, whether a plan whose defaults are
// filled in fits into limits: nil or a *TooManyError.
func (p Plan) Preflight(l Limits) error {
	streams := p.Streams + p.Controls
	if need := streams + spareDescriptors; l.Descriptors > 0 && need > l.Descriptors {
		return &TooManyError{
			What: "open files", Need: need, Limit: l.Descriptors,
			hint: fmt.Sprintf("raise the hard limit (ulimit -Hn, LimitNOFILE= or limits.conf), or take -n %d",
				max(l.Descriptors-spareDescriptors-p.Controls, 1)),
		}
	}
	ports := l.Ports
	if p.Request.loopback() {
		ports *= loopbackSources
	}
	if ports > 0 && streams > ports {
		return &TooManyError{
			What: "ports", Need: streams, Limit: ports,
			hint: fmt.Sprintf("widen net.ipv4.ip_local_port_range, or take -n %d", max(ports-p.Controls, 1)),
		}
	}
	return nil
}

// sources is how many loopback addresses the streams of a plan have to spread
// over, because one has too few ports; zero where one is enough or the target
// is not on the loopback.
func (p Plan) sources(l Limits) int {
	streams, each := p.Streams+p.Controls, max(l.Ports*9/10, 1)
	if !p.Request.loopback() || l.Ports == 0 || streams <= each {
		return 0
	}
	return min(streams/each+1, loopbackSources)
}

// loopback tells whether the request goes to this machine's IPv4 loopback,
// whose whole range may be used as source addresses.
func (r Request) loopback() bool {
	host, _, _ := r.address()
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Is4() && ip.IsLoopback()
}
