package leakcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// stays is a server, of which nothing is known, whose sessions of some ways stay.
func stays(ways []loadgen.Disconnect, of ...loadgen.Disconnect) *scene {
	s := newScene(10, 3, of...)
	s.evidence.Server, s.oneRole = nil, true
	s.dropped = slices.Clone(s.dropped)
	for _, d := range ways {
		s.keep(d, never)
	}
	return s
}

var hungUp = []loadgen.Disconnect{closing, reset, loadgen.Refresh}

// back has sessions of a way come back so long after their streams had left, each a
// little later than the one before.
func (s *scene) back(way loadgen.Disconnect, after time.Duration) {
	s.each(way, func(r *loadgen.Record, dropped *time.Duration) {
		*dropped = r.Ended + after
		after += 20 * time.Millisecond
	})
}

// nameless has early streams leave before they are told their ids.
func (s *scene) nameless(kept func(ended time.Duration) time.Duration) {
	s.each(loadgen.Early, func(r *loadgen.Record, dropped *time.Duration) {
		r.Session, r.Opened, r.FirstEvent, r.Ended = "", 0, 0, r.Connected+5*time.Millisecond
		*dropped = kept(r.Ended)
	})
}

// fingerprintJudgements are servers by what their sessions look like.
var fingerprintJudgements = []judgement{
	{"nothing is written, and nobody looks at the connection", func() *scene {
		s := stays(hungUp, closing, reset, loadgen.Refresh)
		s.quiet()
		return s
	}, Leaking, []Code{WritesNothing}},
	{"nothing is written, and answers that are through go", func() *scene {
		s := stays(hungUp, complete, closing, reset, loadgen.Refresh)
		s.quiet()
		return s
	}, Leaking, []Code{WritesNothing}},
	{"nothing is written, until a sweep", func() *scene {
		s := stays(nil, closing, reset)
		s.quiet()
		s.keep(closing, 10*time.Second)
		s.keep(reset, 10*time.Second)
		return s
	}, Leaking, []Code{WritesNothing}},
	{"nothing is written, but nothing goes when answers are through either", func() *scene {
		s := stays(append(hungUp, complete), complete, closing, reset, loadgen.Refresh)
		s.quiet()
		return s
	}, Leaking, []Code{Leak}},
	{"nothing is written, but one way of hanging up is noticed", func() *scene {
		s := stays([]loadgen.Disconnect{closing, loadgen.HalfClose}, closing, loadgen.HalfClose, reset)
		s.quiet()
		return s
	}, Leaking, []Code{Leak}},
	{"nothing is written, but the connections are gone", func() *scene {
		s := stays(hungUp, closing, reset, loadgen.Refresh)
		s.quiet()
		s.sockets = stays(nil, closing, reset, loadgen.Refresh).dropped
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"heartbeats are written, and nobody looks at what becomes of them", func() *scene {
		s := stays(hungUp, closing, reset, loadgen.Refresh)
		s.beat(time.Second)
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"heartbeats so seldom that nobody has waited for two", func() *scene {
		s := stays(hungUp, closing, reset, loadgen.Refresh)
		s.beat(5 * time.Second)
		return s
	}, Leaking, []Code{Leak}},
	{"the connections are gone, the entries stay, however the stream leaves", func() *scene {
		s := stays(append(hungUp, complete), complete, closing, reset, loadgen.Refresh)
		s.sockets = stays(nil, complete, closing, reset, loadgen.Refresh).dropped
		return s
	}, Leaking, []Code{NoRemove}},
	{"the connections stay too", func() *scene {
		s := stays(append(hungUp, complete), complete, closing, reset, loadgen.Refresh)
		s.sockets = s.dropped
		return s
	}, Leaking, []Code{Leak}},
	{"failed writes give the sessions back, after the window", func() *scene {
		s := stays(nil, closing, reset)
		s.beat(3 * time.Second)
		s.back(closing, 4500*time.Millisecond)
		s.back(reset, 1500*time.Millisecond)
		return s
	}, Leaking, []Code{Late}},
	{"one of many streams that never leave is ended late", func() *scene {
		s := newScene(30, 0, closing, loadgen.Overstay)
		s.keep(loadgen.Overstay, 6*time.Second)
		s.dropped[len(s.dropped)-1] = 9 * time.Second
		return s
	}, Leaking, []Code{Late}},
	{"failed writes give the sessions back, an early one's last", func() *scene {
		s := stays(nil, closing, reset, loadgen.Early)
		s.beat(3 * time.Second)
		s.back(closing, 3*time.Second)
		s.back(reset, 10*time.Millisecond)
		s.back(loadgen.Early, 5*time.Second)
		return s
	}, Leaking, []Code{Late}},
	{"later than failed writes would", func() *scene {
		s := stays(nil, closing, reset)
		s.beat(time.Second)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + 4*time.Second + r.Opened })
		s.each(reset, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + 4*time.Second + r.Opened })
		return s
	}, Leaking, []Code{Late}},
	{"clean-up fails for some", func() *scene {
		s := stays(nil, closing, reset)
		for n := range s.dropped[:20] {
			if n%3 == 0 {
				s.dropped[n] = never
			}
		}
		return s
	}, Leaking, []Code{ReleaseFailsForSome}},
	{"clean-up fails for some, as far as was waited", func() *scene {
		s := stays(nil, closing, reset)
		s.beat(5 * time.Second)
		for n := range s.dropped[:20] {
			if n%3 == 0 {
				s.dropped[n] = never
			}
		}
		return s
	}, Leaking, []Code{Leak}},
	{"slow for some, and some are not seen to come back", func() *scene {
		s := stays(nil, closing, reset)
		behind := 4*time.Second + leftAt
		for _, d := range []loadgen.Disconnect{closing, reset} {
			s.each(d, func(_ *loadgen.Record, dropped *time.Duration) { behind += 350 * time.Millisecond; *dropped = behind })
		}
		return s
	}, Leaking, []Code{SlowReclaim}},
	{"no heartbeat was due before they left", func() *scene {
		s := stays([]loadgen.Disconnect{closing, reset}, complete, closing, reset)
		s.evidence.Server = &Server{Config: Limits{Timeout: 5 * time.Minute, Heartbeat: 15 * time.Second, UserTimeout: time.Minute}}
		s.quiet()
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"who is refreshed leaves its old session behind", func() *scene {
		return stays([]loadgen.Disconnect{loadgen.Refresh}, closing, reset, loadgen.Refresh)
	}, Leaking, []Code{RefreshKeepsBoth}},
	{"who comes back is refused", func() *scene {
		s := stays(nil, closing, loadgen.Refresh)
		for i := range 10 {
			s.add(loadgen.Record{
				Status: 409, Succeeds: s.evidence.Records[2*i+1].ID, Connected: 4 * time.Second, Ended: 4 * time.Second,
				End: loadgen.Rejected, Err: "response has status 409 Conflict",
			}, 0)
		}
		return s
	}, Inconclusive, []Code{RefreshRefused}},
	{"one who comes back is refused", func() *scene {
		s := stays(nil, closing, loadgen.Refresh)
		for i := range 10 {
			s.add(loadgen.Record{Status: 200, Succeeds: s.evidence.Records[2*i+1].ID, Connected: 4 * time.Second, Opened: 4 * time.Second}, never)
		}
		r := &s.evidence.Records[len(s.evidence.Records)-1]
		r.Status, r.Opened, r.Ended, r.End, r.Err = 429, 0, 4*time.Second, loadgen.Rejected, "response has status 429"
		s.dropped[r.N] = 0
		return s
	}, Clean, []Code{RefreshRefused}},
	{"the count is lower than what is open", func() *scene {
		s := stays(nil, closing)
		s.counts = true
		s.others = func(t time.Duration) int {
			if t < 6*time.Second {
				return 0
			}
			return -3 // of the controls
		}
		return s
	}, Inconclusive, []Code{CounterWrong}},
	{"early streams left before they were told their ids, and stay", func() *scene {
		s := stays(nil, closing, loadgen.Early)
		s.nameless(func(time.Duration) time.Duration { return never })
		return s
	}, Leaking, []Code{EarlyAbort}},
	{"early streams left before they were told their ids, and come back late", func() *scene {
		s := stays(nil, closing, loadgen.Early)
		s.nameless(func(ended time.Duration) time.Duration { return ended + 6*time.Second })
		return s
	}, Leaking, []Code{EarlyAbort}},
	{"early streams left before they were told their ids, and come back in time", func() *scene {
		s := stays(nil, closing, loadgen.Early)
		s.nameless(func(ended time.Duration) time.Duration { return ended + 3*time.Second })
		return s
	}, Clean, nil},
	{"early streams left before they were told their ids, and others come", func() *scene {
		s := stays(nil, closing, loadgen.Early)
		s.nameless(func(ended time.Duration) time.Duration { return ended + time.Millisecond })
		s.others = func(t time.Duration) int { return int(t / (200 * time.Millisecond)) }
		return s
	}, Inconclusive, []Code{Strangers}},
}

