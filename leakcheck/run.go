package leakcheck

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Run makes one check: it opens the plan's streams, has them leave, and reports
// whether every session came back. An error without a report means that the
// check could not begin: the target or a probe does not answer as it should.
// When ctx ends on the way, everything that was opened is released and the
// report tells what was seen so far; the error is then ctx's cause.
func Run(ctx context.Context, c Config) (*Report, error) {
	evidence, err := Gather(ctx, c)
	if evidence == nil {
		return nil, err
	}
	return Judge(evidence), err
}

// Gather makes one check and returns what it saw, unjudged. Its errors are
// those of [Run].
func Gather(ctx context.Context, c Config) (*Evidence, error) {
	defer closeIdle(c.Probes)
	r, err := prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	defer r.release()
	if r.through(ctx, r.warmUp, r.readBaseline) {
		r.plans = r.config.plans(r.byID)
		for i := range r.plans {
			if r.tooLong(i) || !r.wave(ctx) {
				break
			}
		}
	}
	e := r.evidence()
	if ctx.Err() != nil && e.Crashed == 0 {
		e.Interrupted = r.phase
	}
	return e, context.Cause(ctx)
}

// through takes a run through steps, and tells whether it came through all of them.
func (r *run) through(ctx context.Context, steps ...func(context.Context) bool) bool {
	for _, step := range steps {
		if !step(ctx) || ctx.Err() != nil {
			return false
		}
	}
	return true
}

// wave takes a run through the next of its waves.
func (r *run) wave(ctx context.Context) bool {
	done := r.through(ctx, r.open, r.hold, r.leave, r.watch, r.clear)
	for _, w := range r.watchers {
		w.pin()
	}
	r.waves[len(r.waves)-1].Until = time.Since(r.start)
	return done
}

// run is a check under way. One goroutine goes through its steps; each tells
// whether the next may follow.
type run struct {
	config    Config
	start     time.Time
	server    *Server
	before    []Answer // what the probes told before the warm-up
	watchers  []*watcher
	load      *loadgen.Load
	windows   map[loadgen.Disconnect]time.Duration
	undecided []loadgen.Disconnect // the evidence's
	atTimeout []loadgen.Disconnect // the evidence's

	warmUpStayed int
	byID         bool           // the probes know the warm-up's streams by their ids
	plans        []loadgen.Plan // one for each wave
	waves        []Wave         // that have begun
	skipped      []NotJudged    // for want of time
	waited       time.Duration  // for waves to go that stayed past their windows
	phase        Phase
	suspected    time.Duration // when the server was last suspected and found well
	crashed      time.Duration
	crashedWhy   string
	records      []loadgen.Record
}

// prepare sees, before anything is measured, that the machine, the target and
// the probes can do what the config asks for.
func prepare(ctx context.Context, c Config) (*run, error) {
	if err := c.chooseWays(); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.atOnce().WithDefaults().Preflight(loadgen.MachineLimits()); err != nil {
		return nil, err
	}
	if err := loadgen.Try(ctx, c.Plan); err != nil {
		return nil, err
	}
	if !c.readsSessions() {
		return nil, ErrNoProbe
	}
	r := &run{config: c, start: time.Now(), server: c.Server}
	for _, p := range c.Probes {
		a, err := p.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("probe %s: %w", p.Series()[0].Name, err)
		}
		if a.Server != nil && r.server == nil {
			r.server = a.Server
		}
		r.before = append(r.before, a)
	}
	if c.Windows.Timeout && (r.server == nil || r.server.Config.Timeout == 0) {
		return nil, &NoTimeoutError{}
	}
	return r, nil
}

// baselineReads is how many readings the baseline is made of.
const baselineReads = 5

// crowdedReads is how long it takes instead where sessions of others are there, which may
// come and go.
const crowdedReads = 3 * time.Second

// readBaseline starts the watchers and waits for their first readings.
func (r *run) readBaseline(ctx context.Context) bool {
	r.start = time.Now()
	names := map[string]int{}
	for i, p := range r.config.Probes {
		// The watchers outlive ctx: what is known when a run is interrupted is
		// known of every probe. release ends them.
		r.watchers = append(r.watchers, watch(context.WithoutCancel(ctx), p, unique(p.Series(), names), r.before[i], r.config.Poll, r.start))
	}
	began := time.Now()
	return r.during(ctx, Baseline, func() bool {
		length := baselineReads * r.config.Poll
		if slices.ContainsFunc(r.watchers, (*watcher).crowded) {
			length = max(length, crowdedReads)
		}
		return time.Since(began) > length && (r.read(1) || r.failing() != "")
	})
}

