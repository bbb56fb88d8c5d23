package leakcheck

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// frozen is a scene in which clients stall, and the controls hear nothing from soon after
// the first until the end.
func frozen(ways ...loadgen.Disconnect) *scene {
	s := newScene(6, 6, append(ways, loadgen.Stall)...)
	first := never
	s.each(loadgen.Stall, func(r *loadgen.Record, _ *time.Duration) { first = min(first, r.Ended) })
	for _, r := range s.evidence.Records {
		if r.Control() {
			from := first + 2*second + time.Duration(r.N)*milli
			s.evidence.Silences = append(s.evidence.Silences, loadgen.Silence{N: r.N, From: from, Until: s.evidence.Took - milli, Before: 150 * milli, Times: 40})
		}
	}
	return s
}

// but is it with something else about every silence.
func (s *scene) but(change func(*loadgen.Silence)) *scene {
	for i := range s.evidence.Silences {
		change(&s.evidence.Silences[i])
	}
	return s
}

func TestPressure(t *testing.T) {
	for name, tt := range map[string]struct {
		scene func() *scene
		found bool
	}{
		"all that stayed": {func() *scene { return frozen() }, true},
		"one of ten is heard": {func() *scene {
			s := newScene(6, 20, loadgen.Stall)
			for _, silence := range frozen().evidence.Silences[:1] {
				for n := 6; n < 24; n++ {
					silence.N = n
					s.evidence.Silences = append(s.evidence.Silences, silence)
				}
			}
			return s
		}, true},
		"one of six is heard": {func() *scene {
			s := frozen()
			s.evidence.Silences[0].From, s.evidence.Silences[0].Until = second, 2*second
			return s
		}, false},
		"who stalled is reclaimed, the others are silent all the same": {func() *scene {
			s := frozen()
			s.keep(loadgen.Stall, 8*second)
			return s
		}, true},
		"others vanished": {func() *scene { return frozen(loadgen.Vanish) }, true},
		"nobody stalled": {func() *scene {
			s := frozen()
			s.each(loadgen.Stall, func(r *loadgen.Record, _ *time.Duration) { r.Disconnect = loadgen.Vanish })
			return s
		}, false},
		"nobody's window was closed": {func() *scene {
			s := frozen()
			s.each(loadgen.Stall, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Untried })
			return s
		}, false},
		"somebody closed just before": {func() *scene { return frozen(closing) }, false},
		"somebody closed long before": {func() *scene {
			s := frozen(closing)
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = r.Opened + 500*milli
				*dropped = r.Ended
			})
			return s
		}, true},
		"somebody closed long after": {func() *scene {
			s := frozen(closing)
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = 11 * second
				*dropped = r.Ended
			})
			return s
		}, true},
		"a control was cut then": {func() *scene {
			s := frozen()
			last := &s.evidence.Records[len(s.evidence.Records)-1]
			last.End, last.Ended = loadgen.Cut, s.evidence.Silences[0].From
			return s
		}, false},
		"they are heard again":            {func() *scene { return frozen().but(func(s *loadgen.Silence) { s.Until -= 2 * second }) }, false},
		"it began before anybody stalled": {func() *scene { return frozen().but(func(s *loadgen.Silence) { s.From -= 4 * second }) }, false},
		"it is short":                     {func() *scene { return frozen().but(func(s *loadgen.Silence) { s.From = s.Until - 2*second }) }, false},
		"it is no longer than half of the time": {func() *scene {
			return frozen().but(func(s *loadgen.Silence) { s.From = s.Until - 4*second })
		}, false},
		"silences were long before": {func() *scene { return frozen().but(func(s *loadgen.Silence) { s.Before = 1500 * milli }) }, false},
		"little was heard before":   {func() *scene { return frozen().but(func(s *loadgen.Silence) { s.Times = 9 }) }, false},
		"each at its own age": {func() *scene {
			s := frozen()
			return s.but(func(silence *loadgen.Silence) {
				silence.From = s.evidence.Records[silence.N].Opened + 3500*milli
			})
		}, false},
		"the server answers no probe meanwhile": {func() *scene {
			s := frozen()
			s.blackout = 6 * second
			return s
		}, false},
		"the server was not seen to answer": {func() *scene {
			s := frozen()
			s.pauses = []stretch{{6 * second, 12 * second}}
			return s
		}, false},
		"a run of two that stay": {func() *scene {
			s := newScene(6, 2, loadgen.Stall)
			s.evidence.Silences = slices.Clone(frozen().evidence.Silences[:2])
			return s
		}, false},
		"an interrupted run": {func() *scene {
			s := frozen()
			s.evidence.Interrupted = Watching
			return s
		}, false},
		"a server that died": {func() *scene {
			s := frozen()
			s.evidence.Crashed = 11 * second
			return s
		}, false},
	} {
		r := Judge(tt.scene().see())
		i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == NoBackPressure })
		if (i >= 0) != tt.found {
			t.Errorf("%s: found %v, want %v: %+v", name, i >= 0, tt.found, r.Findings)
		}
		if i < 0 {
			continue
		}
		checkReport(t, r)
		if f := r.Findings[i]; f.Severity != SeverityWarning || !strings.Contains(f.Evidence, "stayed heard nothing for") || !slices.Equal(f.Disconnects, []loadgen.Disconnect{loadgen.Stall}) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
