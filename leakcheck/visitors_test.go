package leakcheck

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// visitors are other clients who come and go: how long they stay, and how long they are
// away before they come back.
type visitors struct{ stay, more, away time.Duration }

var (
	// Answers take seconds: twenty people come and go at one or two a second.
	people = visitors{5 * time.Second, 10 * time.Second, 1500 * time.Millisecond}
	// In a storm it is eleven a second.
	stormy = visitors{200 * time.Millisecond, 2 * time.Second, 1500 * time.Millisecond}
	// Who reads a feed stays for minutes: in ten seconds one of twenty comes, or nobody.
	readers = visitors{100 * time.Second, 300 * time.Second, 30 * time.Second}
)

// visit is one of theirs, and how long their session was there.
type visit struct{ from, until time.Duration }

// visits are those of so many visitors. Each is somewhere in the first when a run begins.
func (v visitors) visits(n int, seed uint64, until time.Duration) []visit {
	rng := rand.New(rand.NewPCG(seed, 11))
	within := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
	var all []visit
	for range n {
		at := -10*time.Second - within(v.stay+v.more)
		for at < until {
			left := at + v.stay + within(v.more)
			all = append(all, visit{at, left})
			at = left + within(v.away)
		}
	}
	return all
}

// there is how many of their sessions are there at a moment.
func there(visits []visit) func(time.Duration) int {
	var steps []step
	for _, v := range visits {
		steps = append(steps, step{v.from, 1}, step{v.until, -1})
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	now := []int{0}
	for _, s := range steps {
		now = append(now, now[len(now)-1]+s.by)
	}
	return func(t time.Duration) int {
		i, _ := slices.BinarySearchFunc(steps, t+1, func(s step, t time.Duration) int { return cmp.Compare(s.at, t) })
		return now[i]
	}
}