// unique gives a name that was taken before a number: "sessions 2".
func unique(series []Series, taken map[string]int) []Series {
	series = slices.Clone(series)
	for i := range series {
		s := &series[i]
		if taken[s.Name]++; taken[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s %d", s.Name, taken[s.Name])
		}
	}
	return series
}

// open starts the next wave and waits until every stream has opened or has ended
// without.
func (r *run) open(ctx context.Context) bool {
	plan := r.plans[len(r.waves)]
	if len(r.waves) > 0 {
		for _, w := range r.watchers {
			w.carry(r.records)
		}
		r.begin()
		if err := r.load.More(plan); err != nil {
			panic("leakcheck: a wave whose plan was valid before: " + err.Error())
		}
		return r.during(ctx, Opening, closed(r.load.Opened()))
	}
	r.begin()
	load, err := loadgen.Start(ctx, plan, r.start)
	if err != nil {
		if ctx.Err() == nil {
			r.crash(err.Error()) // it accepted connections a moment ago
		}
		return false
	}
	r.load = load
	for _, w := range r.watchers {
		w.attach(load)
	}
	return r.during(ctx, Opening, closed(load.Opened()))
}

// begin notes a wave.
func (r *run) begin() {
	first := 0
	if r.load != nil {
		r.records = r.load.AppendRecords(r.records[:0])
		first = len(r.records)
	}
	perRound := len(r.plans) / r.config.Rounds
	r.waves = append(r.waves, Wave{Round: len(r.waves) / perRound, First: first, From: time.Since(r.start)})
}

// inWave are the records of the wave that is under way.
func (r *run) inWave() []loadgen.Record {
	if len(r.waves) == 0 {
		return r.records
	}
	return r.records[min(r.waves[len(r.waves)-1].First, len(r.records)):]
}

// tooLong tells whether the run may not take the time of wave i, and notes the ways
// that are never judged for that.
func (r *run) tooLong(i int) bool {
	if i == 0 || r.config.MaxTime == 0 {
		return false
	}
	now := time.Since(r.start)
	need := func(d loadgen.Disconnect) time.Duration { return now + r.config.Plan.Life() + r.windows[d] }
	ways := r.plans[i].Mix.Ways()
	if !slices.ContainsFunc(ways, func(d loadgen.Disconnect) bool { return need(d) > r.config.MaxTime }) {
		return false
	}
	for _, p := range r.plans[i:] {
		for _, d := range p.Mix.Ways() {
			if !slices.ContainsFunc(r.plans[:i], func(p loadgen.Plan) bool { return p.Mix.Has(d) }) {
				long := &TooLongError{Disconnect: d, Need: need(d), MaxTime: r.config.MaxTime}
				r.skipped = append(r.skipped, NotJudged{Name: string(d), Why: "no time was left for it: " + long.Error(), How: long.Hint()})
			}
		}
	}
	return true
}

// hold waits until the first stream ends. In that time lies the plateau, on which
// every probe shows all streams at once.
func (r *run) hold(ctx context.Context) bool {
	left := closed(r.load.Left()) // where all are early, none is held
	return r.during(ctx, Holding, func() bool {
		return left() || slices.ContainsFunc(r.inWave(), func(rec loadgen.Record) bool {
			return !rec.Control() && rec.Disconnect != loadgen.Early && rec.End != loadgen.Open
		})
	})
}

// leave waits until every stream has left.
func (r *run) leave(ctx context.Context) bool {
	if r.windows == nil {
		r.resolveWindows()
	}
	return r.during(ctx, Leaving, closed(r.load.Left()))
}

