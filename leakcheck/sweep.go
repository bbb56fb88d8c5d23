package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// fall is a session that went: between two moments, and since when it might have.
type fall struct {
	from, until time.Duration
	since       time.Duration
}

// stair is sessions that went together.
type stair struct {
	at, off time.Duration
	falls   []fall
}

// stairs puts together what went within so short a time of each other, or between
// readings that follow each other: between those nobody saw that nothing went.
func stairs(falls []fall, near time.Duration) []stair {
	falls = slices.SortedFunc(slices.Values(falls), func(a, b fall) int { return cmp.Compare(a.until, b.until) })
	var all []stair
	for i, f := range falls {
		if i == 0 || f.until-falls[i-1].until > near && f.from > falls[i-1].until {
			all = append(all, stair{})
		}
		last := &all[len(all)-1]
		last.falls = append(last.falls, f)
	}
	for i := range all {
		all[i].place()
	}
	return all
}

// place works out when a stair was: a sweep takes all it takes at once, after the last of
// the readings that still had one of them, and before the first that had one no more.
func (s *stair) place() {
	from, until := s.falls[0].from, s.falls[0].until
	for _, f := range s.falls {
		from, until = max(from, f.from), min(until, f.until)
	}
	if from > until { // one after the other
		from, until = until, from
	}
	s.at, s.off = (from+until)/2, (until-from)/2
}

// steep tells whether sessions of very different age went together.
func (s stair) steep() bool {
	first, last := across(s.falls, func(f fall) time.Duration { return f.until })
	old, young := across(s.falls, func(f fall) time.Duration { return f.since })
	return len(s.falls) >= fewest && young-old > 3*max(last-first, s.off)
}

// period is the time between stairs, if it is one; nil where it is not.
func period(all []stair) *measure {
	if len(all) < 2 {
		return nil
	}
	shortest, off := all[1].at-all[0].at, time.Duration(0)
	for i, s := range all {
		off = max(off, s.off)
		if i > 0 {
			shortest = min(shortest, s.at-all[i-1].at)
		}
	}
	if shortest <= 0 {
		return nil
	}
	periods := 0
	for i := range all[1:] {
		gap := all[i+1].at - all[i].at
		n := int((gap + shortest/2) / shortest)
		if (gap - time.Duration(n)*shortest).Abs() > 4*max(off, timerSlack)+shortest/10 {
			return nil
		}
		periods += n
	}
	return &measure{length: (all[len(all)-1].at - all[0].at) / time.Duration(periods), off: max(2*off/time.Duration(periods), timerSlack)}
}

// meets tells whether a stair is a number of periods from another.
func (m *measure) meets(s, from stair) bool {
	gap := (s.at - from.at).Abs()
	return (gap - (gap + m.length/2).Truncate(m.length)).Abs() <= m.length/10+2*max(s.off, m.off)
}

// ofOneAge tells whether the sessions went at ages that are alike for how high they are:
// a timeout takes them so, and where it is looked at once a second or so, many together.
func ofOneAge(falls []fall) bool {
	youngest, oldest := across(falls, func(f fall) time.Duration { return f.until - f.since })
	return oldest-youngest < oldest/20
}

// sweepOfControls is the time between the moments at which streams that were to stay
// were ended together, whatever their ages; nil where that did not happen twice.
func (e *Evidence) sweepOfControls() *measure {
	var falls []fall
	for _, r := range e.Records {
		if r.Control() && r.Opened != 0 && (r.End == loadgen.Cut || r.End == loadgen.Completed) {
			falls = append(falls, fall{from: r.Ended, until: r.Ended, since: r.Connected})
		}
	}
	all := stairs(falls, alike/4)
	// Those that opened again are of one age when the next sweep comes.
	if len(all) < 2 || !all[0].steep() || ofOneAge(falls) || slices.ContainsFunc(all, func(s stair) bool { return len(s.falls) < fewest }) {
		return nil
	}
	m := period(all)
	if m != nil {
		m.evidence = fmt.Sprintf("%s of clients that were there ended at %s, whatever their age", count(len(falls), "session"), moments(all))
	}
	return m
}

// sweepOfReclaims is the time between the moments at which sessions of streams that
// had left at very different times went together. A heartbeat for all streams at once
// looks the same: its period is no sweep's.
func (e *Evidence) sweepOfReclaims(tracks []Track, beat *measure) *measure {
	soon := max(5*e.Poll, alike/2)
	var falls []fall
	for _, r := range e.Records {
		s := sighted(tracks, r.N)
		if gone(r) && r.Dropped == 0 && s.First != 0 && s.Gone != 0 && s.Gone-r.Ended > soon {
			falls = append(falls, fall{from: s.Last, until: s.Gone, since: r.Ended})
		}
	}
	all := stairs(falls, e.Poll+e.Poll/2)
	steep := slices.DeleteFunc(slices.Clone(all), func(s stair) bool { return !s.steep() })
	m := period(steep)
	if m == nil || (beat != nil && (m.length-beat.length).Abs() < beat.length/10+m.off) {
		return nil
	}
	swept := 0
	for _, s := range all {
		if m.meets(s, steep[0]) {
			swept += len(s.falls)
		}
	}
	if float64(swept) < enoughOpened*float64(len(falls)) {
		return nil
	}
	m.evidence = fmt.Sprintf("%s went at %s, whenever their streams had left", count(swept, "session"), moments(steep))
	return m
}

// moments says how many there were, and when the first.
func moments(all []stair) string {
	return fmt.Sprintf("%d moments, the first %s into the run", len(all), seconds(all[0].at))
}
