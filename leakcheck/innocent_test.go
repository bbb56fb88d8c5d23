package leakcheck

import (
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// innocents are what is no leak although it looks like one, and is never told as
// one. A row that is Inconclusive is one of which nothing can be told.
var innocents = []judgement{
	{"the poll counts itself", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.counts = true
		s.others = func(time.Duration) int { return 1 }
		return s
	}, Clean, nil},
	{"idle connections are kept alive", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.others = func(time.Duration) int { return 5 }
		return s
	}, Clean, nil},
	{"a pool is warm", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.warmUp, s.warmUpUntil = 5, never
		return s
	}, Clean, nil},
	{"a pool is warm, by count", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.counts = true
		s.warmUp, s.warmUpUntil = 5, never
		return s
	}, Inconclusive, []Code{WarmUpStayed}},
	{"a grace period for resumption, which the window allows", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.evidence.Windows[closing], s.evidence.Windows[reset] = 7*time.Second, 7*time.Second
		s.back(closing, 6*time.Second)
		s.back(reset, 6*time.Second)
		return s
	}, Clean, nil},
	{"half-closed streams are served on", func() *scene {
		s := newScene(10, 3, loadgen.HalfClose)
		s.each(loadgen.HalfClose, func(r *loadgen.Record, _ *time.Duration) { r.ServedOn = true })
		return s
	}, Clean, nil},
	{"a FIN takes two heartbeats", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.beat(1900 * time.Millisecond)
		s.back(closing, 3500*time.Millisecond)
		s.back(reset, 1700*time.Millisecond)
		return s
	}, Clean, nil},
	{"a vanish takes a stock kernel a quarter of an hour", func() *scene {
		s := newScene(10, 3, closing, loadgen.Vanish)
		s.evidence.Server, s.evidence.Undecided = nil, []loadgen.Disconnect{loadgen.Vanish}
		s.keep(loadgen.Vanish, never)
		return s
	}, Clean, []Code{WayNotJudged}},
	{"the timeout counts from when a busy server opened the session", func() *scene {
		s := newScene(10, 0, loadgen.Overstay)
		s.evidence.Server.Config.Timeout, s.evidence.AtTimeout = 5*time.Second, []loadgen.Disconnect{loadgen.Overstay}
		s.each(loadgen.Overstay, func(r *loadgen.Record, dropped *time.Duration) {
			r.Opened += 2 * time.Second
			r.FirstEvent, *dropped = r.Opened, r.Opened+5500*time.Millisecond
		})
		return s
	}, Clean, nil},
	{"memory is not collected yet", func() *scene {
		s := newScene(10, 3, closing)
		s.more = []Track{grown(Memory, 40_000_000, 90_000_000)}
		return s
	}, Clean, nil},
	{"workers and descriptors grew with the warm-up", func() *scene {
		s := newScene(10, 3, closing)
		s.more = []Track{grown(Workers, 5, 21), grown(Descriptors, 8, 14)}
		return s
	}, Clean, nil},
	{"other users", func() *scene {
		s := newScene(10, 3, closing)
		s.others = func(t time.Duration) int { return 20 + int(t/(500*time.Millisecond)%4) }
		return s
	}, Clean, nil},
	{"other users, by count", func() *scene {
		s := newScene(30, 3, closing)
		s.counts = true
		s.others = func(t time.Duration) int { return 20 + int(t/(500*time.Millisecond)%4) }
		return s
	}, Clean, []Code{Noise, Noise}},
	{"several workers behind one port, each with its own count", func() *scene {
		s := newScene(20, 3, closing)
		s.counts, s.oneRole = true, true
		s.sees = func(n int) bool { return n%3 == s.reading%3 }
		return s
	}, Inconclusive, []Code{ProbeBlind}},
	{"the count falls when the head is written", func() *scene {
		s := newScene(20, 3, closing)
		s.counts, s.oneRole = true, true
		for n, r := range s.evidence.Records {
			s.dropped[n] = r.Connected + 5*time.Millisecond
		}
		return s
	}, Inconclusive, []Code{ProbeBlind}},
	{"the count is as old as the last scrape", func() *scene {
		s := newScene(20, 3, closing)
		s.counts, s.oneRole = true, true
		s.evidence.Took = 20 * time.Second
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			*dropped = (r.Ended + 2*time.Second).Truncate(2 * time.Second)
		})
		return s
	}, Clean, nil},
	{"the server ends its streams itself", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.each(reset, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Completed })
		return s
	}, Clean, []Code{EndedEarly}},
	{"we ran out of descriptors", func() *scene {
		s := newScene(10, 0, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			if r.N >= 5 {
				r.Connected, r.Opened, r.FirstEvent, r.Ended, *dropped = 0, 0, 0, r.Opened, 0
				r.End, r.Err = loadgen.Failed, "socket: too many open files"
			}
		})
		return s
	}, Inconclusive, []Code{FewOpened}},
	{"a proxy holds on for a moment", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.back(closing, time.Second)
		s.back(reset, time.Second)
		return s
	}, Clean, nil},
	{"a rate limit refuses the first", func() *scene {
		s := newScene(30, 0, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			if r.N < 3 {
				r.Status, r.Opened, r.FirstEvent, r.Ended, *dropped = 429, 0, 0, r.Opened, 0
				r.End, r.Err = loadgen.Rejected, "response has status 429"
			}
		})
		return s
	}, Clean, []Code{IsRejected}},
	{"a rate limit refuses most", func() *scene {
		s := newScene(30, 0, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			if r.N < 20 {
				r.Status, r.Opened, r.FirstEvent, r.Ended, *dropped = 429, 0, 0, r.Opened, 0
				r.End, r.Err = loadgen.Rejected, "response has status 429"
			}
		})
		return s
	}, Inconclusive, []Code{FewOpened}},
}

// grown is what was read of a figure that rose while the streams were open and stayed
// up.
func grown(role Role, from, to int) Track {
	return Track{
		Series:   Series{Name: string(role), Role: role},
		Baseline: from, Low: from, Before: from, Plateau: to, PlateauOpen: 13,
		Readings: []Reading{{Count: from}, {Sent: 2 * time.Second, At: 2*time.Second + readTakes, Count: to}, {Sent: 11 * time.Second, At: 11*time.Second + readTakes, Count: to}},
	}
}
