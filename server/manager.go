package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// manager knows the open sessions. There is one way in, open, and one way out,
// release; whoever ends a session calls release, and the first caller wins.
//
// Under its lock there are only map and counter updates: contexts are
// cancelled, sockets looked at and goroutines waited for outside.
type manager struct {
	cfg Config
	log *slog.Logger

	mu       sync.Mutex
	sessions map[string]*session
	opened   uint64
	closed   map[CloseReason]uint64
	ledger   ledger
	changes  uint64 // sessions opened and closed: the number of the feed's last event

	feed    feed
	drain   drain
	tallies tallies

	generations     sync.WaitGroup // one for each upstream's goroutine
	upstreams       atomic.Int64   // how many of them run
	sent            atomic.Uint64  // tokens written to their client
	afterDisconnect atomic.Uint64  // tokens generated when their client had gone

	// life ends when stop is called, at shutdown: for what a defect takes out of
	// the request's context.
	life    context.Context
	stop    context.CancelCauseFunc
	backlog backlog // used with SlowReclaim only
	hoard   hoard   // used with WorkerLeak, FDLeak and MemoryLeak only
}

func newManager(cfg Config) *manager {
	closed := make(map[CloseReason]uint64, len(closeReasons))
	for _, r := range closeReasons {
		closed[r] = 0
	}
	m := &manager{
		cfg: cfg, log: cfg.Logger, sessions: map[string]*session{}, closed: closed,
		ledger: newLedger(), drain: newDrain(), tallies: newTallies(),
	}
	m.life, m.stop = context.WithCancelCause(context.Background())
	return m
}

// open registers a session for a request. An open session of the same id is
// replaced: a page that was refreshed comes back before its old stream is
// known to be dead. An error tells why no session may be opened now.
func (m *manager) open(request context.Context, id identity) (*session, error) {
	s := newSession(request, id, m.cfg, time.Now())
	if m.cfg.defective(FDLeak) {
		m.hoard.duplicate(connOf(request))
	}

	m.mu.Lock()
	old := m.sessions[id.ID]
	if err := m.room(id, old); err != nil {
		m.mu.Unlock()
		s.end(CloseCancelled) // its timer
		return nil, err
	}
	m.sessions[id.ID] = s
	m.ledger.enter(s)
	m.opened++
	replaced := old != nil && m.close(old, CloseReplaced)
	if replaced {
		m.tell(sessionClosed, old)
	}
	m.tell(sessionOpened, s)
	m.mu.Unlock()

	m.feed.publish()
	if replaced {
		m.farewell(old)
	}
	return s, nil
}

// admits returns why no session of that identity may be opened now, or nil.
func (m *manager) admits(id identity) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.room(id, m.sessions[id.ID])
}

// room returns why no session of that identity may be opened, or nil. Callers
// hold mu.
func (m *manager) room(id identity, replaced *session) error {
	if m.drain.begun.Load() {
		m.ledger.refused[errDraining]++
		return errDraining
	}
	return m.ledger.room(id, replaced, m.cfg)
}

// release gives a session back: its entry, its timer, its upstream. It reports
// whether this call did it; a session is released once and counted once.
func (m *manager) release(s *session, reason CloseReason) bool {
	m.mu.Lock()
	first := m.close(s, reason)
	// Compare, then delete: after a refresh the entry is the successor's.
	ours := first && m.sessions[s.ID] == s
	if (ours || m.cfg.defective(RefreshKillsSuccessor)) && !m.cfg.defective(NoRemove) {
		delete(m.sessions, s.ID)
	}
	if first {
		m.tell(sessionClosed, s)
	}
	m.mu.Unlock()

	if first {
		m.feed.publish()
		m.farewell(s)
	}
	return first
}

// close marks s as closed and counts it, if it was open. Callers hold mu.
func (m *manager) close(s *session, reason CloseReason) bool {
	if s.closed != "" {
		return false
	}
	s.closed = reason
	m.closed[reason]++
	m.ledger.leave(s)
	return true
}

