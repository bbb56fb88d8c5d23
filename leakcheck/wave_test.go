package leakcheck

import (
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Each wave of a tide opens within a second, leaves at the age of three, and is
// watched until the next begins.
const (
	waveTakes   = 20 * time.Second
	waveStreams = 10
)

// newTide is a scene whose ways leave one after the other, at a server that only
// counts: every session goes 10 ms after its stream. Two controls stay.
func newTide(ways ...loadgen.Disconnect) *scene { return newTideOf(waveStreams, ways...) }

func newTideOf(streams int, ways ...loadgen.Disconnect) *scene {
	s := newScene(0, 2)
	s.counts, s.oneRole = true, true
	s.evidence.Server.Config.Timeout = 0
	s.evidence.Took = time.Duration(len(ways)) * waveTakes
	for i, way := range ways {
		from := time.Duration(i) * waveTakes
		w := Wave{Round: i, First: len(s.evidence.Records), From: from, Until: from + waveTakes - time.Second}
		if i == 0 {
			w.First = 0
		}
		s.evidence.Waves = append(s.evidence.Waves, w)
		for n := range streams {
			open := from + time.Second + time.Duration(n)*time.Second/time.Duration(streams)
			s.add(loadgen.Record{
				Disconnect: way, Status: 200, Connected: open, Opened: open, FirstEvent: open, Ended: open + leftAt, End: loadgen.Left,
			}, open+leftAt+10*time.Millisecond)
		}
	}
	return s
}

// stays keeps the sessions of wave i for a time after their streams had opened.
func (s *scene) stays(i int, age time.Duration) {
	first, end := s.evidence.Waves[i].First, len(s.evidence.Records)
	if i+1 < len(s.evidence.Waves) {
		end = s.evidence.Waves[i+1].First
	}
	for n := max(2, first); n < end; n++ {
		s.dropped[n] = never
		if age != never {
			s.dropped[n] = s.evidence.Records[n].Connected + age
		}
	}
}

func TestWavesByCount(t *testing.T) {
	type row struct{ reclaimed, leaked, late, unknown int }
	right, leaks, unclear := row{reclaimed: 10}, row{leaked: 10}, row{unknown: 10}
	for name, tt := range map[string]struct {
		ways    []loadgen.Disconnect
		change  func(*scene)
		rows    []row
		verdict Verdict
	}{
		"a right server":                     {[]loadgen.Disconnect{closing, reset}, func(*scene) {}, []row{right, right}, Clean},
		"the first leaks, and for good":      {[]loadgen.Disconnect{closing, reset}, func(s *scene) { s.stays(0, never) }, []row{leaks, right}, Leaking},
		"the second leaks":                   {[]loadgen.Disconnect{closing, reset}, func(s *scene) { s.stays(1, never) }, []row{right, leaks}, Leaking},
		"both leak":                          {[]loadgen.Disconnect{closing, reset}, func(s *scene) { s.stays(0, never); s.stays(1, never) }, []row{leaks, leaks}, Leaking},
		"the first is late":                  {[]loadgen.Disconnect{closing, reset}, func(s *scene) { s.stays(0, 12*time.Second) }, []row{{leaked: 10, late: 10}, right}, Leaking},
		"the first goes before others leave": {[]loadgen.Disconnect{closing, reset}, func(s *scene) { s.stays(0, 21*time.Second) }, []row{leaks, right}, Leaking},
		"both go at one age, the first while the second is watched": {[]loadgen.Disconnect{closing, reset}, func(s *scene) {
			s.evidence.Server.Config.Timeout = 30 * time.Second
			s.stays(0, 30*time.Second)
			s.stays(1, 30*time.Second)
		}, []row{leaks, unclear}, Leaking},
		"some of the first go while the second is watched": {[]loadgen.Disconnect{closing, reset}, func(s *scene) {
			s.stays(0, never)
			for n := 2; n < 6; n++ {
				s.dropped[n] = 30 * time.Second
			}
		}, []row{leaks, unclear}, Leaking},
		"a way that decides nothing stays": {[]loadgen.Disconnect{closing, loadgen.Vanish}, func(s *scene) {
			s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
			s.stays(1, never)
		}, []row{right, unclear}, Clean},
		"a way that decides nothing comes back": {[]loadgen.Disconnect{closing, loadgen.Vanish}, func(s *scene) {
			s.evidence.Undecided = []loadgen.Disconnect{loadgen.Vanish}
		}, []row{right, right}, Clean},
		"three rounds, the last leaks": {[]loadgen.Disconnect{closing, closing, closing}, func(s *scene) { s.stays(2, never) },
			[]row{{reclaimed: 20, leaked: 10}}, Leaking},
		"the controls' sessions stay when they end": {[]loadgen.Disconnect{closing, reset}, func(s *scene) {
			for n := range 2 {
				r := &s.evidence.Records[n]
				r.Ended, r.End = 25*time.Second, loadgen.Completed
			}
		}, []row{right, unclear}, Leaking},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTide(tt.ways...)
			tt.change(s)
			r := Judge(s.see())
			var rows []row
			for _, d := range r.Disconnects {
				rows = append(rows, row{d.Reclaimed, d.Leaked, d.Late, d.Unknown})
			}
			if !slices.Equal(rows, tt.rows) || r.Verdict != tt.verdict {
				t.Errorf("%s: %+v, want %s: %+v\n%s", r.Verdict, rows, tt.verdict, tt.rows, r)
			}
			checkReport(t, r)
		})
	}
}

