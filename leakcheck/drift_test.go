package leakcheck

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// newDrift is a tide as a run makes it, in all ways: the baseline takes three seconds, the
// 50 streams of a wave open at once, leave two seconds later, and are watched. Ten controls
// are ended at the timeout, and open again.
func newDrift(watched time.Duration) *scene {
	const timeout = 15 * time.Second
	s := newScene(0, 0)
	s.counts = true
	s.evidence.Server.Config.Timeout = timeout
	from := crowdedBaseline
	opened := from
	control := func() loadgen.Record {
		return loadgen.Record{Status: 200, Connected: opened, Opened: opened, FirstEvent: opened}
	}
	for i, way := range loadgen.Disconnects() {
		w := Wave{First: len(s.evidence.Records), From: from, Until: from + 2*time.Second + watched}
		s.evidence.Waves = append(s.evidence.Waves, w)
		for n := range 50 {
			open := from + time.Duration(n)*time.Millisecond
			s.add(loadgen.Record{
				Disconnect: way, Status: 200, Connected: open, Opened: open, FirstEvent: open, Ended: open + 2*time.Second, End: loadgen.Left,
			}, open+2*time.Second+10*time.Millisecond)
		}
		for ; opened < w.Until || i == 0 && opened == from; opened += timeout {
			for range 10 {
				r := control()
				r.Ended, r.End = opened+timeout, loadgen.Completed
				s.add(r, r.Ended+10*time.Millisecond)
			}
		}
		from = w.Until
	}
	for n := range s.evidence.Records {
		if r := &s.evidence.Records[n]; r.Ended > from {
			r.Ended, r.End, s.dropped[n] = 0, loadgen.Open, never
		}
	}
	s.evidence.Took = from
	return s
}

// leaves has the sessions of some ways (of overstay: those of controls too, which the
// timeout has ended), and those of the visitors, stay until a sweep that
// takes what left ten seconds before, or for good.
func (s *scene) leaves(ways []loadgen.Disconnect, visits []visit, sweepEvery time.Duration) (dropped []time.Duration, all []visit) {
	kept := func(left time.Duration) time.Duration {
		if sweepEvery == 0 {
			return never
		}
		return (left + 10*time.Second).Truncate(sweepEvery) + sweepEvery
	}
	dropped, all = slices.Clone(s.dropped), slices.Clone(visits)
	for n, r := range s.evidence.Records {
		if slices.Contains(ways, r.Disconnect) || (r.Control() && r.End == loadgen.Completed && slices.Contains(ways, loadgen.Overstay)) {
			dropped[n] = kept(r.Ended)
		}
	}
	for i := range all {
		all[i].until = kept(all[i].until)
	}
	return dropped, all
}

// driftSeeds is how many crowds each defect is judged among.
const driftSeeds = 8

var (
	allButRefresh = without(loadgen.Refresh)
	leftOnly      = without(loadgen.Refresh, loadgen.Complete, loadgen.Overstay)
)

func without(not ...loadgen.Disconnect) []loadgen.Disconnect {
	return slices.DeleteFunc(loadgen.Disconnects(), func(d loadgen.Disconnect) bool { return slices.Contains(not, d) })
}

// What others leave stays too, and more of it comes all the time. It is no part of what a
// way leaves: each defect has its name and its ways.
func TestDriftByCount(t *testing.T) {
	for name, tt := range map[string]struct {
		ways                []loadgen.Disconnect // that leak
		sessions, upstreams bool                 // that stay
		code                Code
	}{
		"no callbacks":       {allButRefresh, true, true, NoCallbacks},
		"no error callback":  {leftOnly, true, true, NoErrorCallback},
		"no remove":          {allButRefresh, true, false, NoRemove},
		"no upstream cancel": {allButRefresh, false, true, NoUpstreamCancel},
	} {
		for seed := range uint64(driftSeeds) {
			s := newDrift(2*window + 200*time.Millisecond)
			gone := people.visits(20, seed, s.evidence.Took)
			stay, stayed := s.leaves(tt.ways, gone, 0)
			s.ended, s.others, s.othersUpstreams = slices.Clone(s.dropped), there(gone), there(gone)
			leaking := []loadgen.Disconnect(nil)
			if tt.sessions {
				s.dropped, s.others, leaking = stay, there(stayed), tt.ways
			}
			if tt.upstreams {
				s.ended, s.othersUpstreams = stay, there(stayed)
			}
			r := Judge(s.see())
			if r.Verdict != Leaking || !slices.Equal(r.errors(), []Code{tt.code}) || !r.leaks(leaking) {
				t.Errorf("%s, seed %d: %s", name, seed, r)
			}
		}
	}
}

