package loadgen

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Load is a load under way: the streams of a plan, opening, open and leaving by
// its schedule. Its methods are safe for concurrent use. Whoever starts one
// releases it.
type Load struct {
	plan    Plan
	start   time.Time
	target  target
	engine  engine
	latency latency

	pacing    sync.WaitGroup
	pacingCtx context.Context // ends when nothing more is to open
	cease     context.CancelFunc

	mu        sync.Mutex
	records   []Record
	bySession map[string]int // the latest stream of a session
	byAddress map[string]int // the latest stream that came from an address of ours
	successor map[int]int    // of a stream that was refreshed
	opening   int            // streams and controls that have not opened yet
	staying   int            // streams that have not left yet
	opened    chan struct{}  // closed when opening is zero
	left      chan struct{}  // closed when staying is zero
	trouble   error          // the first that kept a stream from opening
	met       bool           // a head has come
	software  Software       // what it said
}

// Start starts a load: it looks the target up, sees that it accepts a
// connection, and opens the streams by the plan's schedule from now on. Moments
// in records count from start, which several loads may share. When ctx ends,
// nothing more opens; what is open stays until Release.
func Start(ctx context.Context, p Plan, start time.Time) (*Load, error) {
	p = p.WithDefaults()
	if err := p.Validate(); err != nil {
		return nil, err
	}
	t, err := resolve(ctx, p.Request)
	if err != nil {
		return nil, err
	}
	t.sources = p.sources(MachineLimits())
	l := &Load{plan: p, start: start, target: t, bySession: map[string]int{}, byAddress: map[string]int{}, successor: map[int]int{}}
	l.engine = newGoroutines(l)
	l.pacingCtx, l.cease = context.WithCancel(ctx)
	l.add(p)
	return l, nil
}

// More opens the streams and controls of another plan from now on, as part of the
// same load: their numbers go on where the last ones ended. Of the plan only
// Streams, Controls, Mix, Ramp, Rate and Seed are taken, all else is that of the
// load's own. It may be called when the streams of the plan before have left.
func (l *Load) More(p Plan) error {
	next := l.plan
	next.Streams, next.Controls, next.Mix, next.Ramp, next.Rate, next.Seed = p.Streams, p.Controls, p.Mix, p.Ramp, p.Rate, p.Seed
	next = next.WithDefaults()
	if err := next.Validate(); err != nil {
		return err
	}
	l.add(next)
	return nil
}

// add takes the streams of a plan's schedule into the load and starts to open
// them.
func (l *Load) add(p Plan) {
	slots := p.Schedule()
	begin := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	first := len(l.records)
	for i := range slots {
		slots[i].N += first
		slots[i].Open += begin
		if !slots[i].Control() {
			slots[i].Leave += begin
			l.staying++
		}
		l.records = append(l.records, l.fresh(slots[i].N, slots[i].N, slots[i].Disconnect, slots[i].Open))
	}
	l.opening += len(slots)
	l.opened, l.left = make(chan struct{}), make(chan struct{})
	l.pacing.Go(func() { l.pace(l.pacingCtx, slots) })
}

// pace opens each slot at its time.
func (l *Load) pace(ctx context.Context, slots []Slot) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, slot := range slots {
		timer.Reset(slot.Open - l.now())
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return // both were ready
		}
		l.engine.open(slot)
	}
}

// Opened is closed when every stream and control has opened, or has ended
// without. [Load.More] makes it another.
func (l *Load) Opened() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

// Left is closed when every stream has left, or has ended otherwise. [Load.More]
// makes it another.
func (l *Load) Left() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left
}

// AppendRecords appends the records of all streams, as they stand now, to buf
// and returns it. A record's number is its index.
func (l *Load) AppendRecords(buf []Record) []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(buf, l.records...)
}

// AppendMatches appends the number of the stream to which each id belongs to
// buf and returns it; the ids were asked for at a moment. An id is a stream's own
// tag, its session's, or the address that its connection comes from, as
// "127.0.0.1:50000"; one that is none of these belongs to somebody else and is left
// out. Where sessions are only to be counted, all are.
func (l *Load) AppendMatches(buf []int, ids []string, asked time.Duration) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.plan.SessionFrom.None() {
		return buf
	}
	first := len(buf)
	for _, id := range ids {
		if n, ok := l.bySession[id]; ok {
			buf = append(buf, n)
		} else if n, ok := l.numberOf(id); ok {
			buf = append(buf, n)
		}
	}
	l.succeed(buf[first:], asked)
	for _, id := range ids { // an address is its own stream's, never the successor's
		if n, ok := l.byAddress[id]; ok {
			buf = append(buf, n)
		}
	}
	return buf
}

