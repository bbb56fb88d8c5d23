package talk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

const (
	// listedMost is how many sessions a Live lists, the youngest.
	listedMost = 500
	// listTimeout bounds one request for the list.
	listTimeout = 5 * time.Second
	// listPause is the shortest time between two.
	listPause = 200 * time.Millisecond
	maxList   = 64 << 20
)

// Session is one of a server's open sessions.
type Session struct {
	ID        string    `json:"id"`
	Stream    string    `json:"stream_id"`
	User      string    `json:"user"`
	Transport string    `json:"transport"`
	Opened    time.Time `json:"opened_at"` // by the server's clock in its list, by ours for one that the feed told of
}

// Change is a session that opened or closed.
type Change struct {
	Session
	Closed bool
	Reason string // why it closed, in the server's words: "disconnected", "write_failed", "replaced"
}

// Live is what is known of a server's sessions as of one moment.
type Live struct {
	At time.Time
	// Listed is when the list was asked for last: it shows what was there then, or later.
	Listed time.Time
	// Connected tells whether the feed is open. While it is not, the rest is as it was last.
	Connected bool
	// Due is when the next attempt begins, while it is not.
	Due time.Time
	// Err is why the feed was lost, or why the list could not be read.
	Err error
	// Active counts all sessions.
	Active int
	// Sessions are they, oldest first: the youngest 500.
	Sessions []Session
	// Change is what happened; nil for a list that was read anew, and for a loss.
	Change *Change
}

// Sessions follows a server's sessions: its list, kept up by its feed. The feed's changes are numbered. Where one is
// missing the list is read again.
//
// Next is for one goroutine at a time, Close for any.
type Sessions struct {
	ctx    context.Context
	cancel context.CancelFunc
	url    string // of the list
	config client.Config
	http   *http.Client
	feed   *client.Follower

	live  Live
	byID  map[string]Session
	seq   uint64
	asked time.Time // when the list was asked for last
}

// ErrNoSessions says that a server has no list of sessions in our own form, or shows it to others only.
var ErrNoSessions = errors.New("the server shows no list of its sessions")

// Watch begins to follow the sessions of a resolved config's server. Nothing is sent before the first Next, and ctx
// governs all that comes after. The error is ErrNoSessions where the server has none.
func Watch(ctx context.Context, c Config) (*Sessions, error) {
	if c.Target.Sessions == "" {
		return nil, ErrNoSessions
	}
	cfg := client.Config{
		URL: c.Target.Sessions + "/feed", Header: c.Header, TLS: c.TLS, Resolve: c.Addresses,
		Retry: c.Retry, RetryUnavailable: true,
	}
	ctx, cancel := context.WithCancel(ctx)
	feed, err := client.Follow(ctx, cfg)
	if err != nil {
		cancel()
		return nil, err
	}
	return &Sessions{
		ctx: ctx, cancel: cancel, url: c.Target.Sessions, config: cfg, http: c.httpClient(), feed: feed,
		byID: map[string]Session{},
	}, nil
}

// Next waits for the next change, for a list that was read anew, or for the loss of the feed, after which the next call
// waits and connects again. Errors are final: those of client.Follower, an answer that is no feed for one.
func (s *Sessions) Next() (Live, error) {
	for {
		item, err := s.feed.Next()
		if err != nil {
			s.live.At, s.live.Connected, s.live.Change, s.live.Err = time.Now(), false, nil, err
			return s.live, fmt.Errorf("follow sessions: %w", err)
		}
		s.live.At, s.live.Change = item.At, nil
		switch item.Kind {
		case client.KindEvent:
			if s.event(item.Event) {
				return s.shown(), nil
			}
		case client.KindReconnect:
			s.live.Connected, s.live.Due, s.live.Err = false, item.At.Add(item.Delay), item.Err
			return s.live, nil
		case client.KindOpen, client.KindComment, client.KindRetry:
		}
	}
}

// Close ends it. A Next that waits returns. It always returns nil.
func (s *Sessions) Close() error {
	s.cancel()
	return s.feed.Close()
}

// event takes an event of the feed, and tells whether there is anything to show.
func (s *Sessions) event(e client.Event) bool {
	name := string(e.Name)
	if name == "watching" {
		return s.refresh()
	}
	var change feedChange
	if name != "opened" && name != "closed" || json.Unmarshal(e.Data, &change) != nil {
		return false
	}
	switch {
	case change.Seq <= s.seq: // the list was read behind it
		return false
	case change.Seq > s.seq+1:
		return s.refresh()
	case name == "closed" && change.Reason != "replaced" && change.Active >= s.live.Active:
		return s.doubt(change)
	}
	s.seq, s.live.Active = change.Seq, change.Active
	if name == "closed" {
		delete(s.byID, change.ID)
	} else {
		change.Opened = s.live.At
		s.byID[change.ID] = change.Session
	}
	s.live.Change = &Change{Session: change.Session, Closed: name == "closed", Reason: change.Reason}
	return true
}

// feedChange is an event of the feed.
type feedChange struct {
	Session
	Seq    uint64 `json:"seq"`
	Active int    `json:"active"`
	Reason string `json:"reason"`
}

// doubt takes the closing of a session by which there are no fewer. A server that forgets to take it out of its list says
// that it is closed, and holds it: the list tells.
func (s *Sessions) doubt(change feedChange) bool {
	if !s.refresh() || s.live.Err != nil {
		return s.live.Err != nil
	}
	listed, there := s.byID[change.ID]
	if there && listed.Stream != change.Stream {
		change.Reason = "replaced"
	}
	if !there || listed.Stream != change.Stream {
		s.live.Change = &Change{Session: change.Session, Closed: true, Reason: change.Reason}
	}
	return true
}

// refresh reads the list.
func (s *Sessions) refresh() bool {
	timer := time.NewTimer(time.Until(s.asked.Add(listPause)))
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return false
	case <-timer.C:
	}
	s.asked = time.Now()
	list, err := s.list()
	s.live.At = time.Now()
	if s.live.Err = err; err != nil {
		return true // the next change, or the next connection, asks again
	}
	s.live.Connected, s.live.Due, s.live.Listed = true, time.Time{}, s.asked
	s.seq, s.live.Active = list.Seq, list.Active
	clear(s.byID)
	for _, session := range list.Sessions {
		s.byID[session.ID] = session
	}
	return true
}

// shown is what there is now, for who may keep it.
func (s *Sessions) shown() Live {
	all := make([]Session, 0, len(s.byID))
	for _, session := range s.byID {
		all = append(all, session)
	}
	slices.SortFunc(all, func(a, b Session) int {
		return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID))
	})
	s.live.Sessions = all[max(0, len(all)-listedMost):]
	return s.live
}

// sessionList is the part of /sessions that is looked at.
type sessionList struct {
	Active   int       `json:"active"`
	Seq      uint64    `json:"seq"`
	Sessions []Session `json:"sessions"`
}

func (s *Sessions) list() (list sessionList, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, listTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return list, errors.New("list sessions: the URL cannot be read")
	}
	req.Close = true
	for name, values := range s.config.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	resp, err := s.http.Do(req)
	if err != nil {
		var quoted *url.Error
		if errors.As(err, &quoted) {
			err = quoted.Err
		}
		return list, fmt.Errorf("list sessions: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return list, fmt.Errorf("list sessions: the server answered %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxList)).Decode(&list); err != nil {
		return list, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}
