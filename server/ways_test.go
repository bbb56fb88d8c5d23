package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
)

// ways are the ways in which a stream can leave, and "successor", which stays
// where "refresh" was; each with the reasons for which a right server closes
// its session. (A lost connection counts as one of two, whether a write or the
// reader in the background met it first.)
var ways = map[string][]CloseReason{
	"complete":   {CloseCompleted},
	"close":      {CloseDisconnected, CloseWriteFailed},
	"half-close": {CloseDisconnected},
	"reset":      {CloseDisconnected, CloseWriteFailed},
	"early":      {CloseDisconnected, CloseWriteFailed},
	"refresh":    {CloseReplaced},
	"successor":  {CloseTimeout},
	"stall":      {CloseDisconnected, CloseWriteFailed},
	"vanish":     {CloseDisconnected, CloseWriteFailed},
	"overstay":   {CloseTimeout},
}

// defectsByWay are the ways in which each defect shows as long as nothing is
// swept: the session stays, or comes back at the timeout only.
var defectsByWay = []struct {
	defects   []Defect
	stay      []string
	timeout   []string
	keepsList bool // entries stay, of sessions that are closed
	keepsWork bool // upstreams stay, of all but "complete"
}{
	{},
	{defects: []Defect{NoTimeout}, stay: []string{"successor", "overstay"}},
	{defects: []Defect{NoCallbacks},
		stay: []string{"complete", "close", "half-close", "reset", "early", "successor", "stall", "vanish", "overstay"}},
	{defects: []Defect{NoCompletionCallback}, stay: []string{"complete"}},
	{defects: []Defect{NoErrorCallback}, stay: []string{"close", "half-close", "reset", "early", "stall", "vanish"}},
	{defects: []Defect{NoHeartbeat}, timeout: []string{"vanish"}},
	{defects: []Defect{NoWriteDeadline}, timeout: []string{"stall", "vanish"}},
	{defects: []Defect{NoRemove}, keepsList: true},
	{defects: []Defect{NoUpstreamCancel}, keepsWork: true},
	{defects: []Defect{SweepKillsLive}},
	{defects: []Defect{SweepNever}},
	{defects: []Defect{RefreshKillsSuccessor}},
	{defects: []Defect{EarlyAbort}, stay: []string{"early"}},
	{defects: []Defect{SlowReclaim}},
	{defects: []Defect{NoTimeout, NoWriteDeadline}, stay: []string{"successor", "overstay", "stall", "vanish"}},
	{defects: []Defect{NoWriteDeadline, NoUpstreamCancel}, keepsWork: true, timeout: []string{"stall", "vanish"}},
	{defects: []Defect{NoCompletionCallback, EarlyAbort, SlowReclaim, NoHeartbeat},
		stay: []string{"complete", "early"}, timeout: []string{"vanish"}},
}

// Each defect shows in the ways in which it must, and in no other; what stays
// waits for the sweep. The servers run side by side, for each one needs a
// timeout's time.
func TestDefectsByWay(t *testing.T) {
	t.Parallel()
	const timeout = 2 * time.Second
	servers := make([]*running, len(defectsByWay))
	closings := make([]*closings, len(defectsByWay))
	var left []string
	for i, c := range defectsByWay {
		closings[i] = newClosings()
		servers[i] = start(t, Config{
			Timeout: timeout, Heartbeat: 50 * time.Millisecond,
			WriteTimeout: 300 * time.Millisecond, UserTimeout: 300 * time.Millisecond,
			SweepEvery: time.Hour, IdleTimeout: time.Minute,
			Defects: c.defects, Logger: slog.New(closings[i]),
		})
		left = leaveInEachWay(t, servers[i])
	}
	time.Sleep(timeout) // the last streams that will end do so now
	for i, c := range defectsByWay {
		t.Run(fmt.Sprint(c.defects), func(t *testing.T) {
			r, closed := servers[i], closings[i]
			stay, work := 0, 0
			for _, way := range left {
				if c.keepsWork && way != "complete" {
					work++
				}
				if slices.Contains(c.stay, way) {
					stay++
					continue
				}
				want := ways[way]
				if slices.Contains(c.timeout, way) {
					want = []CloseReason{CloseTimeout}
				}
				eventually(t, way+" is released", func() bool { return closed.why(way) != "" })
				if got := closed.why(way); !slices.Contains(want, got) {
					t.Errorf("%s: ended by %s, want %v", way, got, want)
				}
			}
			listed := 0
			if c.keepsList {
				listed = len(left) - 1 // two have one id
			}
			equal(t, "listed", r.active(), stay+listed)
			for _, way := range c.stay {
				equal(t, way, closed.why(way), "")
			}
			if slices.Contains(c.defects, NoTimeout) {
				return // who stays here is alive, and no sweep ends it
			}
			r.sessions.sweep(time.Now().Add(time.Hour))
			equal(t, "listed after a sweep", r.active(), listed)
			eventually(t, "the upstreams that remain", func() bool { return r.sessions.upstreams.Load() == int64(work) })
			if wasted := r.sessions.afterDisconnect.Load(); len(c.defects) == 0 && wasted != 0 {
				t.Errorf("%d tokens made for nobody", wasted)
			}
		})
	}
}

// leaveInEachWay opens a stream for each way, whose stream id is the way's
// name, and has it leave. It returns the ways that this machine knows.
func leaveInEachWay(t *testing.T, r *running) []string {
	t.Helper()
	path := func(way string) (path, header string) { return chat("rate=100", "session="+way), "X-Stream-Id: " + way }
	open := func(way string) *peer { // who leaves later than EarlyAbort minds
		path, header := path(way)
		p := r.open(t, path, header)
		p.until(t, "event: delta")
		return p
	}
	r.open(t, "/sse/chat?tokens=2&rate=100", "X-Stream-Id: complete").ended(t)
	open("close").leave()
	_ = open("half-close").CloseWrite()
	open("reset").reset()
	early, header := path("early")
	r.dial(t, early, header).leave()
	open("refresh")
	r.open(t, chat("session=refresh"), "X-Stream-Id: successor")
	open("overstay")
	r.stall(t)
	left := []string{"complete", "close", "half-close", "reset", "early", "refresh", "successor", "overstay", "stall"}
	if tryVanish(t, r.open(t, chat("rate=0"), "X-Stream-Id: vanish")) {
		left = append(left, "vanish")
	}
	return left
}

// closings is a log's handler that keeps which stream's session was closed why.
type closings struct {
	mu      sync.Mutex
	reasons map[string]CloseReason
}

func newClosings() *closings { return &closings{reasons: map[string]CloseReason{}} }

func (c *closings) why(streamID string) CloseReason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reasons[streamID]
}

func (c *closings) Enabled(context.Context, slog.Level) bool { return true }
func (c *closings) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *closings) WithGroup(string) slog.Handler            { return c }

func (c *closings) Handle(_ context.Context, r slog.Record) error {
	attrs := map[string]string{}
	r.Attrs(func(a slog.Attr) bool { attrs[a.Key] = a.Value.String(); return true })
	if r.Message == "session closed" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reasons[attrs["stream_id"]] = CloseReason(attrs["reason"])
	}
	return nil
}