// comesFrom notes which address of ours a stream's connection has.
func (l *Load) comesFrom(n int, addr net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byAddress[addr.String()] = n
}

// succeed gives what is known by the id of a stream that was refreshed to its
// successor, if that was open and is not known by an id of its own: the two have
// the same {{id}}, so it may name the session, which is the successor's by now.
func (l *Load) succeed(matches []int, asked time.Duration) {
	var known map[int]bool
	for i, n := range matches {
		next, refreshed := l.successor[n]
		if !refreshed {
			continue
		}
		if known == nil { // before the first of them changes
			known = make(map[int]bool, len(matches))
			for _, m := range matches {
				known[m] = true
			}
		}
		if opened := l.records[next].Opened; !known[next] && opened != 0 && opened < asked {
			matches[i], known[next] = next, true
		}
	}
}

// numberOf reads the number of a stream out of its tag.
func (l *Load) numberOf(id string) (int, bool) {
	digits, ours := strings.CutPrefix(id, l.plan.Tag+"-")
	if !ours {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0 && n < len(l.records) && l.records[n].ID == id
}

// Reachable tells whether the target accepts a connection now: nil, or why not.
func (l *Load) Reachable(ctx context.Context) error {
	var err error
	for _, addr := range l.target.addrs {
		if err = knock(ctx, addr); err == nil {
			return nil
		}
	}
	return err
}

// Quantiles returns what was measured of a figure so far; silences that last are
// measured up to now.
func (l *Load) Quantiles(f Figure) Quantiles { return l.latency.quantiles(f, l.now()) }

// Silences returns the longest silence of each stream that is read, as of now; those
// that have left, and those that ended, are none of them.
func (l *Load) Silences() []Silence { return l.latency.silences(l.now()) }

// Histogram returns how often which times of a figure were measured so far; nil
// where none was.
func (l *Load) Histogram(f Figure) []Bucket { return l.latency.buckets(f, l.now()) }

// Release ends every stream that is left, controls included, and returns when
// nothing of the load is running or open any more. It may be called more than
// once.
func (l *Load) Release() {
	l.cease()
	l.pacing.Wait()
	l.engine.stop()
	l.engine.wait()
}

// now is the time since the start; never zero, which is a moment that has not
// come.
func (l *Load) now() time.Duration { return max(time.Since(l.start), 1) }

// note keeps the first error that kept a stream from opening.
func (l *Load) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble == nil {
		l.trouble = err
	}
}

// fresh makes the record of stream n, in the place of stream as.
func (l *Load) fresh(n, as int, way Disconnect, due time.Duration) Record {
	r := Record{N: n, As: as, ID: fmt.Sprintf("%s-%d", l.plan.Tag, n), Disconnect: way, Due: due}
	if r.Session = l.plan.SessionFrom.inVars(l.plan.Request.Vars, as); r.Session != "" {
		l.bySession[r.Session] = n
	}
	return r
}

func (l *Load) record(n int) Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records[n]
}

// staysOn makes the record of a stream that opens in mid-run and stays: a control
// that opens again, or the successor of the stream with the id that it succeeds;
// as is the number of the one before it.
func (l *Load) staysOn(succeeds string, as int) Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec := l.fresh(len(l.records), as, "", l.now())
	rec.Succeeds = succeeds
	if succeeds != "" {
		l.successor[as] = rec.N
	}
	l.records = append(l.records, rec)
	l.opening++
	return rec
}

// publish takes an engine's news of a stream: called when it has opened and
// when it has ended.
func (l *Load) publish(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.records[r.N]
	l.records[r.N] = r
	if r.Session != was.Session { // once: a successor that has the same one may have opened since
		l.bySession[r.Session] = r.N
	}
	if was.Opened == 0 && was.End == Open && (r.Opened != 0 || r.End != Open) {
		l.opening--
		closeOnce(l.opened, l.opening == 0)
	}
	if !r.Control() && was.End == Open && r.End != Open {
		l.staying--
		closeOnce(l.left, l.staying == 0)
	}
}

func closeOnce(c chan struct{}, now bool) {
	if !now {
		return
	}
	select {
	case <-c:
	default:
		close(c)
	}
}