// watch waits until every session of the wave is back and stays so for a moment, or until
// its window has passed twice, which tells late from leaked; and then for a
// reading that came after it. It waits no longer than the run may take.
func (r *run) watch(ctx context.Context) bool {
	since := time.Since(r.start)
	settle := settleTime(r.config.Poll)
	var back time.Duration // since when everything is back
	return r.during(ctx, Watching, func() bool {
		now := time.Since(r.start)
		if most := r.config.MaxTime; most != 0 && now > most {
			return true
		}
		switch {
		case !r.read(since) || r.outstanding() > 0:
			back = 0
		case back == 0:
			back = now
		}
		if back != 0 && now-back >= settle {
			return true
		}
		end := max(since, now+r.windowLeft(now))
		return now > end && (r.read(end) || now > end+lastReading)
	})
}

// settleTime is how long everything has to stay back.
func settleTime(poll time.Duration) time.Duration { return max(5*poll, 500*time.Millisecond) }

// clear waits, where another wave is to come and sessions are only counted, for what
// this one left past its windows: what goes in the time of the next would be taken for
// that one's. The patience is that of all waves together.
func (r *run) clear(ctx context.Context) bool {
	if r.byID || len(r.waves) == len(r.plans) || r.nothingDecided() || r.outstanding() == 0 ||
		r.plans[len(r.waves)].Mix.String() == r.plans[len(r.waves)-1].Mix.String() { // another round of the same
		return true
	}
	since := time.Since(r.start)
	patience := clearPatience - r.waited
	if r.server != nil {
		patience += min(max(r.server.Config.swept(), r.server.Config.Timeout), 2*clearPatience)
	}
	if most := r.config.MaxTime; most != 0 {
		patience = min(patience, most-since-r.toCome())
	}
	defer func() { r.waited += time.Since(r.start) - since }()
	return r.during(ctx, Watching, func() bool { return r.outstanding() == 0 || time.Since(r.start)-since > patience })
}

// toCome is how long the waves that have not begun take, if all of them leak.
func (r *run) toCome() time.Duration {
	var length time.Duration
	for _, p := range r.plans[len(r.waves):] {
		longest := time.Duration(0)
		for _, d := range p.Mix.Ways() {
			longest = max(longest, r.watched(d))
		}
		length += p.WithDefaults().Life() + longest
	}
	return length
}

// clearPatience is how long all waves together are waited for, and that much and
// twice again where the server tells of a sweep or a timeout that may take them.
const clearPatience = time.Minute

// nothingDecided tells whether the windows of all ways of the wave decide nothing.
func (r *run) nothingDecided() bool {
	return !slices.ContainsFunc(r.plans[len(r.waves)-1].Mix.Ways(), func(d loadgen.Disconnect) bool { return !slices.Contains(r.undecided, d) })
}

// lastReading is how long the last reading may take.
const lastReading = 15 * time.Second