// The figures that a finding rests on stand in its evidence.
func TestFingerprintEvidence(t *testing.T) {
	crowd := stays(nil, closing, reset)
	for n := range crowd.dropped[:20] {
		r := &crowd.evidence.Records[n]
		if n%2 == 0 { // ten leave together, and most of them stay
			r.Ended = 5 * time.Second
			crowd.dropped[n] = map[bool]time.Duration{true: never, false: r.Ended}[n%6 != 0]
		}
	}
	for name, tt := range map[string]struct {
		scene *scene
		code  Code
		says  []string
	}{
		"some": {crowd, ReleaseFailsForSome, []string{"of 10 clients that hung up in the same ways 4 came back", "left with 9 others or more within 20ms 60 % stayed, of the others 0 %"}},
		"written": {fingerprintJudgements[index(t, "failed writes give the sessions back, after the window")].scene(), Late,
			[]string{"a heartbeat came every 3.00 s", "after a FIN sessions took 4.5", "after an RST 1.5"}},
		"silent": {fingerprintJudgements[0].scene(), WritesNothing, []string{"nothing had come for at least 3.00 s before they hung up"}},
		"gone": {fingerprintJudgements[index(t, "nothing is written, but the connections are gone")].scene(), NoErrorCallback,
			[]string{"the connections of 30 sessions that stayed are gone"}},
		"a total": {func() *scene {
			s := stays([]loadgen.Disconnect{closing}, closing)
			s.counts = true
			return s
		}(), Leak, []string{"the count never fell, as a total never does"}},
	} {
		t.Run(name, func(t *testing.T) {
			findings := Judge(tt.scene.see()).Findings
			i := slices.IndexFunc(findings, func(f Finding) bool { return f.Code == tt.code })
			if i < 0 {
				t.Fatalf("found %+v", findings)
			}
			for _, words := range tt.says {
				if !strings.Contains(findings[i].Evidence, words) {
					t.Errorf("%q does not say %q", findings[i].Evidence, words)
				}
			}
		})
	}
}

