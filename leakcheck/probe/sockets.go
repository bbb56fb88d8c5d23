package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// newSockets makes the place of "PORT": the server's ends of the connections to a
// port of this machine, each by the address it comes from, by which a load knows
// its streams ([loadgen.Load.AppendMatches]). Without PORT it is the port of
// [Access.Target].
func newSockets(rest string, a Access) (place, error) {
	text := rest
	if u, err := url.Parse(a.Target); err == nil && text == "" {
		text = portOf(u)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return place{}, errors.New("no port")
	}
	where := strconv.FormatUint(port, 10)
	return place{where: where, role: leakcheck.Sessions, read: func(context.Context) (leakcheck.Sample, error) {
		tables, err := socketTables()
		if err != nil {
			return leakcheck.Sample{}, err
		}
		return connections(tables, uint16(port))
	}}, nil
}

// The states of a TCP socket, as Linux numbers them (include/net/tcp_states.h).
const (
	established = 0x01
	synReceived = 0x03
	timeWait    = 0x06
	closed      = 0x07
	closeWait   = 0x08
	listening   = 0x0a
)

// The timers of a socket, as /proc/net/tcp numbers them (proc_net_tcp.rst).
const (
	retransmitting = 1
	windowProbing  = 4
)

// connections counts the server's ends in the tables, /proc/net/tcp and tcp6:
// those that a process holds or is still to accept. What the kernel sees to its
// end by itself is nobody's leak.
func connections(tables string, port uint16) (leakcheck.Sample, error) {
	s := leakcheck.Sample{IDs: []string{}, Parts: map[string]int{}}
	mark := fmt.Sprintf(":%04X ", port)
	listens := false
	for text := range strings.Lines(tables) {
		if !strings.Contains(text, mark) {
			continue // cheaper than to read every line
		}
		c, err := parseSocket(text)
		if err != nil {
			return leakcheck.Sample{}, &Error{Err: err, hint: "this machine's /proc/net/tcp is not as Linux writes it"}
		}
		switch {
		case c.local.Port() != port:
		case c.state == listening:
			listens = true
		case c.held():
			s.IDs = append(s.IDs, c.peer.String())
			s.Parts[c.standing()]++
		}
	}
	s.Count = len(s.IDs)
	if !listens {
		return leakcheck.Sample{}, &Error{
			Err:  fmt.Errorf("nothing listens at port %d of this machine: %w", port, leakcheck.ErrUnreachable),
			hint: "the server's sockets can be read where it runs, outside of containers",
		}
	}
	return s, nil
}

// socket is a line of /proc/net/tcp.
type socket struct {
	local, peer netip.AddrPort
	state       uint64
	unread      uint64 // bytes, and 1 for a FIN
	timer       uint64
	retries     uint64
	inode       string // 0 where no process holds it
}

func parseSocket(text string) (socket, error) {
	f := strings.Fields(text)
	if len(f) < 10 {
		return socket{}, errors.New("a line of /proc/net/tcp is too short")
	}
	var c socket
	local, err1 := parseAddress(f[1])
	peer, err2 := parseAddress(f[2])
	c.local, c.peer, c.inode = local, peer, f[9]
	_, unread, _ := strings.Cut(f[4], ":")
	timer, _, _ := strings.Cut(f[5], ":")
	errs := []error{err1, err2}
	for _, field := range []struct {
		text string
		to   *uint64
	}{{f[3], &c.state}, {unread, &c.unread}, {timer, &c.timer}, {f[6], &c.retries}} {
		n, err := strconv.ParseUint(field.text, 16, 64)
		*field.to = n
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// parseAddress reads an address of /proc/net/tcp: words of 32 bits in the
// machine's own order, in hexadecimal, and the port. An IPv4 peer of a server
// that listens for both families stands in tcp6.
func parseAddress(text string) (netip.AddrPort, error) {
	digits, number, _ := strings.Cut(text, ":")
	port, err := strconv.ParseUint(number, 16, 16)
	if err != nil || (len(digits) != 8 && len(digits) != 32) {
		return netip.AddrPort{}, fmt.Errorf("%q is no address of /proc/net/tcp", text)
	}
	var b []byte
	for ; digits != ""; digits = digits[8:] {
		word, err := strconv.ParseUint(digits[:8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is no address of /proc/net/tcp", text)
		}
		b = binary.NativeEndian.AppendUint32(b, uint32(word))
	}
	addr, _ := netip.AddrFromSlice(b) // of 4 or 16 bytes
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}

// held tells whether a process has a socket, or is still to accept it.
func (c socket) held() bool {
	switch c.state {
	case established, closeWait:
		return true
	case synReceived, timeWait, closed, listening:
		return false
	default: // being closed: an orphan of which only the kernel knows, or not
		return c.inode != "0"
	}
}

// standing says how a socket stands, which tells what its server does not do.
func (c socket) standing() string {
	switch {
	case c.state == closeWait && c.unread > 0:
		return leakcheck.Unread
	case c.state == closeWait:
		return leakcheck.Ignored
	case c.state != established:
		return "being closed"
	case c.timer == retransmitting && c.retries > 0:
		return "established, not acknowledged"
	case c.timer == windowProbing:
		return "established, the client's window is closed"
	default:
		return "established"
	}
}
