package leakcheck

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// lacking is a row of testdata/defects.json: the ways in which sessions stay at a
// server that lacks something.
type lacking struct {
	Defects []string             `json:"defects"`
	Finding Code                 `json:"finding"`
	Ways    []loadgen.Disconnect `json:"ways"`
}

// readLacking are the rows of the defects that are told by which sessions stay, and of
// those that are told by their upstreams or by how late they come back.
func readLacking(t *testing.T) []lacking {
	t.Helper()
	text, err := os.ReadFile("testdata/defects.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []lacking
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if rows[i].Finding == NoUpstreamCancel { // of a completed reply it is through
			rows[i].Ways = slices.DeleteFunc(loadgen.Disconnects(), func(d loadgen.Disconnect) bool { return d == complete })
		}
		if rows[i].Finding == SlowReclaim {
			rows[i].Ways = loadgen.Disconnects()
		}
	}
	return slices.DeleteFunc(rows, func(l lacking) bool { return len(l.Ways) == 0 || l.Finding == RefreshKillsSuccessor })
}

// is tells whether the row is found under that code.
func (l lacking) is(c Code) bool { return l.Finding == c }

// shows tells whether the sessions of a way, or their upstreams, stay.
func (l lacking) shows(d loadgen.Disconnect) bool { return slices.Contains(l.Ways, d) }

// scene is what a run shows of such a server in which streams left in these ways.
func (l lacking) scene(ways ...loadgen.Disconnect) *scene {
	per := 12
	if l.is(SlowReclaim) { // as many as are not done with when the window has passed
		per = 40
	}
	s := newScene(per, 3, ways...)
	s.ended = slices.Clone(s.dropped)
	if !l.is(NoHeartbeat) {
		s.beat(time.Second)
		s.each(loadgen.Vanish, func(r *loadgen.Record, _ *time.Duration) { r.Comments = 2 })
	}
	if l.is(SweepNever) {
		s.evidence.Server.Config.SweepEvery, s.evidence.Server.Config.IdleTimeout = time.Second, 2*time.Second
	}
	queue := leftAt
	for n := range s.evidence.Records {
		r, d := &s.evidence.Records[n], s.evidence.Records[n].Disconnect
		if r.Control() {
			continue
		}
		if d == loadgen.Overstay { // the timeout comes
			s.dropped[n], s.ended[n] = r.Ended+time.Second, r.Ended+time.Second
			if !l.is(NoTimeout) {
				r.Dropped = r.Ended + time.Second
			}
		}
		switch {
		case !l.shows(d):
		case l.is(SlowReclaim):
			queue = max(queue, r.Ended) + 200*time.Millisecond
			s.dropped[n], s.ended[n] = queue, queue
		case l.is(NoUpstreamCancel):
			s.ended[n] = never
		default:
			s.dropped[n] = never
			if !l.is(NoRemove) && d != complete {
				s.ended[n] = never
			}
		}
	}
	if l.hearsNothing() {
		s.warmUp, s.warmUpUntil = 5, never
	}
	return s
}

// hearsNothing tells whether the warm-up's sessions stay too: its streams close.
func (l lacking) hearsNothing() bool { return l.shows(closing) && !l.is(SlowReclaim) }