func index(t *testing.T, name string) int {
	t.Helper()
	i := slices.IndexFunc(fingerprintJudgements, func(j judgement) bool { return j.name == name })
	if i < 0 {
		t.Fatalf("no row %q", name)
	}
	return i
}

// Where those that hang up come back, completed and early streams that stay are two
// defects, and no word is said of every way.
func TestCompletedAndEarlyAreTwoDefects(t *testing.T) {
	for name, until := range map[string]time.Duration{"for ever": never, "until a sweep": 10 * time.Second} {
		s := newScene(10, 3, complete, closing, reset, loadgen.Early)
		for _, way := range []loadgen.Disconnect{complete, loadgen.Early} {
			s.keep(way, until)
		}
		var got []string
		for _, f := range Judge(s.see()).Findings {
			got = append(got, fmt.Sprintf("%s %s", f.Code, ways(f.Disconnects)))
		}
		if want := []string{"no-completion-callback complete", "early-abort early"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A sweep takes sessions in a few steps in each round: of several rounds there are more.
func TestStepsAreThoseOfARound(t *testing.T) {
	for name, tt := range map[string]struct {
		apart time.Duration // from one session that goes to the next
		want  Code
	}{
		"a sweep": {0, Late},
		"a queue": {200 * time.Millisecond, SlowReclaim},
	} {
		s := newTideOf(20, closing, reset, closing, reset)
		s.counts = false
		for i, w := range s.evidence.Waves {
			s.stays(i, never)
			for k, r := range s.evidence.Records[max(2, w.First):] {
				if r.Connected > w.Until {
					break
				}
				sweep := w.From + 9500*time.Millisecond + time.Duration(k%2)*time.Second
				s.dropped[r.N] = sweep + time.Duration(k)*tt.apart
			}
		}
		r := Judge(s.see())
		if r.Verdict != Leaking || r.Findings[0].Code != tt.want {
			t.Errorf("%s: want %s: %s", name, tt.want, r)
		}
	}
}