// during waits, poll by poll, until a phase is over. It tells whether the run
// may go on: not when ctx has ended or the server has died.
func (r *run) during(ctx context.Context, p Phase, over func() bool) bool {
	r.phase = p
	ticker := time.NewTicker(r.config.Poll)
	defer ticker.Stop()
	for {
		if r.load != nil {
			r.records = r.load.AppendRecords(r.records[:0])
		}
		if r.dead(ctx) { // first: a dead server's streams are all over
			return false
		}
		if over() {
			return true
		}
		r.report()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
}

// read tells whether every probe has given a reading that was asked for after a
// moment.
func (r *run) read(since time.Duration) bool {
	for _, w := range r.watchers {
		if w.newest() < since {
			return false
		}
	}
	return true
}

// outstanding is the most sessions of streams that are over that any probe
// still shows.
func (r *run) outstanding() int {
	most := 0
	first := 0
	if len(r.waves) > 0 {
		first = r.waves[len(r.waves)-1].First
	}
	for _, w := range r.watchers {
		most = max(most, w.outstanding(r.records, first))
	}
	return most
}

// windowLeft is how long the last of the windows still runs, the second time
// that each is given included.
func (r *run) windowLeft(now time.Duration) time.Duration {
	var last time.Duration
	for _, rec := range r.inWave() {
		if gone(rec) {
			last = max(last, rec.Ended+r.watched(way(rec)))
		}
	}
	return last - now
}

// watched is how long after it left the sessions of a way are waited for: twice
// their window, and for a client that vanished until a sweep has come too, where
// the run may take that long.
func (r *run) watched(d loadgen.Disconnect) time.Duration {
	if slices.Contains(r.undecided, d) {
		return r.windows[d] // late or leaked, it decides nothing
	}
	length := 2 * r.windows[d]
	if d != loadgen.Vanish || r.server == nil {
		return length
	}
	swept := r.server.Config.swept()
	if swept > sweepPatience || (r.config.MaxTime != 0 && r.config.Plan.Life()+swept > r.config.MaxTime) {
		return length
	}
	return max(length, swept)
}

// sweepPatience is how long a sweep is waited for, at the longest, to see whether
// it takes clients that vanished.
const sweepPatience = time.Minute

// resolveWindows fixes the windows when the first stream leaves: the heartbeat is
// known by then as well as it will be.
func (r *run) resolveWindows() {
	r.windows = map[loadgen.Disconnect]time.Duration{}
	for _, d := range loadgen.Disconnects() {
		length, decides := r.config.Windows.For(d, r.limits(), heartbeatOf(r.load), r.config.Plan.Life())
		r.windows[d] = length
		if !decides && r.config.Plan.Mix.Has(d) {
			r.undecided = append(r.undecided, d)
		}
		if r.config.Windows.endsAtTimeout(d) {
			r.atTimeout = append(r.atTimeout, d)
		}
	}
}

// limits are the server's, nil where it tells of none.
func (r *run) limits() *Limits {
	if r.server == nil {
		return nil
	}
	return &r.server.Config
}

// heartbeatOf is the longest time between two heartbeats of a stream; zero where
// none had two.
func heartbeatOf(l *loadgen.Load) time.Duration {
	return time.Duration(l.Quantiles(loadgen.HeartbeatGap).Max * float64(time.Second))
}

func (r *run) report() {
	p := Progress{Phase: r.phase, Wave: max(1, len(r.waves)), Waves: len(r.plans), Counts: loadgen.Count(r.inWave())}
	p.Controls = loadgen.Count(r.records).Controls
	if p.Left+p.Completed > 0 {
		p.Reclaimed = max(0, p.Left+p.Completed-r.outstanding())
		p.WindowLeft = max(0, r.windowLeft(time.Since(r.start)))
	}
	r.config.Progress(p)
}

// evidence gathers what is known now.
func (r *run) evidence() *Evidence {
	e := &Evidence{
		Tool:         r.config.Tool,
		Target:       loadgen.Redact(r.config.Plan.Request.URL),
		Started:      r.start,
		Poll:         r.config.Poll,
		Endless:      r.config.Endless,
		Server:       r.server,
		Framework:    r.config.Framework,
		Skipped:      append(slices.Clone(r.config.Skipped), r.skipped...),
		Required:     r.config.Require,
		Windows:      map[loadgen.Disconnect]time.Duration{},
		Latency:      map[loadgen.Figure]loadgen.Quantiles{},
		Histograms:   map[loadgen.Figure][]loadgen.Bucket{},
		WarmUpStayed: r.warmUpStayed,
		Crashed:      r.crashed,
		CrashedWhy:   r.crashedWhy,
	}
	for _, w := range r.watchers {
		e.Tracks = append(e.Tracks, w.look()...)
		if w.restarted != 0 && e.Restarted == 0 {
			e.Restarted = w.restarted
		}
	}
	if r.load == nil {
		e.Took = time.Since(r.start)
		return e
	}
	e.Records, e.Waves = r.load.AppendRecords(nil), r.waves
	e.Software = r.load.Software()
	if r.windows == nil { // it ended before any stream left
		r.resolveWindows()
	}
	e.Windows, e.Undecided, e.AtTimeout = r.windows, r.undecided, r.atTimeout
	for _, f := range loadgen.Figures() {
		e.Latency[f] = r.load.Quantiles(f)
		e.Histograms[f] = r.load.Histogram(f)
	}
	e.Took = time.Since(r.start)
	return e
}

// release ends everything that the run has opened or started.
func (r *run) release() {
	if r.load != nil {
		r.load.Release()
	}
	for _, w := range r.watchers {
		w.stop()
	}
}

func closeIdle(probes []Probe) {
	for _, p := range probes {
		if c, ok := p.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
}

func closed(c <-chan struct{}) func() bool {
	return func() bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
}
