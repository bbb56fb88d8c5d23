package loadgen

import (
	"errors"
	"fmt"
	"net"
)

// LeaveVanish makes a connection's kernel drop every packet that comes and
// acknowledge nothing, as if its network were lost; nothing is sent. The
// connection has to stay referenced and open for as long as the loss shall last,
// and is to be released by [LeaveReset]: a plain close would leave it in
// FIN_WAIT1. Its keep-alive must be off. Where the system cannot do it, or asks
// for a capability that the process does not have, the error wraps
// [errors.ErrUnsupported].
func LeaveVanish(c net.Conn) error {
	tcp, err := tcpConn(c)
	if err != nil {
		return err
	}
	return dropAll(tcp)
}

// vanish stays away until the load is released.
func (s *stream) vanish() {
	if s.depart(LeaveVanish) {
		s.hold()
	}
}

// unsupported wraps why a way cannot be taken here.
func unsupported(why string, err error) error {
	if err == nil {
		return fmt.Errorf("%s: %w", why, errors.ErrUnsupported)
	}
	return fmt.Errorf("%s: %w (%w)", why, err, errors.ErrUnsupported)
}
