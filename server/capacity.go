package server

import (
	"errors"
	"fmt"
	"net/http"
)

// ledger counts the open sessions of a manager, which guards it by its lock.
// What a defect keeps in the map although it was closed does not count.
type ledger struct {
	total      int
	transports map[string]int
	owners     map[string]int
	refused    map[error]uint64
}

func newLedger() ledger {
	return ledger{transports: map[string]int{"sse": 0, "openai": 0, "ws": 0}, owners: map[string]int{}, refused: map[error]uint64{}}
}

// Why a session may not be opened now. Server.refuse tells it to a client.
var (
	errFull     = errors.New("the server has as many sessions as it may have")
	errUserFull = errors.New("this user has as many sessions as one may have")
	errDraining = errors.New("the server is about to stop")
)

// room returns why there is none for one more session of that identity, or nil.
// The session that it replaces, if any, makes room for it: who is at the limit
// may still refresh.
func (l *ledger) room(id identity, replaced *session, cfg Config) error {
	total, own := l.total, l.owners[id.owner()]
	if replaced != nil && replaced.closed == "" {
		total--
		if replaced.owner() == id.owner() {
			own--
		}
	}
	var err error
	switch {
	case cfg.MaxSessions > 0 && total >= cfg.MaxSessions:
		err = errFull
	case cfg.MaxUserSessions > 0 && own >= cfg.MaxUserSessions:
		err = errUserFull
	default:
		return nil
	}
	l.refused[err]++
	return err
}

func (l *ledger) enter(s *session) {
	l.total++
	l.transports[s.Transport]++
	l.owners[s.owner()]++
}

func (l *ledger) leave(s *session) {
	l.total--
	l.transports[s.Transport]--
	if l.owners[s.owner()]--; l.owners[s.owner()] == 0 {
		delete(l.owners, s.owner()) // users come and go without number
	}
}

// owner is whom Config.MaxUserSessions counts a session for: the user that its
// client named, or else the client's address.
func (id identity) owner() string {
	if id.User != "" {
		return "user " + id.User
	}
	return "address " + id.Client
}

// retryAfter is how many seconds a client that was refused is told to wait.
const retryAfter = "5"

// refuse answers a request for which no session could be opened (RFC 9110,
// section 10.2.3, and RFC 6585, section 4).
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Retry-After", retryAfter)
	closeAfter(w.Header(), r) // a client that waits need not hold a connection
	http.Error(w, fmt.Sprintf("session: %v", err), refusedStatus(err))
}

func refusedStatus(err error) int {
	if errors.Is(err, errUserFull) {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}
