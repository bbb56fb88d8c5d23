package leakcheck

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// gateway is a scene of a model behind a gateway: 10 tokens a second for each
// generation, which goes on for so long after its stream has left.
func gateway(goesOn time.Duration, ways ...loadgen.Disconnect) *scene {
	s := newScene(20, 5, ways...)
	s.rate = 10
	s.ended = slices.Clone(s.dropped)
	for n, r := range s.evidence.Records {
		if r.End == loadgen.Left {
			s.ended[n] = r.Ended + goesOn
		}
	}
	over := func(at time.Duration) int {
		n := 0
		for _, ended := range s.ended {
			if ended <= at {
				n++
			}
		}
		return n
	}
	if goesOn < time.Second {
		s.cancels = over
	} else {
		s.runs = over
	}
	return s
}

func TestGenerations(t *testing.T) {
	for name, tt := range map[string]struct {
		scene    func() *scene
		wasted   float64 // at most, and a tenth less at least
		ranOut   int
		verdict  Verdict
		findings []Code
	}{
		"cancelled at once": {func() *scene { return gateway(10*time.Millisecond, closing, reset) },
			0, 0, Clean, nil},
		"run to their end within the window": {func() *scene { return gateway(3*time.Second, closing, reset) },
			40 * 30, 40, Clean, []Code{NoUpstreamCancel}},
		"run on past the window": {func() *scene { return gateway(6*time.Second, closing, reset) },
			40 * 60, 40, Leaking, []Code{NoUpstreamCancel}},
		"who completes wastes nothing": {func() *scene { return gateway(3*time.Second, closing, complete) },
			20 * 30, 20, Clean, []Code{NoUpstreamCancel}},
		"who left unseen is waited for": {func() *scene { return gateway(3*time.Second, loadgen.Vanish) },
			0, 0, Clean, nil},
		"others were there before": {func() *scene {
			s := gateway(3*time.Second, closing)
			s.others = func(time.Duration) int { return 4 }
			return s
		}, 20 * 30, 16, Clean, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := Judge(tt.scene().see())
			g := r.Generations
			if g == nil {
				t.Fatal("nothing is told")
			}
			if got := float64(g.Wasted); got > tt.wasted || got < 0.9*tt.wasted || g.Counted {
				t.Errorf("%+v: %v tokens were made for nobody", *g, tt.wasted)
			}
			if g.RanOut != tt.ranOut || r.Verdict != tt.verdict {
				t.Errorf("%d ran out, want %d; %s, want %s", g.RanOut, tt.ranOut, r.Verdict, tt.verdict)
			}
			var found []Code
			for _, f := range r.Findings {
				found = append(found, f.Code)
			}
			if !slices.Equal(found, tt.findings) {
				t.Errorf("findings %q, want %q", found, tt.findings)
			}
		})
	}
}

// A server whose clients are the streams has counted itself.
func TestGenerationsOfTheTarget(t *testing.T) {
	s := gateway(3*time.Second, closing)
	s.direct = true
	r := Judge(s.see())
	if g := r.Generations; g == nil || !g.Counted || math.Abs(float64(g.Wasted)-float64(g.Tokens)/10) > 1 || g.RanOut != 0 {
		t.Errorf("%+v", g)
	}
}

// Where nothing is told, or the counts went back, nothing is said.
func TestGenerationsUnknown(t *testing.T) {
	silent := gateway(3*time.Second, closing)
	silent.rate = 0
	again := gateway(3*time.Second, closing)
	again.runs = func(at time.Duration) int { return max(0, 5-int(at.Seconds())) }
	for name, s := range map[string]*scene{"silent": silent, "another life": again} {
		if g := Judge(s.see()).Generations; g != nil {
			t.Errorf("%s: %+v", name, *g)
		}
	}
}