// tell numbers a change of the sessions and queues it for the feed; publish
// sends it when the lock is free. Callers hold mu.
func (m *manager) tell(kind changeKind, s *session) {
	m.changes++
	m.feed.add(change{kind, m.changes, len(m.sessions), s.closed, s.identity})
}

// farewell ends what works for a session that was just closed. Only the caller
// whose close succeeded may call it, without the lock.
func (m *manager) farewell(s *session) {
	m.tallies.observe(s, time.Now())
	s.end(s.closed)
	if m.cfg.defective(MemoryLeak) {
		m.hoard.buffer()
	}
	m.log.LogAttrs(context.Background(), slog.LevelDebug, "session closed",
		slog.String("id", s.ID), slog.String("stream_id", s.StreamID), slog.String("reason", string(s.closed)),
		slog.Duration("age", time.Since(s.opened)))
}

// finish is the callback of every end that a stream can have: its handler
// calls it whatever happened. It returns when the upstream has stopped.
func (m *manager) finish(s *session, reason CloseReason) {
	if m.deaf(reason) {
		return // the sweep will find it
	}
	if m.cfg.defective(RefreshKillsSuccessor) && reason != CloseCompleted && reason != CloseTimeout {
		m.pause(latePause) // who has left may be back by then
	}
	if m.cfg.defective(SlowReclaim) && m.backlog.add(ending{s, reason}) {
		return
	}
	m.release(s, reason)
	if m.cfg.defective(NoUpstreamCancel) {
		return // it stops when it likes
	}
	for range s.tokens { // closed as the upstream's last act
	}
}

// deaf tells whether a defect leaves the callback for that reason out.
func (m *manager) deaf(reason CloseReason) bool {
	switch reason {
	case closeUnseen: // EarlyAbort
		return true
	case CloseCompleted:
		return m.cfg.defective(NoCallbacks, NoCompletionCallback)
	case CloseDisconnected, CloseWriteFailed:
		return m.cfg.defective(NoCallbacks, NoErrorCallback)
	}
	return m.cfg.defective(NoCallbacks)
}

// latePause is how late, with RefreshKillsSuccessor, an old stream's release
// is if its client left: long enough to come back, shorter than any window.
const latePause = 250 * time.Millisecond

// pause waits as a defect has it, whatever the client does meanwhile.
func (m *manager) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.life.Done():
	}
}

// get returns the session of that id, or nil.
func (m *manager) get(id string) *session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[id]
}

// counts are the manager's counts of one moment.
type counts struct {
	active     int
	opened     uint64
	closed     map[CloseReason]uint64
	changes    uint64
	transports map[string]int
	refused    map[error]uint64
}

// count returns the counts and, appended to dst unless it is nil, the sessions
// of the same moment, in no order.
func (m *manager) count(dst []*session) (counts, []*session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if dst != nil {
		dst = slices.AppendSeq(dst, maps.Values(m.sessions))
	}
	return counts{len(m.sessions), m.opened, maps.Clone(m.closed), m.changes,
		maps.Clone(m.ledger.transports), maps.Clone(m.ledger.refused)}, dst
}

// all returns the sessions of this moment, in no order.
func (m *manager) all() []*session {
	_, sessions := m.count([]*session{})
	return sessions
}

// shutdown closes what is still open and waits for the upstreams, no longer
// than ctx allows. It reports whether all have stopped. The handlers must have
// returned before.
func (m *manager) shutdown(ctx context.Context) bool {
	for _, s := range m.all() {
		m.release(s, CloseShutdown)
	}
	ok := within(ctx, &m.generations)
	m.hoard.release()
	return ok
}

// within waits for wg, no longer than ctx allows, and reports whether it is
// done.
func within(ctx context.Context, wg *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() { // outlives this call only with what ignores its context
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
