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
	// Reset closes the connection with an RST: a client is killed.
	Reset Disconnect = "reset"
)

// Disconnects returns every way to leave that this package knows, in the order
// in which reports list them.
func Disconnects() []Disconnect {
	return []Disconnect{Complete, Close, Reset}
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
