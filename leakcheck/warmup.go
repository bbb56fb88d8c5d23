package leakcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	warmUpStreams = 5
	warmUpHold    = 200 * time.Millisecond
	// warmUpLag is how far a count may lag behind.
	warmUpLag = time.Second
	// warmUpPatience is how much longer than its window the warm-up is waited for at the
	// most where sessions are only counted, for what is left of it is in every count: two
	// windows more, and no more than a quarter of what the run may take.
	warmUpPatience = 30 * time.Second
)

// warmUp runs a small round that is thrown away, and waits until its sessions
// are back, for one window at most, or longer where they are only counted.
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
	shown, ok := r.warmUpBack(ctx, load)
	if !ok {
		return false
	}
	records := load.AppendRecords(nil)
	if r.warmUpStayed == 0 && !slices.ContainsFunc(records, func(rec loadgen.Record) bool { return rec.End != loadgen.Left }) {
		r.warmUpCame = shown
	}
	if took := firstByte(records); took > 0 {
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
// a moment for it. shown is how many of its sessions were seen at once, at the most, and
// zero where a probe failed in the end, or they were late; ok is false where ctx ended first.
func (r *run) warmUpBack(ctx context.Context, load *loadgen.Load) (shown int, ok bool) {
	ticker := time.NewTicker(r.config.Poll)
	defer ticker.Stop()
	left := closed(load.Left())
	var since, back time.Time // when the streams had left, and when the counts were back
	var window time.Duration
	rose, late := false, false
	for {
		r.report()
		above, ours, answered := r.aboveBefore(ctx, load)
		r.warmUpStayed, shown = above, max(shown, ours)
		rose = rose || r.warmUpStayed > 0
		if since.IsZero() && left() {
			since = time.Now()
			window, _ = r.config.Windows.For(loadgen.Close, r.limits(), longestBeat(load.Quantiles), r.config.Plan.Life())
		}
		if !since.IsZero() && back.IsZero() {
			waited := time.Since(since)
			switch {
			case r.warmUpStayed == 0 && (rose || waited > warmUpLag):
				back, late = time.Now(), !r.byID && waited > window
			case waited > r.warmUpAtMost(window):
				return 0, true
			}
		}
		if !back.IsZero() && time.Since(back) >= r.warmUpSettles() {
			r.warmUpStayed = 0 // what others do since is not the warm-up's
			if !answered || late {
				shown = 0
			}
			return shown, true
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return shown, false
		}
	}
}

// warmUpAtMost is how long the warm-up's sessions are waited for after they left.
func (r *run) warmUpAtMost(window time.Duration) time.Duration {
	if r.byID {
		return window
	}
	longer := min(2*window, warmUpPatience)
	if most := r.config.MaxTime; most != 0 {
		longer = min(longer, most/4)
	}
	return window + longer
}

// warmUpSettles is how long a count is left alone that is back where it was. Where that was
// no zero, the stream that tried the target may have been in it, and one of the warm-up's is
// in its place.
func (r *run) warmUpSettles() time.Duration {
	if r.byID || !r.anyBefore(nil) {
		return 0
	}
	return settleTime(r.config.Poll)
}

// aboveBefore is how far the highest of the counts is above what it was before
// the warm-up, and how many of its sessions the probes show. On the way it looks whether
// those know its streams, and whether all probes answered.
func (r *run) aboveBefore(ctx context.Context, load *loadgen.Load) (above, shown int, answered bool) {
	known := true
	answered = true
	for i, p := range r.config.Probes {
		a, err := p.Read(ctx) // a probe that fails now fails when it is watched
		known, answered = known && err == nil, answered && err == nil
		for k, s := range a.Samples {
			role, more := p.Series()[k].Role, s.Count-r.before[i].Samples[k].Count
			if role.PerStream() {
				above = max(above, more)
			}
			if role == Sessions {
				ours := len(load.AppendMatches(nil, s.IDs, time.Since(r.start)))
				known = known && ours > 0
				if s.IDs == nil {
					ours = max(0, more)
				}
				shown += ours
			}
		}
	}
	r.byID = r.byID || known
	return above, shown, answered
}

// readBefore takes the probes' first answers, which the warm-up's are held against. The
// stream that tried the target was open a moment ago: where anything is there, a server may
// not have missed it yet, and is given a moment for it.
func (r *run) readBefore(ctx context.Context) error {
	for _, p := range r.config.Probes {
		a, err := p.Read(ctx)
		if err != nil {
			return readError(p, err)
		}
		if a.Server != nil && r.server == nil {
			r.server = a.Server
		}
		r.before = append(r.before, a)
	}
	first := slices.Clone(r.before)
	for began := time.Now(); r.anyBefore(first) && time.Since(began) < warmUpLag && pause(ctx, r.config.Poll); {
		for i, p := range r.config.Probes {
			if a, err := p.Read(ctx); err == nil { // else the warm-up tells
				r.before[i] = a
			}
		}
	}
	return nil
}

// readError is what is wrong with a probe's first answer.
func readError(p Probe, err error) error {
	err = fmt.Errorf("probe %s: %w", p.Series()[0].Name, err)
	if errors.Is(err, ErrBelowZero) {
		return &belowZeroError{err}
	}
	return err
}

// belowZeroError is a count that was wrong before the run began.
type belowZeroError struct{ error }

func (e *belowZeroError) Unwrap() error { return e.error }

// Hint says what to count.
func (e *belowZeroError) Hint() string { return countTheMap }

// anyBefore tells whether something was there before the warm-up that comes with streams. Of
// answers that were given earlier it leaves out what has become less since.
func (r *run) anyBefore(earlier []Answer) bool {
	for i, p := range r.config.Probes {
		for k, s := range p.Series() {
			now := r.before[i].Samples[k].Count
			if s.Role.PerStream() && now > 0 && (earlier == nil || now >= earlier[i].Samples[k].Count) {
				return true
			}
		}
	}
	return false
}