// errorsOf are the codes of a report's errors.
func errorsOf(r *Report) []Code {
	var codes []Code
	for _, f := range r.Findings {
		if f.Severity == SeverityError {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// untold are the ways that do not tell a defect from another one, each alone: then it is
// called a leak. docs/report.md has the same.
var untold = map[Code][]loadgen.Disconnect{
	// Neither is told from the other, nor from a server that only hears nothing of silence.
	NoCallbacks:     loadgen.Disconnects(),
	NoErrorCallback: loadgen.Disconnects(),
	// The upstream of a completed reply is through, that of an early stream may never have
	// been asked: that they are gone proves no cancellation.
	NoRemove: {loadgen.Complete, loadgen.Early},
}

// byWarmUp are told by one way only because the warm-up's streams, which close, give their
// sessions back.
var byWarmUp = []Code{NoCompletionCallback, NoHeartbeat, NoWriteDeadline, EarlyAbort}

// Each defect is found in each single way in which it shows, under its own name or as a
// leak, and with no other error beside it.
func TestOneWay(t *testing.T) {
	for _, l := range readLacking(t) {
		for _, d := range l.Ways {
			for _, counts := range []bool{false, true} {
				for _, warm := range []int{0, 5} {
					name := fmt.Sprintf("%s/%s/counts=%v/warm-up=%d", strings.Join(l.Defects, "+"), d, counts, warm)
					want := l.Finding
					if slices.Contains(untold[l.Finding], d) || (warm == 0 && slices.Contains(byWarmUp, l.Finding)) {
						want = Leak
					}
					if counts && l.is(SlowReclaim) && silent(d) { // who left when is not known of a count
						want = Late
					}
					s := l.scene(d)
					s.counts = counts
					if !l.hearsNothing() {
						s.evidence.WarmUpReturned = warm
					}
					r := Judge(s.see())
					checkReport(t, r)
					if got := errorsOf(r); !slices.Equal(got, []Code{want}) || r.Verdict != Leaking {
						t.Errorf("%s: %s, found %q, want %q", name, r.Verdict, got, want)
					}
				}
			}
		}
	}
}

// Nor is it in any two ways: the only other name is that of a part of what is missing, where
// nobody completed.
func TestTwoWays(t *testing.T) {
	all := loadgen.Disconnects()
	for _, l := range readLacking(t) {
		for i, a := range all {
			for _, b := range all[i+1:] {
				if !l.shows(a) && !l.shows(b) {
					continue
				}
				s := l.scene(a, b)
				if !l.hearsNothing() {
					s.evidence.WarmUpReturned = 5
				}
				got := errorsOf(Judge(s.see()))
				part := l.is(NoCallbacks) && hangups([]loadgen.Disconnect{a, b}, nil) && slices.Equal(got, []Code{NoErrorCallback})
				if len(got) != 1 || (got[0] != l.Finding && got[0] != Leak && !part) {
					t.Errorf("%s left by %s and %s: found %q", l.Finding, a, b, got)
				}
			}
		}
	}
}

// What a run was not asked for, and would tell more, stands in a leak's hint: nothing that
// it had already.
func TestLeakAsksForMore(t *testing.T) {
	const every, longer, upstreams, beats = "leave in every way", "an answer that ends within the hold", "read upstreams too", "hold for longer than two heartbeats"
	for name, tt := range map[string]struct {
		scene  func() *scene
		wants  []string
		spares []string
	}{
		"one way, with upstreams": {func() *scene {
			s := newScene(10, 3, closing)
			s.keep(closing, never)
			return s
		}, []string{every}, []string{longer, upstreams, beats}},
		"one way of an answer that ends, without": {func() *scene {
			s := stays([]loadgen.Disconnect{closing}, closing)
			s.evidence.Endless = false
			return s
		}, []string{every, longer, upstreams}, []string{beats}},
		"vanished before a heartbeat was due": {func() *scene {
			s := newScene(10, 3, loadgen.Vanish)
			s.evidence.Server.Config.Heartbeat, s.evidence.WarmUpReturned = 15*time.Second, 5
			s.keep(loadgen.Vanish, never)
			return s
		}, []string{every, beats}, []string{longer, upstreams}},
	} {
		r := Judge(tt.scene().see())
		if len(r.Findings) != 1 || r.Findings[0].Code != Leak {
			t.Errorf("%s: found %+v", name, r.Findings)
			continue
		}
		for _, words := range tt.wants {
			if !strings.Contains(r.Findings[0].Hint, words) {
				t.Errorf("%s: %q does not ask to %s", name, r.Findings[0].Hint, words)
			}
		}
		for _, words := range tt.spares {
			if strings.Contains(r.Findings[0].Hint, words) {
				t.Errorf("%s: %q asks to %s", name, r.Findings[0].Hint, words)
			}
		}
	}
}

// Upstreams that are gone prove a cancellation only where they would have gone on.
func TestGoneIsNotCancelled(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(s *scene)
		want   Code
	}{
		"cancelled": {func(*scene) {}, NoRemove},
		"of answers that end, while those of controls go on": {func(s *scene) { s.evidence.Endless = false }, NoRemove},
		"of answers that end, and those of controls did": {func(s *scene) {
			s.evidence.Endless = false
			s.each("", func(r *loadgen.Record, _ *time.Duration) { s.ended[r.N] = 6 * time.Second })
		}, Leak},
		"others stay in the place of controls that the timeout ended": {func(s *scene) {
			s.each(closing, func(r *loadgen.Record, _ *time.Duration) { s.ended[r.N] = never })
			const timeout = 9 * second
			s.evidence.Server.Config.Timeout = timeout
			s.each("", func(r *loadgen.Record, dropped *time.Duration) {
				r.End, r.Ended = loadgen.Completed, r.Opened+timeout
				*dropped, s.ended[r.N] = r.Ended, r.Ended
			})
			for _, r := range s.evidence.Records[10:] {
				s.add(loadgen.Record{Status: 200, Connected: r.Ended, Opened: r.Ended}, never)
				s.ended = append(s.ended, never)
			}
		}, Leak},
		"nobody looked":                    {func(s *scene) { s.oneRole = true }, Leak},
		"the warm-up's sessions came back": {func(s *scene) { s.evidence.WarmUpReturned = 5 }, Leak},
		"the upstreams were ended too late": {func(s *scene) {
			s.each(closing, func(r *loadgen.Record, _ *time.Duration) { s.ended[r.N] = r.Ended + window + second })
		}, Leak},
	} {
		s := newScene(10, 10, closing)
		s.ended = slices.Clone(s.dropped)
		s.keep(closing, never)
		tt.change(s)
		if got := errorsOf(Judge(s.see())); !slices.Equal(got, []Code{tt.want}) {
			t.Errorf("%s: found %q, want %s", name, got, tt.want)
		}
	}
}

// A stream that the server ended at its timeout was not left without one.
func TestEndedHadItsTimeout(t *testing.T) {
	for _, tt := range []struct {
		ended bool
		want  Code
	}{{false, NoTimeout}, {true, Leak}} {
		s := newScene(10, 3, loadgen.Overstay)
		s.each(loadgen.Overstay, func(r *loadgen.Record, dropped *time.Duration) {
			if *dropped = never; tt.ended {
				r.Dropped = r.Ended + second
			}
		})
		if got := errorsOf(Judge(s.see())); !slices.Equal(got, []Code{tt.want}) {
			t.Errorf("ended %v: found %q, want %s", tt.ended, got, tt.want)
		}
	}
}
