package loadgen

import (
	"fmt"
	"slices"
	"strings"
)

// Disconnect is a way in which a stream leaves its server. The zero value is
// no way at all: a control, which stays.
type Disconnect string

// The ways to leave.
const (
	// Complete reads until the server ends the stream.
	Complete Disconnect = "complete"
	// Close closes the connection with a FIN: a tab is closed.
	Close Disconnect = "close"
	// HalfClose shuts the sending side, reads on for a while, and closes.
	HalfClose Disconnect = "half-close"
	// Reset closes the connection with an RST: a client is killed.
	Reset Disconnect = "reset"
	// Early closes after the request and before the first event.
	Early Disconnect = "early"
	// Refresh closes and opens the same session again at once, or just before.
	Refresh Disconnect = "refresh"
	// Stall stays connected and stops reading: a frozen tab.
	Stall Disconnect = "stall"
	// Overstay stays connected and reads on for ever.
	Overstay Disconnect = "overstay"
	// Vanish drops every packet that comes and sends none: a lost network.
	Vanish Disconnect = "vanish"
)

// Disconnects returns every way to leave, in the order in which reports list
// them.
func Disconnects() []Disconnect {
	return []Disconnect{Complete, Close, HalfClose, Reset, Early, Refresh, Stall, Overstay, Vanish}
}

// UnknownDisconnectError is the answer to the name of a way that does not
// exist.
type UnknownDisconnectError struct {
	Name string
}

func (e *UnknownDisconnectError) Error() string {
	return fmt.Sprintf("unknown way to disconnect %q", e.Name)
}

// Hint names the ways that there are.
func (e *UnknownDisconnectError) Hint() string {
	names := make([]string, 0, len(Disconnects()))
	for _, d := range Disconnects() {
		names = append(names, string(d))
	}
	return "the ways are " + strings.Join(names, ", ")
}

// ParseDisconnect returns the way with that name, or an
// *UnknownDisconnectError.
func ParseDisconnect(name string) (Disconnect, error) {
	if d := Disconnect(name); slices.Contains(Disconnects(), d) {
		return d, nil
	}
	return "", &UnknownDisconnectError{Name: name}
}

// Able tells whether this machine can have a stream leave in a way: nil, or an
// error that wraps [errors.ErrUnsupported] and says why not.
func (d Disconnect) Able() error {
	switch d {
	case Stall:
		return canStall()
	case Vanish:
		return canVanish()
	default:
		return nil
	}
}