// A way's reclaim times are those of its own waves.
func TestWavesReclaimTimes(t *testing.T) {
	s := newTide(closing, reset)
	s.stays(0, never)
	s.stays(1, leftAt+2*time.Second)
	for _, row := range Judge(s.see()).Disconnects {
		switch {
		case row.Name == closing && row.Reclaim != nil:
			t.Errorf("close took %+v, and none came back", row.Reclaim)
		case row.Name == reset && (row.Reclaim == nil || row.Reclaim.Min < 1.9 || row.Reclaim.Max > 2.2):
			t.Errorf("reset took %+v, want 2 s", row.Reclaim)
		}
	}
}

func TestPlans(t *testing.T) {
	c := Config{
		Plan:  loadgen.Plan{Streams: 5, Controls: 2, Mix: loadgen.Even(closing, loadgen.Refresh)},
		Apart: true, Rounds: 2,
	}
	for byID, want := range map[bool][]int{true: {10, 10}, false: {5, 5, 5, 5}} {
		plans := c.plans(byID)
		var streams []int
		controls := 0
		for _, p := range plans {
			streams = append(streams, p.Streams)
			controls += p.Controls
		}
		if !slices.Equal(streams, want) || controls != 2 {
			t.Errorf("by id %v: %v streams, want %v; %d controls", byID, streams, want, controls)
		}
	}
	if n, want := c.Requests(), 2*(5+5+5)+2+1+5; n != want {
		t.Errorf("%d requests, want %d", n, want)
	}
	c.Plan.Mix = loadgen.Even(closing, complete)
	if n, want := c.Requests(), 2*(5+5)+2+1+5+1; n != want {
		t.Errorf("%d requests, want %d: one is asked again", n, want)
	}
	c.Plan.Request.Body = []byte("{}")
	if n, want := c.Requests(), 2*(5+5)+2+1+5; n != want {
		t.Errorf("%d requests, want %d: no EventSource asks again", n, want)
	}
	c.Plan.Mix = loadgen.Even(loadgen.Refresh, loadgen.Vanish)
	var ways []string
	for _, p := range c.plans(false) {
		ways = append(ways, p.Mix.String())
	}
	if want := []string{"vanish", "refresh", "vanish", "refresh"}; !slices.Equal(ways, want) {
		t.Errorf("the waves leave by %v, want %v: successors stay", ways, want)
	}
	c.Apart = false
	if plans := c.plans(false); len(plans) != 2 || plans[1].Streams != 5 || plans[1].Seed == plans[0].Seed {
		t.Errorf("a mix in two rounds is %+v", plans)
	}
}

// A successor that is taken with the session before it is open at the client, and not in
// the count; others who come and go do not hide it.
func TestWavesLoseSuccessors(t *testing.T) {
	for _, others := range []int{0, 20} {
		for _, lost := range []bool{false, true} {
			s := newTideOf(50, closing, loadgen.Refresh)
			for n := range s.evidence.Records {
				if r := s.evidence.Records[n]; r.Disconnect == loadgen.Refresh {
					until := never
					if lost {
						until = r.Ended + 20*time.Millisecond
					}
					s.add(loadgen.Record{Succeeds: r.ID, Status: 200, Connected: r.Ended, Opened: r.Ended}, until)
				}
			}
			if others > 0 {
				s.others, s.baselineFor = crowd(others, 3, s.evidence.Took), crowdedBaseline
			}
			want := Clean
			if lost {
				want = OverReaping
			}
			if r := Judge(s.see()); r.Verdict != want || has(r, RefreshKillsSuccessor) != lost || has(r, CounterWrong) {
				t.Errorf("%d others, lost %v: %s", others, lost, r)
			}
		}
	}
}