// errors are the codes of what was found that fails a run.
func (r *Report) errors() []Code {
	var codes []Code
	for _, f := range r.Findings {
		if f.Severity == SeverityError {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// leaks tells whether most sessions stay that left in just these ways, and nothing is
// unknown.
func (r *Report) leaks(ways []loadgen.Disconnect) bool {
	return !slices.ContainsFunc(r.Disconnects, func(row Row) bool {
		want := slices.Contains(ways, row.Name)
		return row.Unknown > 0 || want != (row.Leaked > row.Left/2) || (!want && row.Leaked > 0)
	})
}

// Where a storm leaves eleven sessions a second, or a sweep takes what everybody has left,
// nobody can tell of every way. The defect has no other name for that, and the server is not
// clean.
func TestDriftNamesNothingElse(t *testing.T) {
	for name, tt := range map[string]struct {
		others     visitors
		sweepEvery time.Duration
		ways       []loadgen.Disconnect
		code       Code
	}{
		"a storm, no callbacks":           {stormy, 0, allButRefresh, NoCallbacks},
		"a storm, no error callback":      {stormy, 0, leftOnly, NoErrorCallback},
		"swept, no callbacks":             {people, time.Minute, allButRefresh, NoCallbacks},
		"swept, no error callback":        {people, time.Minute, leftOnly, NoErrorCallback},
		"a storm, swept, no callbacks":    {stormy, time.Minute, allButRefresh, NoCallbacks},
		"swept often, no error callbacks": {people, 20 * time.Second, leftOnly, NoErrorCallback},
	} {
		for seed := range uint64(driftSeeds) {
			s := newDrift(2*window + 200*time.Millisecond)
			s.oneRole = true
			dropped, visits := s.leaves(tt.ways, tt.others.visits(20, seed, s.evidence.Took), tt.sweepEvery)
			s.dropped, s.others = dropped, there(visits)
			r := Judge(s.see())
			codes := slices.DeleteFunc(r.errors(), func(c Code) bool { return c == tt.code || c == Leak || c == Noise })
			if r.Verdict == Clean || r.Verdict == OverReaping || len(codes) > 0 {
				t.Errorf("%s, seed %d: %v: %s", name, seed, codes, r)
			}
		}
	}
}

// A count that lags is behind when streams open, and one that pauses was not read: neither
// is anybody's doing, nor what a way left.
func TestDriftOfAPoorCount(t *testing.T) {
	for name, poor := range map[string]func(*scene){
		"it lags": func(s *scene) { s.lag = 350 * time.Millisecond },
		"it pauses when streams open": func(s *scene) {
			for _, w := range s.evidence.Waves[1:] {
				s.pauses = append(s.pauses, stretch{w.From, w.From + 1500*time.Millisecond})
			}
		},
		"it pauses when a wave ends": func(s *scene) {
			for _, w := range s.evidence.Waves {
				s.pauses = append(s.pauses, stretch{w.Until - 1200*time.Millisecond, w.Until})
			}
		},
	} {
		for seed := range uint64(driftSeeds) {
			for _, leaking := range []bool{false, true} {
				watched, ways, want := 2500*time.Millisecond, []loadgen.Disconnect(nil), Clean
				if leaking {
					watched, ways, want = 2*window+200*time.Millisecond, leftOnly, Leaking
				}
				s := newDrift(watched)
				visits := people.visits(20, seed, s.evidence.Took)
				if leaking {
					s.dropped, visits = s.leaves(ways, visits, 0)
				}
				s.others = there(visits)
				poor(s)
				r := Judge(s.see())
				if leaking { // of some ways nobody may be able to tell then
					r.Disconnects = slices.DeleteFunc(r.Disconnects, func(row Row) bool { return row.Unknown > 0 })
				}
				codes := slices.DeleteFunc(r.errors(), func(c Code) bool { return leaking && (c == NoErrorCallback || c == Leak) })
				if r.Verdict != want || len(codes) > 0 || slices.ContainsFunc(r.Disconnects, func(row Row) bool {
					return slices.Contains(ways, row.Name) != (row.Leaked > 0)
				}) {
					t.Errorf("%s, leaking %v, seed %d: %s", name, leaking, seed, r)
				}
			}
		}
	}
}

// Others who stay for minutes may not be seen to move before a wave, and come in its time.
func TestOthersWhoStayAccuseNobody(t *testing.T) {
	for seed := range uint64(4 * driftSeeds) {
		s := newDrift(2*window + 200*time.Millisecond)
		s.others = there(readers.visits(20, seed, s.evidence.Took))
		if r := Judge(s.see()); r.Verdict != Clean {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}

// A queue that releases five a second has everybody's, and empties between the waves.
func TestQueueByCount(t *testing.T) {
	for seed := range uint64(driftSeeds) {
		s := newDrift(18 * time.Second)
		var visits []visit
		if seed > 0 {
			visits = people.visits(20, seed, s.evidence.Took)
		}
		var queue []*time.Duration // when they leave, and then when they are released
		for i := range visits {
			queue = append(queue, &visits[i].until)
		}
		for n, r := range s.evidence.Records {
			if gone(r) {
				s.dropped[n] = r.Ended
				queue = append(queue, &s.dropped[n])
			}
		}
		slices.SortFunc(queue, func(a, b *time.Duration) int { return cmp.Compare(*a, *b) })
		busy := *queue[0]
		for _, at := range queue {
			busy = max(busy, *at) + 200*time.Millisecond
			*at = busy
		}
		if len(visits) > 0 {
			s.others = there(visits)
		}
		if r := Judge(s.see()); r.Verdict != Leaking || !slices.Equal(r.errors(), []Code{SlowReclaim}) {
			t.Errorf("seed %d: %s", seed, r)
		}
	}
}
