package server

import (
	"strconv"
	"sync"

	"github.com/r3labs/sse/v2"
)

// feed tells watchers of the sessions that open and close.
//
// The broadcasting is r3labs/sse's. Its server has no heartbeat, waits for the
// slowest of its readers, and keeps goroutines that wait for ever if it is
// closed before its handlers have returned. So it lives from the first watcher
// to the last, each of its readers is a mailbox that never makes it wait
// (mailbox.go), and nothing is published by waiting for it.
//
// A change that finds no room is left out. Changes are numbered, so a watcher
// sees that it missed some and asks GET /sessions again.
//
// It may be used by several goroutines.
type feed struct {
	mu       sync.Mutex
	watchers int
	server   *sse.Server // nil without watchers
	pending  []change

	publishing sync.Mutex // keeps changes in order; taken before mu
}

// feedStream is the name that r3labs/sse wants for what it broadcasts.
const feedStream = "sessions"

// changeKind is the name of a change's event.
type changeKind string

const (
	sessionOpened changeKind = "opened"
	sessionClosed changeKind = "closed"
)

// change is an event of the feed: a session opened or closed. A session that
// was replaced closes before its successor opens; both changes are of one
// moment, and have its Active.
type change struct {
	Kind   changeKind  `json:"-"`
	Seq    uint64      `json:"seq"`    // one more than the change before
	Active int         `json:"active"` // as GET /sessions had it then
	Reason CloseReason `json:"reason,omitempty"`
	identity
}

// join counts a watcher and returns what it has to read from. It must leave.
func (f *feed) join() *sse.Server {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers == 0 {
		f.server = sse.New()
		f.server.AutoReplay = false // it would keep every event for ever, and number them anew
		f.server.SplitData = true   // else data that begins with a colon is written as a comment
		f.server.CreateStream(feedStream)
	}
	f.watchers++
	return f.server
}

// leave is called when r3labs/sse's handler has returned. After the last one
// its server has nobody to wait for when it is closed.
func (f *feed) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers--; f.watchers == 0 {
		f.server.Close()
		f.server, f.pending = nil, nil
	}
}

func (f *feed) watched() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.watchers
}

// add queues a change for publish. It is called under the manager's lock, so
// it waits for nobody who sends.
func (f *feed) add(c change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers > 0 {
		f.pending = append(f.pending, c)
	}
}

// publish hands what is queued to the watchers, in order, without waiting for
// any. Callers hold no lock.
func (f *feed) publish() {
	f.publishing.Lock()
	defer f.publishing.Unlock()
	f.mu.Lock()
	changes, server := f.pending, f.server
	f.pending = nil
	f.mu.Unlock()
	for _, c := range changes {
		server.TryPublish(feedStream, &sse.Event{
			ID:    strconv.AppendUint(nil, c.Seq, 10),
			Event: []byte(c.Kind),
			Data:  appendJSON(nil, c),
		})
	}
}
