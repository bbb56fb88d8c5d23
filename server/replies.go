package server

import (
	"sync"
	"time"
)

// replies knows the replies of /sse/chat that can be resumed: those of open
// sessions, and for a grace period those whose session has ended. The latter
// are so many at most; the oldest makes room for a newer one.
//
// It may be used by several goroutines. It has none of its own, only a timer.
type replies struct {
	grace time.Duration
	most  int

	mu      sync.Mutex
	byID    map[string]*reply
	retired []retirement // soonest to expire first
	timer   *time.Timer  // runs while there are retired ones
}

// retirement is a reply that nobody reads, and when it is given up.
type retirement struct {
	reply   *reply
	expires time.Time
}

func newReplies(cfg Config) *replies {
	return &replies{grace: cfg.ResumeGrace, most: cfg.ResumeReplies, byID: map[string]*reply{}}
}

// add makes a reply known. One of the same id is replaced.
func (rs *replies) add(r *reply) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.byID[r.id] = r
}

// resume returns a reply that goes on after the event that its client has seen
// last, or nil if it is not known, or not (if session is not empty) that
// session's.
func (rs *replies) resume(last eventID, session string) *reply {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byID[last.reply]
	if r == nil || session != "" && session != r.session {
		return nil
	}
	return r.reopen(last.tokens)
}

// forget makes a reply unknown, unless it goes on elsewhere.
func (rs *replies) forget(r *reply) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.drop(r)
}

// forgetSession makes the replies of a session unknown.
func (rs *replies) forgetSession(id string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.byID {
		if r.session == id {
			rs.drop(r)
		}
	}
}

// drop is forget for those who hold mu.
func (rs *replies) drop(r *reply) {
	if rs.byID[r.id] == r { // compare, then delete: a resumed one has the same id
		delete(rs.byID, r.id)
	}
}

// retire keeps a reply, whose session ended now, for the grace period.
func (rs *replies) retire(r *reply, now time.Time) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.byID[r.id] != r {
		return
	}
	rs.retired = append(rs.retired, retirement{r, now.Add(rs.grace)})
	if len(rs.retired) > rs.most {
		rs.dropFirst()
	}
	if len(rs.retired) == 1 {
		rs.wait(now)
	}
}

// dropFirst gives up the oldest of those retired.
func (rs *replies) dropFirst() {
	rs.drop(rs.retired[0].reply)
	rs.retired[0] = retirement{}
	rs.retired = rs.retired[1:]
}

// wait has expire called when the first of those retired expires.
func (rs *replies) wait(now time.Time) {
	d := rs.retired[0].expires.Sub(now)
	if rs.timer == nil {
		rs.timer = time.AfterFunc(d, func() { rs.expire(time.Now()) })
	} else {
		rs.timer.Reset(d)
	}
}

// expire gives up what has expired by now.
func (rs *replies) expire(now time.Time) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for len(rs.retired) > 0 && !rs.retired[0].expires.After(now) {
		rs.dropFirst()
	}
	if len(rs.retired) > 0 {
		rs.wait(now)
	} else {
		rs.retired = nil // with the array that it grew to
	}
}
