package server

import (
	"context"
	"fmt"
	"io"
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
	{defects: []Defect{WorkerLeak, FDLeak, MemoryLeak}}, // these show elsewhere: TestHoards
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

// Each defect shows in the ways in which it must, and in no other, at every
// door; what stays waits for the sweep. The servers run side by side, for each
// one needs a timeout's time.
func TestDefectsByWay(t *testing.T) {
	t.Parallel()
	const timeout = 3 * time.Second
	servers := make([]*running, len(defectsByWay))
	closings := make([]*closings, len(defectsByWay))
	left := make([][]leaver, len(defectsByWay))
	var leaving sync.WaitGroup
	for i, c := range defectsByWay {
		closings[i] = newClosings()
		servers[i] = start(t, Config{
			Timeout: timeout, Heartbeat: 50 * time.Millisecond,
			WriteTimeout: time.Second, UserTimeout: time.Second,
			SweepEvery: time.Hour, IdleTimeout: time.Minute,
			Defects: c.defects, Logger: slog.New(closings[i]),
		})
		leaving.Go(func() {
			for _, e := range entrances {
				if e.name == wholeDoor.name && servers[i].cfg.defective(EarlyAbort) && servers[i].cfg.defective(NoHeartbeat) {
					continue // nobody can tell when it has become late
				}
				left[i] = append(left[i], leaveInEachWay(t, servers[i], e)...)
			}
		})
	}
	leaving.Wait()
	if t.Failed() {
		return
	}
	time.Sleep(timeout) // the last streams that will end do so now
	for i, c := range defectsByWay {
		t.Run(fmt.Sprint(c.defects), func(t *testing.T) {
			r, closed := servers[i], closings[i]
			stay, work, ids := 0, 0, 0
			for _, l := range left[i] {
				if l.way != "successor" { // it has the id of "refresh"
					ids++
				}
				if c.keepsWork && l.way != "complete" {
					work++
				}
				if slices.Contains(c.stay, l.way) {
					stay++
					equal(t, l.name(), closed.why(l.name()), "")
					continue
				}
				want := ways[l.way]
				if slices.Contains(c.timeout, l.way) {
					want = []CloseReason{CloseTimeout}
				}
				eventually(t, l.name()+" is released", func() bool { return closed.why(l.name()) != "" })
				if got := closed.why(l.name()); !slices.Contains(want, got) {
					t.Errorf("%s: ended by %s, want %v", l.name(), got, want)
				}
			}
			listed := 0
			if c.keepsList {
				listed = ids
			}
			equal(t, "listed", r.active(), stay+listed)
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

// leaver is a stream that left, or stays; its stream id is its name.
type leaver struct {
	way  string
	door entrance
}

func (l leaver) name() string { return l.way + "-" + l.door.name }

// leaveInEachWay opens a stream for each way at a door, and has it leave. It
// returns those whose way this machine knows.
func leaveInEachWay(t *testing.T, r *running, e entrance) (left []leaver) {
	t.Helper()
	knock := func(way, query string) *peer {
		l := leaver{way, e}
		left = append(left, l)
		return r.knock(t, e, query, "X-Stream-Id: "+l.name())
	}
	whole := e.name == wholeDoor.name
	opened := func() uint64 { n, _ := r.sessions.count(nil); return n.opened }
	begin := func(way, query string) *peer {
		before := opened()
		p := knock(way, query)
		if whole && r.cfg.defective(NoHeartbeat) { // nothing else shows that it has begun
			eventually(t, "it is open", func() bool { return opened() > before })
		} else {
			p.sees(t, e.begun)
		}
		return p
	}
	const endless = "tokens=0&rate=25&session="
	open := func(way string) *peer {
		p := begin(way, endless+leaver{way, e}.name())
		if !whole {
			p.sees(t, e.delta)
		}
		return p
	}
	knock("complete", "tokens=2&rate=100").sees(t, e.done)
	p := open("close")
	_, _ = io.WriteString(p, e.bye)
	p.leave()
	_ = open("half-close").CloseWrite()
	open("reset").reset()
	before := opened()
	knock("early", endless).leave()
	eventually(t, "it was open", func() bool { return opened() > before })
	open("refresh").stay()
	begin("successor", endless+leaver{"refresh", e}.name()).stay()
	open("overstay").stay()
	if stalled := (leaver{"stall", e}); !whole && r.tryStall(t, e, stalled.name()) { // one answer fits into any buffer
		left = append(left, stalled)
	}
	if p := begin("vanish", "rate=0"); !tryVanish(t, p) {
		p.leave()
		left = left[:len(left)-1]
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
