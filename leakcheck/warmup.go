package leakcheck

import (
	"context"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	warmUpStreams = 5
	warmUpHold    = 200 * time.Millisecond
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
	select {
	case <-load.Left():
	case <-ctx.Done():
		return false
	}
	return r.warmUpBack(ctx, load)
}

// warmUpBack waits until every count is what it was before the warm-up.
func (r *run) warmUpBack(ctx context.Context, load *loadgen.Load) bool {
	window := r.window(loadgen.Close, load)
	deadline := time.Now().Add(window)
	ticker := time.NewTicker(r.config.Poll)
	defer ticker.Stop()
	for {
		r.report()
		r.warmUpStayed = 0
		i := 0
		for _, p := range r.config.Probes {
			a, _ := p.Read(ctx) // a probe that fails now fails when it is watched
			for j, s := range a.Samples {
				r.warmUpStayed = max(r.warmUpStayed, s.Count-r.before[i+j])
			}
			i += len(p.Series())
		}
		if r.warmUpStayed <= 0 || time.Now().After(deadline) {
			r.warmUpStayed = max(r.warmUpStayed, 0)
			return true
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
}
