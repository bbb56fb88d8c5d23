package leakcheck

import (
	"context"
	"errors"
	"time"
)

// Role says what a probe's readings count.
type Role string

// The roles.
const (
	// Sessions are what the server keeps for streams.
	Sessions Role = "sessions"
	// Upstreams are generations that run for sessions.
	Upstreams Role = "upstreams"
	// Workers are what runs for sessions: goroutines, threads, timers.
	Workers Role = "workers"
	// Descriptors are a process's open files and sockets.
	Descriptors Role = "descriptors"
	// Memory is a process's, in bytes.
	Memory Role = "memory"
)

// Roles returns every role, in the order in which reports list them.
func Roles() []Role { return []Role{Sessions, Upstreams, Workers, Descriptors, Memory} }

// PerStream tells whether a role's counts rise by one with every stream. Those of
// the others rise by as much as the server likes, and need not come back to
// where they were: they are read and reported.
func (r Role) PerStream() bool { return r == Sessions || r == Upstreams }

// Series is one figure that a probe reads.
type Series struct {
	// Name is how reports call it.
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Spec says where it is read, without secrets.
	Spec string `json:"spec"`
}

// Probe is a place where a server's sessions can be counted or listed. Read is
// called by one goroutine at a time. A probe that has a method
// CloseIdleConnections, as an http.Client has, is called on it when a run has
// ended.
type Probe interface {
	// Series are the figures that the probe reads, always the same.
	Series() []Series
	// Read asks the server once.
	Read(context.Context) (Answer, error)
}

// ErrUnreachable is wrapped by the error of a reading that found nobody there,
// as far as a proxy can tell (502, 504). A refused connection is known by itself.
var ErrUnreachable = errors.New("nobody answers there")

// Answer is what a probe was told.
type Answer struct {
	// Samples has one sample for each of the probe's series.
	Samples []Sample
	// Server is what a server in our own form tells of itself; nil elsewhere.
	Server *Server
}

// Sample is one figure of an answer.
type Sample struct {
	Count int
	// IDs are the ids of what was counted, sessions' or streams' own; nil where
	// the place only counts. There may be more ids than sessions.
	IDs []string
	// Parts are what the count is made of, by name, where the place tells: the
	// goroutines by the stacks that they wait in. Only the largest may be there.
	Parts map[string]int
}

// Server is what a server in our own form tells of itself.
type Server struct {
	StartedAt time.Time `json:"started_at"`
	// Opened is how many sessions it has opened since.
	Opened int64  `json:"opened"`
	Config Limits `json:"config"`
}

// Limits are the bounds that a server keeps to, as far as they are known. Zero
// is one that it does not have.
type Limits struct {
	Timeout     time.Duration `json:"timeout"`
	Heartbeat   time.Duration `json:"heartbeat"`
	UserTimeout time.Duration `json:"user_timeout"`
	SweepEvery  time.Duration `json:"sweep_every"`
	IdleTimeout time.Duration `json:"idle_timeout"`
}
