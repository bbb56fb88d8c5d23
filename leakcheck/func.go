package leakcheck

import (
	"cmp"
	"context"
	"errors"
)

// Func is a probe that calls a function of this process, for tests of a server
// that runs in it: one of Count and List is set. It is called by one goroutine at a
// time, while the server serves.
type Func struct {
	// Role is what is counted. Default Sessions.
	Role Role
	// Count returns how many there are.
	Count func() int
	// List returns the ids of all that are there: of sessions, or of streams (what
	// came as X-Stream-Id).
	List func() []string
}

// Series is the one that the function counts.
func (f Func) Series() []Series {
	role := cmp.Or(f.Role, Sessions)
	return []Series{{Name: string(role), Role: role, Spec: "a function of this process"}}
}

// Read calls the function.
func (f Func) Read(context.Context) (Answer, error) {
	switch {
	case f.List != nil:
		ids := append([]string{}, f.List()...) // never nil: it does list ids
		return Answer{Samples: []Sample{{Count: len(ids), IDs: ids}}}, nil
	case f.Count != nil:
		return Answer{Samples: []Sample{{Count: f.Count()}}}, nil
	default:
		return Answer{}, errors.New("leakcheck.Func: neither Count nor List is set")
	}
}
