package leakcheck

import (
	"context"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/client"
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
	r.askAgain(ctx, e)
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
	warmUpCame   int            // sessions of the warm-up that were seen, where all are back
	byID         bool           // the probes know the warm-up's streams by their ids
	plans        []loadgen.Plan // one for each wave
	waves        []Wave         // that have begun
	skipped      []NotJudged    // for want of time
	waited       time.Duration  // for waves to go that stayed past their windows
	stayed       bool           // a wave's sessions stayed past twice their windows, and did not go in the time after
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
	if err := r.readBefore(ctx); err != nil {
		return nil, err
	}
	if c.Windows.Timeout && (r.server == nil || r.server.Config.Timeout == 0) {
		return nil, &NoTimeoutError{}
	}
	return r, nil
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
		r.report() // of a phase that is over at once, too
		if over() {
			return true
		}
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

// resolveWindows fixes the windows when the first stream leaves: the heartbeat is
// known by then as well as it will be.
func (r *run) resolveWindows() {
	r.windows = map[loadgen.Disconnect]time.Duration{}
	for _, d := range loadgen.Disconnects() {
		length, decides := r.config.Windows.For(d, r.limits(), longestBeat(r.load.Quantiles), r.config.Plan.Life())
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

func (r *run) report() {
	p := Progress{Phase: r.phase, Wave: max(1, len(r.waves)), Waves: len(r.plans), Counts: loadgen.Count(r.inWave())}
	p.Controls = loadgen.Count(r.records).Controls
	p.AtMost = r.atMost()
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
		Target:       client.Redact(r.config.Plan.Request.URL),
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
		MaxTime:      r.config.MaxTime,
		WarmUpStayed: r.warmUpStayed,
		Crashed:      r.crashed,
		CrashedWhy:   r.crashedWhy,
	}
	e.WarmUpReturned = r.warmUpCame
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
	e.Silences = r.load.Silences() // before the records: each is of one of them
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
