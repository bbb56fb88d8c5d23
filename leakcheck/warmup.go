package leakcheck

import (
	"context"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	warmUpStreams = 5
	warmUpHold    = 200 * time.Millisecond
	// warmUpLag is how far a count may lag behind.
	warmUpLag = time.Second
)

// warmUp runs a small round that is thrown away, and waits until its sessions
// are back, for one window at most.
func (r *run) warmUp(ctx context.Context) bool {
	r.phase = WarmingUp
	p := r.config.Plan
	p.Streams, p.Controls, p.Mix = min(p.Streams, warmUpStreams), 0, loadgen.Even(loadgen.Close)
	p.Ramp, p.Hold, p.Tag = warmUpHold, warmUpHold, p.Tag+"-warm"
	load, err := loadgen.Start(ctx, p, time.Now())
	if err != nil {
		return ctx.Err() == nil // the target answered a moment ago; the load itself will tell
	}
	defer load.Release()
	if !r.warmUpBack(ctx, load) {
		return false
	}
	if took := firstByte(load.AppendRecords(nil)); took > 0 {
		r.config.Plan.FirstByte = took
	}
	return true
}

// firstByte is how long the server took to answer, at the longest: the time over
// which early streams leave. Zero where it answered none.
func firstByte(records []loadgen.Record) time.Duration {
	var longest time.Duration
	for _, r := range records {
		if r.Opened != 0 {
			longest = max(longest, r.Opened-r.Connected)
		}
	}
	return longest
}

// warmUpBack waits until every count that rose with the warm-up is what it was
// before. One that lags behind rises only when the streams have left: it is given
// a moment for it.
func (r *run) warmUpBack(ctx context.Context, load *loadgen.Load) bool {
	ticker := time.NewTicker(r.config.Poll)
	defer ticker.Stop()
	left := closed(load.Left())
	var since time.Time // when the streams had left
	var window time.Duration
	rose := false
	for {
		r.report()
		r.warmUpStayed = r.aboveBefore(ctx, load)
		rose = rose || r.warmUpStayed > 0
		if since.IsZero() && left() {
			since = time.Now()
			window, _ = r.config.Windows.For(loadgen.Close, r.limits(), heartbeatOf(load), r.config.Plan.Life())
		}
		if !since.IsZero() {
			waited := time.Since(since)
			if waited > window || (r.warmUpStayed == 0 && (rose || waited > warmUpLag)) {
				return true
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
}

// aboveBefore is how far the highest of the counts is above what it was before
// the warm-up. On the way it looks whether the probes of sessions know its streams.
func (r *run) aboveBefore(ctx context.Context, load *loadgen.Load) int {
	above, known := 0, true
	for i, p := range r.config.Probes {
		a, err := p.Read(ctx) // a probe that fails now fails when it is watched
		known = known && err == nil
		for k, s := range a.Samples {
			role := p.Series()[k].Role
			if role.PerStream() {
				above = max(above, s.Count-r.before[i].Samples[k].Count)
			}
			if role == Sessions {
				known = known && len(load.AppendMatches(nil, s.IDs, time.Since(r.start))) > 0
			}
		}
	}
	r.byID = r.byID || known
	return above
}
