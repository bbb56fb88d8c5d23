package leakcheck

import (
	"context"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// watch waits until every session of the wave is back and stays so for a moment, or until
// its window has passed twice, which tells late from leaked; and then for a
// reading that came after it, unless only failures do. It waits no longer than the run may take.
func (r *run) watch(ctx context.Context) bool {
	since := time.Since(r.start)
	settle := settleTime(r.config.Poll)
	var back, over time.Duration // since when everything is back, and the windows have passed
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
		if back != 0 && now-back >= settle && r.read(back) {
			return true
		}
		end := max(since, now+r.windowLeft(now))
		if r.stayed && r.outstanding() >= r.left() {
			end = max(since, now+r.windowOnce(now))
		}
		if over == 0 && now > end {
			over = now
		}
		return (now > end && (r.read(end) || r.lost(end))) || (over != 0 && now > over+lastReading)
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
	patience += r.takenIn()
	if most := r.config.MaxTime; most != 0 {
		patience = min(patience, most-since-r.toCome())
	}
	defer func() {
		r.waited += time.Since(r.start) - since
		r.stayed = r.stayed || r.outstanding() > 0
	}()
	return r.during(ctx, Watching, func() bool { return r.outstanding() == 0 || time.Since(r.start)-since > patience })
}

// takenIn is how long it may be until a sweep or the timeout has taken what stays, as the
// server tells; zero where it tells of none that comes soon enough to be waited for.
func (r *run) takenIn() time.Duration {
	if r.server == nil {
		return 0
	}
	longest := time.Duration(0)
	for _, t := range []time.Duration{r.server.Config.swept(), r.server.Config.Timeout} {
		if t <= sweptPatience {
			longest = max(longest, t)
		}
	}
	return min(longest, 2*clearPatience)
}

// sweptPatience is how far off a sweep is at the most, and the timeout, that is waited for.
const sweptPatience = 5 * time.Minute

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

// lost tells whether a probe has failed since a moment, for long and often enough that it is
// not waited for: of one that takes long to fail there may still be a reading.
func (r *run) lost(since time.Duration) bool {
	return time.Since(r.start) > since+settleTime(r.config.Poll) &&
		slices.ContainsFunc(r.watchers, func(w *watcher) bool { return w.failedSince(since) >= failingTooLong })
}

// lastReading is how long the last reading may take.
const lastReading = 15 * time.Second

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
