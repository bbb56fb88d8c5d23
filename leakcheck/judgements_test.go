package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// judgement is a row of the judge's table: what a server did, and what has to be
// said.
type judgement struct {
	name    string
	scene   func() *scene
	verdict Verdict
	codes   []Code // of all findings, in any order
}

// judgements is the judge's table.
var judgements = slices.Concat([]judgement{
	{"a right server", func() *scene {
		return newScene(10, 3, complete, closing, reset)
	}, Clean, nil},
	{"a right server, by count", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.counts = true
		return s
	}, Clean, nil},
	{"a right server, no controls", func() *scene {
		return newScene(10, 0, closing)
	}, Clean, nil},
	{"back just within the window", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window - 10*time.Millisecond })
		return s
	}, Clean, nil},
	{"back just within the window, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window - 10*time.Millisecond })
		return s
	}, Clean, nil},
	{"back after the window, all at one age", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window + time.Second })
		return s
	}, Leaking, []Code{Late}},
	{"back one after the other", func() *scene {
		s := newScene(10, 3, closing, reset)
		behind := 4*time.Second + leftAt
		for _, d := range []loadgen.Disconnect{closing, reset} {
			s.each(d, func(_ *loadgen.Record, dropped *time.Duration) { behind += 200 * time.Millisecond; *dropped = behind })
		}
		return s
	}, Leaking, []Code{SlowReclaim}},
	{"back one after the other, the completed first", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		behind := 4*time.Second + leftAt
		for _, d := range []loadgen.Disconnect{closing, reset} {
			s.each(d, func(_ *loadgen.Record, dropped *time.Duration) { behind += 200 * time.Millisecond; *dropped = behind })
		}
		return s
	}, Leaking, []Code{SlowReclaim}},
	{"no callback on errors, but a sweep", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.keep(closing, 10*time.Second)
		s.keep(reset, 10*time.Second)
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"back at the next sweep", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 10 * time.Second })
		return s
	}, Leaking, []Code{Late}},
	{"back after the window, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window + time.Second })
		return s
	}, Leaking, []Code{Late}},
	{"no remove", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.ended = slices.Clone(s.dropped)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, never)
		}
		return s
	}, Leaking, []Code{NoRemove}},
	{"no callbacks", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, never)
		}
		return s
	}, Leaking, []Code{NoCallbacks}},
	{"no callbacks, and a probe of upstreams that shows none", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, never)
		}
		s.ended = make([]time.Duration, len(s.dropped))
		return s
	}, Leaking, []Code{ProbeBlind, Leak}},
	{"no callback on completion", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.keep(complete, never)
		return s
	}, Leaking, []Code{NoCompletionCallback}},
	{"no callback on errors", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.keep(closing, never)
		s.keep(reset, never)
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"one way only, and it leaks", func() *scene {
		s := newScene(10, 3, closing)
		s.keep(closing, never)
		return s
	}, Leaking, []Code{Leak}},
	{"a single session of a hundred", func() *scene {
		s := newScene(100, 3, closing)
		s.dropped[57] = never
		return s
	}, Leaking, []Code{Leak}},
	{"a single session of a hundred, by count", func() *scene {
		s := newScene(100, 3, closing)
		s.counts = true
		s.dropped[57] = never
		return s
	}, Leaking, []Code{Leak}},
	{"by count, of several ways", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.counts = true
		s.keep(reset, never)
		return s
	}, Leaking, []Code{Leak}},
	{"upstreams go on", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.ended = slices.Clone(s.dropped)
		s.ended[1], s.ended[2] = never, never
		return s
	}, Leaking, []Code{NoUpstreamCancel}},

	{"a control is killed", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Cut, 6*time.Second, 6*time.Second
		})
		return s
	}, OverReaping, []Code{SweepKillsLive}},
	{"a control is ended in good order", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Completed, 6*time.Second, 6*time.Second
		})
		return s
	}, OverReaping, []Code{SweepKillsLive}},
	{"a control is open, but listed no more", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 6 * time.Second })
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"a control is killed some seconds before its timeout", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Took = 18 * time.Second
		r := &s.evidence.Records[10]
		r.End, r.Ended = loadgen.Cut, r.Opened+12*time.Second
		s.dropped[10] = r.Ended
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"one control of three is killed", func() *scene {
		s := newScene(10, 3, closing)
		r := &s.evidence.Records[10]
		r.End, r.Ended, s.dropped[10] = loadgen.Cut, 6*time.Second, 6*time.Second
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"controls are cut after the same silence", func() *scene {
		s := newScene(10, 3, closing)
		for i, heard := range []time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second} {
			r := &s.evidence.Records[10+i]
			r.Heard = heard
			r.End, r.Ended, s.dropped[10+i] = loadgen.Cut, heard+3*time.Second, heard+3*time.Second
		}
		return s
	}, OverReaping, []Code{IdleCut}},
	{"controls end at one age, which nobody told", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Server = nil
		for i := range 3 {
			r := &s.evidence.Records[10+i]
			r.Connected = time.Duration(i+1) * 2 * time.Second
			r.Opened = r.Connected
			r.End, r.Ended = loadgen.Cut, r.Connected+3*time.Second
			s.dropped[10+i] = r.Ended
		}
		return s
	}, Clean, nil},
	{"a refreshed session is lost", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		r := loadgen.Record{Status: 200, Succeeds: "tag-0", Connected: 4 * time.Second, Opened: 4 * time.Second}
		s.add(r, 4500*time.Millisecond)
		return s
	}, OverReaping, []Code{RefreshKillsSuccessor}},
	{"a refreshed session was never listed", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		r := loadgen.Record{Status: 200, Succeeds: "tag-0", Connected: 4 * time.Second, Opened: 4 * time.Second}
		s.add(r, 0)
		return s
	}, OverReaping, []Code{RefreshKillsSuccessor}},
	{"a refreshed session was not listed until the timeout took its stream", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		s.refreshedUntilTimeout(0)
		return s
	}, OverReaping, []Code{RefreshKillsSuccessor}},
	{"a refreshed session was listed for half a second, and not until the timeout took its stream", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		s.refreshedUntilTimeout(4500 * time.Millisecond)
		return s
	}, OverReaping, []Code{RefreshKillsSuccessor}},
	{"a refreshed session was listed until the timeout took its stream", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		s.refreshedUntilTimeout(19 * time.Second)
		return s
	}, Clean, nil},
	{"the timeout took a refreshed session's stream, and its client heard of it late", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		s.refreshedUntilTimeout(19 * time.Second)
		s.evidence.Records[len(s.evidence.Records)-1].Ended += 1200 * time.Millisecond
		return s
	}, Clean, nil},
	{"a refreshed session lives", func() *scene {
		s := newScene(10, 3, loadgen.Refresh)
		s.add(loadgen.Record{Status: 200, Succeeds: "tag-0", Connected: 4 * time.Second, Opened: 4 * time.Second}, never)
		return s
	}, Clean, nil},

	{"no timeout", func() *scene {
		s := newScene(10, 3, complete, closing, loadgen.Overstay)
		s.keep(loadgen.Overstay, never)
		return s
	}, Leaking, []Code{NoTimeout}},
	{"no heartbeat", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.keep(loadgen.Vanish, never)
		return s
	}, Leaking, []Code{NoHeartbeat}},
	{"no write deadline", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.keep(loadgen.Stall, never)
		s.keep(loadgen.Vanish, never)
		return s
	}, Leaking, []Code{NoWriteDeadline}},
	{"vanished clients outlive the sweeps", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.evidence.Server.Config.SweepEvery, s.evidence.Server.Config.IdleTimeout = time.Second, 2*time.Second
		s.keep(loadgen.Vanish, never)
		return s
	}, Leaking, []Code{SweepNever}},
	{"vanished clients outlive the sweeps, stalled ones do not", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.evidence.Server.Config.SweepEvery, s.evidence.Server.Config.IdleTimeout = time.Second, 2*time.Second
		s.keep(loadgen.Vanish, never)
		s.each(loadgen.Stall, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + 4500*time.Millisecond })
		return s
	}, Leaking, []Code{SweepNever, NoWriteDeadline}},
	{"vanished clients stay although heartbeats are sent", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.each(loadgen.Vanish, func(r *loadgen.Record, dropped *time.Duration) { r.Comments, *dropped = 2, never })
		return s
	}, Leaking, []Code{NoWriteDeadline}},
	{"vanished clients go with the sweep", func() *scene {
		s := newScene(10, 3, closing, loadgen.Stall, loadgen.Vanish)
		s.evidence.Server.Config.SweepEvery, s.evidence.Server.Config.IdleTimeout = time.Second, 4*time.Second
		s.each(loadgen.Vanish, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + 4500*time.Millisecond })
		return s
	}, Leaking, []Code{NoHeartbeat}},
	{"early abort", func() *scene {
		s := newScene(10, 3, closing, loadgen.Early)
		s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
			r.Opened, r.FirstEvent, r.Ended, *dropped = 0, 0, r.Connected+time.Millisecond, never
		})
		return s
	}, Leaking, []Code{EarlyAbort}},
	{"an early stream's session comes after it left", func() *scene {
		s := newScene(10, 3, closing, loadgen.Early)
		s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
			r.Opened, r.FirstEvent, r.Ended, *dropped = 0, 0, r.Connected+time.Millisecond, r.Connected+500*time.Millisecond
		})
		return s
	}, Clean, nil},
	{"early streams alone, which no reading meets", func() *scene {
		s := newScene(10, 3, loadgen.Early)
		s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
			r.Ended, *dropped = r.Connected+time.Millisecond, r.Connected+2*time.Millisecond
		})
		return s
	}, Clean, nil},
	{"early streams alone, and no control that the probe could show", func() *scene {
		s := newScene(10, 0, loadgen.Early)
		s.counts = true
		s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
			r.Ended, *dropped = r.Connected+time.Millisecond, r.Connected+2*time.Millisecond
		})
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"vanish against an unknown server decides nothing", func() *scene {
		s := newScene(10, 3, closing, loadgen.Vanish)
		s.evidence.Server = nil
		s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		s.keep(loadgen.Vanish, never)
		return s
	}, Clean, []Code{WayNotJudged}},
	{"vanish against an unknown server, back at last", func() *scene {
		s := newScene(10, 3, closing, loadgen.Vanish)
		s.evidence.Server = nil
		s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		s.each(loadgen.Vanish, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window + time.Second })
		return s
	}, Clean, []Code{WayNotJudged}},
	{"vanish against an unknown server, back in time", func() *scene {
		s := newScene(10, 3, closing, loadgen.Vanish)
		s.evidence.Server = nil
		s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		return s
	}, Clean, nil},
	{"vanish against an unknown server, by count", func() *scene {
		s := newScene(10, 3, loadgen.Vanish)
		s.counts = true
		s.evidence.Server = nil
		s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		s.keep(loadgen.Vanish, never)
		return s
	}, Inconclusive, []Code{WayNotJudged}},
	{"a required way was judged", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.evidence.Required = []loadgen.Disconnect{closing}
		return s
	}, Clean, nil},
	{"a required way was not judged", func() *scene {
		s := newScene(10, 3, closing, loadgen.Vanish)
		s.evidence.Server = nil
		s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		s.evidence.Required = []loadgen.Disconnect{loadgen.Vanish}
		s.keep(loadgen.Vanish, never)
		return s
	}, Inconclusive, []Code{WayNotJudged, WayNotJudged}},
	{"no stream left in a required way", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Required = []loadgen.Disconnect{reset}
		return s
	}, Inconclusive, []Code{WayNotJudged}},
	{"the timeout takes what may last until then", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Took = 40 * time.Second
		s.evidence.AtTimeout = []loadgen.Disconnect{closing}
		s.evidence.Windows[closing] = 14 * time.Second
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Opened + 15*time.Second })
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Completed, r.Opened+15*time.Second, r.Opened+15*time.Second
		})
		return s
	}, Clean, nil},
	{"not even the timeout takes them", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Took = 40 * time.Second
		s.evidence.AtTimeout = []loadgen.Disconnect{closing}
		s.evidence.Windows[closing] = 14 * time.Second
		s.keep(closing, never)
		return s
	}, Leaking, []Code{Leak}},

	{"controls reach the timeout", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Took = 18 * time.Second
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended = loadgen.Completed, r.Opened+15*time.Second
			*dropped = r.Ended
		})
		return s
	}, Clean, nil},
	{"an answer that ends is no killed control", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Endless, s.evidence.Server = false, nil
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended = loadgen.Completed, r.Opened+6*time.Second
			*dropped = r.Ended
		})
		return s
	}, Clean, nil},
	{"answers that end at one moment were ended", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Endless, s.evidence.Server = false, nil
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Completed, 6*time.Second, 6*time.Second
		})
		return s
	}, OverReaping, []Code{SweepKillsLive}},
	{"everything is cut at one moment", func() *scene {
		s := newScene(10, 3, closing)
		for i := range s.evidence.Records {
			r := &s.evidence.Records[i]
			r.End, r.Ended, s.dropped[i] = loadgen.Cut, 2500*time.Millisecond, 2500*time.Millisecond
		}
		return s
	}, Inconclusive, []Code{CutByServer, ServerRestarted}},
	{"nobody answers at the probe for a moment", func() *scene {
		s := newScene(10, 0, closing)
		s.keep(closing, 5*time.Second)
		s.refused = 5 * time.Second
		return s
	}, Inconclusive, []Code{ServerRestarted}},
	{"the sessions of rejected streams stay", func() *scene {
		s := newScene(30, 0, closing)
		for i := range 3 {
			r := &s.evidence.Records[i*10]
			r.End, r.Status, r.Opened, r.FirstEvent, r.Ended = loadgen.Rejected, 503, 0, 0, r.Connected+time.Millisecond
			s.dropped[i*10] = never
		}
		return s
	}, Leaking, []Code{IsRejected, Leak, NoUpstreamCancel}},
	{"the sessions of cut streams stay", func() *scene {
		s := newScene(30, 0, closing)
		for i := range 3 {
			s.evidence.Records[i*10].End = loadgen.Cut
			s.dropped[i*10] = never
		}
		s.ended = slices.Repeat([]time.Duration{1}, 30)
		s.oneRole = true
		return s
	}, Leaking, []Code{CutByServer, Leak}},
	{"the last reading comes within the window", func() *scene {
		s := newScene(30, 3, closing)
		s.keep(closing, never)
		s.evidence.Took = 6 * time.Second
		return s
	}, Inconclusive, []Code{Unproven}},
	{"the last reading comes within the window, by count", func() *scene {
		s := newScene(30, 3, closing)
		s.counts = true
		s.keep(closing, never)
		s.evidence.Took = 6 * time.Second
		return s
	}, Inconclusive, []Code{Unproven}},
	{"no reading came while the streams were open", func() *scene {
		s := newScene(30, 3, closing)
		s.counts = true
		s.every = 5 * time.Second
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"no reading came while the streams were open, by id", func() *scene {
		s := newScene(30, 3, closing)
		s.every = 5 * time.Second
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"it counts everything twice", func() *scene {
		s := newScene(30, 3, closing)
		s.counts, s.twice = true, true
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"strangers come, by id", func() *scene {
		s := newScene(30, 3, closing)
		s.others = func(t time.Duration) int { return int(t / time.Second) }
		return s
	}, Clean, nil},
	{"strangers come and go, by count", func() *scene {
		s := newScene(30, 3, closing)
		s.counts = true
		s.others = func(t time.Duration) int { return 5 * int(t/(700*time.Millisecond)%2) }
		return s
	}, Clean, []Code{Noise, Noise}},
	{"each stream has a second entry, which stays", func() *scene {
		s := newScene(30, 3, closing)
		s.others = func(t time.Duration) int { return min(30, int(t/(20*time.Millisecond))) }
		return s
	}, Inconclusive, []Code{Strangers}},
	{"sessions change their ids and stay", func() *scene {
		s := newScene(40, 3, closing)
		s.others = func(t time.Duration) int { return renamed(s, t, 1) }
		return s
	}, Inconclusive, []Code{Strangers}},
	{"one of ten sessions changes its id and stays", func() *scene {
		s := newScene(100, 3, closing)
		s.others = func(t time.Duration) int { return renamed(s, t, 10) }
		return s
	}, Inconclusive, []Code{Strangers}},
	{"strangers swing before and after", func() *scene {
		s := newScene(100, 3, closing)
		s.others = func(t time.Duration) int { return 10 + 10*int(t/(700*time.Millisecond)%2) }
		return s
	}, Clean, nil},
	{"15 of 100 sessions are never listed", func() *scene {
		s := newScene(100, 3, closing)
		s.sees = func(n int) bool { return n%7 != 0 }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"8 of 100 sessions are never counted", func() *scene {
		s := newScene(100, 3, closing)
		s.counts = true
		s.sees = func(n int) bool { return n%12 != 0 }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"a list that is blind to half accuses nobody of losing successors", func() *scene {
		s := newScene(20, 3, closing, loadgen.Refresh)
		s.sees = func(n int) bool { return n%2 == 0 }
		for range 20 {
			s.add(loadgen.Record{Status: 200, Succeeds: "tag-1", Connected: 4 * time.Second, Opened: 4 * time.Second}, never)
		}
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"early streams may go unlisted", func() *scene {
		s := newScene(20, 3, closing, loadgen.Early)
		s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
			r.Ended, *dropped = r.Opened+time.Millisecond, r.Opened+time.Millisecond
		})
		return s
	}, Clean, nil},
	{"nothing releases, a sweep takes all", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, 10*time.Second)
		}
		return s
	}, Leaking, []Code{NoCallbacks}},
	{"a list that changes its mind", func() *scene {
		s := newScene(30, 3, closing)
		s.sees = func(n int) bool { return (n+s.reading)%2 == 0 }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"an answer that is not well formed", func() *scene {
		s := newScene(30, 3, closing)
		for i := range 10 {
			r := &s.evidence.Records[i]
			r.End, r.Err = loadgen.Failed, "response has an invalid chunk size"
		}
		return s
	}, Inconclusive, []Code{Lost}},
	{"a control that we lost is no killed one", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Failed, 6*time.Second, 6*time.Second
		})
		return s
	}, Clean, nil},
	{"leaking goes before over-reaping", func() *scene {
		s := newScene(10, 3, closing)
		s.keep(closing, never)
		s.each("", func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 6 * time.Second })
		return s
	}, Leaking, []Code{Leak, ControlsKilled}},

	{"sessions of the warm-up go late", func() *scene {
		s := newScene(10, 3, closing)
		s.warmUp, s.warmUpUntil = 6, 2*time.Second
		return s
	}, Clean, nil},
	{"sessions of the warm-up go late, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.warmUp, s.warmUpUntil = 6, 2*time.Second
		return s
	}, Inconclusive, []Code{WarmUpStayed}},
	{"the probe shows nothing", func() *scene {
		s := newScene(10, 3, closing)
		s.sees = func(int) bool { return false }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"the probe shows nothing, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.sees = func(int) bool { return false }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"the probe shows one worker of two", func() *scene {
		s := newScene(10, 3, closing)
		s.sees = func(n int) bool { return n%2 == 0 }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"others came before and left meanwhile", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.others = func(t time.Duration) int {
			if t > 8*time.Second {
				return 0
			}
			return 20
		}
		return s
	}, Inconclusive, []Code{BelowBaseline, BelowBaseline}},
	{"others stay, by id", func() *scene {
		s := newScene(10, 3, closing)
		s.others = func(time.Duration) int { return 20 }
		return s
	}, Clean, nil},
	{"the probe falls silent when streams leave", func() *scene {
		s := newScene(10, 3, closing)
		s.blackout = leftAt
		return s
	}, Inconclusive, []Code{ProbeFailed, ProbeFailed, Unproven}},
	{"the count goes below zero when streams leave", func() *scene {
		s := newScene(10, 3, closing, reset)
		s.counts, s.oneRole, s.below = true, true, leftAt+500*time.Millisecond
		return s
	}, Inconclusive, []Code{CounterWrong}},
	{"the count of upstreams goes below zero", func() *scene {
		s := newScene(10, 3, closing)
		s.more = []Track{{Series: Series{Name: "more", Role: Upstreams}, Readings: []Reading{{}}, Failures: 9, Failing: 9, BelowZero: 9, LastError: "gives -5"}}
		return s
	}, Inconclusive, []Code{CounterWrong}},
	{"answers end at once, by count", func() *scene {
		s := newScene(10, 2, closing)
		s.counts, s.oneRole, s.evidence.Endless = true, true, false
		s.endAtOnce()
		return s
	}, Inconclusive, []Code{EndedEarly, ProbeBlind}},
	{"too few opened", func() *scene {
		s := newScene(10, 0, closing)
		for i := range 3 {
			s.evidence.Records[i] = loadgen.Record{N: i, Disconnect: closing, Status: 503, End: loadgen.Rejected, Connected: 1, Ended: 2, Err: "response has status 503"}
			s.dropped[i] = 0
		}
		return s
	}, Inconclusive, []Code{FewOpened}},
	{"few were rejected", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Records[0] = loadgen.Record{Disconnect: closing, Status: 503, End: loadgen.Rejected, Connected: 1, Ended: 2, Err: "response has status 503"}
		s.dropped[0] = 0
		return s
	}, Clean, []Code{IsRejected}},
	{"most were cut", func() *scene {
		s := newScene(10, 0, closing)
		for i := range 9 {
			s.evidence.Records[i].End = loadgen.Cut
		}
		return s
	}, Inconclusive, []Code{CutByServer}},
	{"one was cut", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Records[4].End = loadgen.Cut
		return s
	}, Clean, []Code{CutByServer}},
	{"all ended by themselves", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Completed })
		return s
	}, Clean, []Code{EndedEarly}},
	{"none of those that were to complete did", func() *scene {
		s := newScene(10, 3, complete)
		s.each(complete, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Untried })
		return s
	}, Inconclusive, nil},
	{"one of those that were to complete did not", func() *scene {
		s := newScene(10, 3, complete)
		s.evidence.Records[4].End, s.evidence.Records[4].Err = loadgen.Untried, "the server did not end it"
		return s
	}, Clean, []Code{Unfinished}},
	{"one of those that were to complete was lost", func() *scene {
		s := newScene(10, 3, complete)
		s.evidence.Records[4].End, s.evidence.Records[4].Err = loadgen.Failed, "socket: too many open files"
		return s
	}, Clean, []Code{Lost}},
	{"they left as old as the timeout", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Took = 40 * time.Second
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			r.Ended = r.Opened + 14*time.Second
			*dropped = r.Opened + 15*time.Second
		})
		return s
	}, Inconclusive, []Code{TooOld}},
	{"the server died", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Crashed, s.evidence.CrashedWhy = 5*time.Second, "connection refused"
		s.blackout = 2 * time.Second
		return s
	}, Crashed, []Code{HasCrashed}},
	{"the server was started again", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Restarted = 4 * time.Second
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Cut, 4*time.Second, 4*time.Second
		})
		return s
	}, Inconclusive, []Code{ServerRestarted}},
	{"interrupted before anything left", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Interrupted, s.evidence.Took = Holding, 2*time.Second
		for i := range s.evidence.Records {
			s.evidence.Records[i].End, s.evidence.Records[i].Ended = loadgen.Open, 0
			s.dropped[i] = never
		}
		return s
	}, Inconclusive, []Code{WasInterrupted}},
	{"interrupted, but the leak was seen", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Interrupted, s.evidence.Took = Watching, 10*time.Second
		s.keep(closing, never)
		return s
	}, Leaking, []Code{WasInterrupted, Leak}},
}, fingerprintJudgements, innocents, loops)

// renamed is how many sessions have changed their ids by a moment, one of so many
// of those whose streams have left.
func renamed(s *scene, t time.Duration, of int) int {
	n := 0
	for _, r := range s.evidence.Records {
		if !r.Control() && r.N%of == 0 && r.Ended <= t {
			n++
		}
	}
	return n
}
