package probe

import (
	"context"
	"time"
)

const (
	movesWithin = 4 * time.Second        // how long a figure may lag behind the streams
	movesBetter = 600 * time.Millisecond // how long a likelier one is waited for
	movesEvery  = 150 * time.Millisecond
	movesBack   = 20 * time.Second // how long the streams' sessions are waited for when they have left
	readWithin  = 2 * time.Second
)

// Moves opens some streams, by a function that returns how many and what closes
// them, and returns the likeliest candidate whose count rises by as many; nil where
// none does. rises has, for each candidate, by how much its count rose. A rise alone
// cannot tell sessions from a count that never falls: names have to. When the streams
// are closed Moves waits a while for the count to fall, so that a run that follows does
// not begin with their sessions.
func (s Survey) Moves(ctx context.Context, open func(context.Context) (streams int, shut func(), err error)) (found *Candidate, rises []int, err error) {
	if len(s.Candidates) == 0 {
		return nil, nil, nil
	}
	defer func() {
		for i := range s.Candidates {
			if idle, ok := s.Candidates[i].Probe.(interface{ CloseIdleConnections() }); ok {
				idle.CloseIdleConnections()
			}
		}
	}()
	before := s.before(ctx)
	streams, shut, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	best, rises := s.watch(ctx, before, streams)
	shut()
	if best < 0 || ctx.Err() != nil {
		return nil, rises, context.Cause(ctx)
	}
	found = &s.Candidates[best]
	poll(ctx, movesBack, func(ctx context.Context) bool {
		n := found.count(ctx)
		return n >= 0 && n <= before[best]
	})
	return found, rises, context.Cause(ctx)
}

// watch reads the candidates until one has risen by as many as there are streams.
func (s Survey) watch(ctx context.Context, before []int, streams int) (best int, rises []int) {
	best, rises = -1, make([]int, len(s.Candidates))
	var since time.Time // when one had
	poll(ctx, movesWithin, func(ctx context.Context) bool {
		for i, c := range s.Candidates {
			if n := c.count(ctx); before[i] >= 0 && n > before[i] {
				rises[i] = max(rises[i], n-before[i])
			}
		}
		best = firstOf(rises, streams)
		if best >= 0 && since.IsZero() {
			since = time.Now()
		}
		return best == 0 || best > 0 && time.Since(since) > movesBetter
	})
	return best, rises
}

// poll asks until the answer is yes, for a time at the most: then the context of what
// it asks ends, too.
func poll(ctx context.Context, most time.Duration, done func(context.Context) bool) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ticker := time.NewTicker(movesEvery)
	defer ticker.Stop()
	for !done(ctx) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// before is what the candidates count without streams; -1 is one that cannot be
// read, or that rises with every reading. The first readings are thrown away: each
// opens a connection, which may be counted too.
func (s Survey) before(ctx context.Context) []int {
	var passes [3][]int
	for p := range passes {
		for _, c := range s.Candidates {
			passes[p] = append(passes[p], c.count(ctx))
		}
	}
	counts := passes[2]
	for i, last := range counts {
		switch a, b := passes[0][i], passes[1][i]; {
		case a < b && b < last, last < 0:
			counts[i] = -1
		default:
			counts[i] = max(b, last)
		}
	}
	return counts
}

// firstOf is the first of the rises that has as many as there are streams; -1 is
// none.
func firstOf(rises []int, streams int) int {
	for i, n := range rises {
		if n >= streams {
			return i
		}
	}
	return -1
}

// count is what a candidate counts now; -1 where it cannot be read.
func (c Candidate) count(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	a, err := c.Read(ctx)
	if err != nil {
		return -1
	}
	return a.Samples[0].Count
}