// Pages may be refreshed a moment before the old stream has closed: what is open then, twice,
// no reading has to meet.
func TestWavesOpenTwiceForAMoment(t *testing.T) {
	s := newTide(closing, loadgen.Refresh)
	for n := range s.evidence.Records {
		r := &s.evidence.Records[n]
		if r.Disconnect != loadgen.Refresh {
			continue
		}
		r.Ended = s.evidence.Waves[1].From + 5*time.Second
		s.dropped[n] = r.Ended + 10*time.Millisecond
		s.add(loadgen.Record{Succeeds: r.ID, Status: 200, Connected: r.Ended - 30*time.Millisecond, Opened: r.Ended - 30*time.Millisecond}, never)
	}
	if r := Judge(s.see()); r.Verdict != Clean {
		t.Errorf("%s", r)
	}
}

// A wave that vanished and was watched until after a sweep tells by its number that no sweep
// took it.
func TestWaveOutlivesSweeps(t *testing.T) {
	for swept, want := range map[bool]Code{false: SweepNever, true: NoHeartbeat} {
		s := newTide(closing, loadgen.Vanish)
		s.evidence.Server.Config.SweepEvery, s.evidence.Server.Config.IdleTimeout = time.Second, 3*time.Second
		s.stays(1, never)
		if swept {
			s.stays(1, leftAt+5500*time.Millisecond)
		}
		if r := Judge(s.see()); !slices.Equal(r.errors(), []Code{want}) {
			t.Errorf("swept %v: %s", swept, r)
		}
	}
}

// What a sweep takes, or the timeout, is waited for where that comes soon enough.
func TestTakenIn(t *testing.T) {
	for name, tt := range map[string]struct {
		limits Limits
		want   time.Duration
	}{
		"nothing is told":        {Limits{}, 0},
		"a timeout":              {Limits{Timeout: 15 * time.Second}, 15 * time.Second},
		"a sweep, a timeout":     {Limits{Timeout: 15 * time.Second, SweepEvery: 10 * time.Second, IdleTimeout: 20 * time.Second}, 32 * time.Second},
		"a sweep in minutes":     {Limits{SweepEvery: time.Minute, IdleTimeout: 2 * time.Minute}, 2 * clearPatience},
		"a sweep in an hour":     {Limits{Timeout: 15 * time.Second, SweepEvery: time.Hour, IdleTimeout: time.Minute}, 15 * time.Second},
		"a timeout in an hour":   {Limits{Timeout: time.Hour}, 0},
		"a sweep but no timeout": {Limits{SweepEvery: time.Second, IdleTimeout: 2 * time.Second}, 5 * time.Second},
	} {
		r := run{server: &Server{Config: tt.limits}}
		if got := r.takenIn(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// Where others come and go, what stays is watched for longer than its window.
func TestWindowOnce(t *testing.T) {
	for baseline, want := range map[int]time.Duration{0: 4 * time.Second, 3: 4*time.Second + crowdedWatch} {
		r := run{
			windows:  map[loadgen.Disconnect]time.Duration{closing: 4 * time.Second},
			records:  []loadgen.Record{{Disconnect: closing, Connected: 1, Opened: 1, Ended: 20 * time.Second, End: loadgen.Left}},
			watchers: []*watcher{{load: &loadgen.Load{}, tracks: []Track{{Series: Series{Role: Sessions}, Baseline: baseline}}}},
		}
		if got := r.windowOnce(20 * time.Second); got != want {
			t.Errorf("%d before: %s, want %s", baseline, got, want)
		}
	}
}

// Sessions of the warm-up that go while the streams are there are nobody's who came back, and
// no other clients.
func TestWarmUpIsNotReclaimed(t *testing.T) {
	for name, until := range map[string]time.Duration{
		"while the baseline is read":     -time.Second,
		"while the streams are open":     3 * time.Second,
		"when they have left":            6 * time.Second,
		"when their windows have passed": 9500 * time.Millisecond,
	} {
		s := newTide(closing, reset)
		s.baselineFor = crowdedBaseline
		s.warmUp, s.warmUpUntil = 5, until
		s.stays(0, leftAt+window+3*time.Second)
		s.stays(1, leftAt+window+3*time.Second)
		r := Judge(s.see())
		if r.Verdict != Leaking || has(r, Noise) {
			t.Errorf("%s: %s", name, r)
		}
		for _, row := range r.Disconnects {
			if row.Reclaimed > 0 || row.Leaked < waveStreams-5 || row.Leaked+row.Unknown != row.Left {
				t.Errorf("%s: %+v", name, row)
			}
		}
	}
	s := newTide(closing, reset) // which is right, but for the five
	s.warmUp, s.warmUpUntil = 5, 3*time.Second
	r := Judge(s.see())
	for _, row := range r.Disconnects {
		if row.Reclaimed != waveStreams-5 || row.Unknown != 5 {
			t.Errorf("of a right server: %+v", row)
		}
	}
}
