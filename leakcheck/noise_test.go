package leakcheck

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// crowd is some other clients that come and go: how many are there at a moment.
func crowd(n int, seed uint64, until time.Duration) func(time.Duration) int {
	rng := rand.New(rand.NewPCG(seed, 7))
	const before = 10 * time.Second // of the run
	tick := testPoll
	counts := make([]int, int((until+before)/tick)+2)
	for range n {
		at, there := time.Duration(0), rng.IntN(2) == 0
		for int(at/tick) < len(counts) {
			stays := 200*time.Millisecond + time.Duration(rng.ExpFloat64()*float64(800*time.Millisecond))
			for i := int(at / tick); there && i < min(len(counts), int((at+stays)/tick)); i++ {
				counts[i]++
			}
			at, there = at+stays, !there
		}
	}
	return func(t time.Duration) int { return counts[max(0, min(len(counts)-1, int((t+before)/tick)))] }
}

// newNoisyTide is a tide with other clients, of streams a wave, after a baseline of that
// length.
func newNoisyTide(streams, others int, seed uint64, ways ...loadgen.Disconnect) *scene {
	s := newTideOf(streams, ways...)
	s.others = crowd(others, seed, s.evidence.Took)
	s.baselineFor = crowdedBaseline
	return s
}

func TestNoiseByCountAccusesNobody(t *testing.T) {
	for seed := range uint64(50) {
		s := newNoisyTide(50, 20, seed, closing, reset, complete)
		s.oneRole = false
		r := Judge(s.see())
		if r.Verdict != Clean || len(r.Judged) != 3 {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}

// By ids the others are known, and what they hold is taken off.
func TestNoiseByIDAccusesNobody(t *testing.T) {
	for seed := range uint64(50) {
		s := newNoisyTide(50, 20, seed, closing, reset, complete)
		s.counts, s.oneRole = false, false
		leaks := seed%4 == 3
		if leaks {
			s.ended = slices.Clone(s.dropped)
			for n := 60; n < 70; n++ {
				s.ended[n] = never
			}
		}
		r := Judge(s.see())
		if (!leaks && r.Verdict != Clean) || (leaks && (r.Verdict != Leaking || !has(r, NoUpstreamCancel))) {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}

func TestNoiseByCountHidesNoWave(t *testing.T) {
	for seed := range uint64(50) {
		s := newNoisyTide(50, 20, seed, closing, reset, complete)
		s.stays(1, never)
		r := Judge(s.see())
		if r.Verdict != Leaking || r.row(closing).Leaked > 0 || r.row(complete).Leaked > 0 || r.row(reset).Leaked < 10 {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}

// Where others are so many that a whole wave would not be seen among them, nothing is
// clean.
func TestNoiseAboveAWaveProvesNothing(t *testing.T) {
	for seed := range uint64(50) {
		s := newNoisyTide(10, 100, seed, closing, reset)
		if seed%2 == 0 {
			s.stays(1, never)
		}
		if r := Judge(s.see()); r.Verdict == Clean || (r.Verdict == Leaking && seed%2 == 1) || !has(r, Noise) {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}
