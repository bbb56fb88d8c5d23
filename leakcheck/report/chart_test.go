package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func labels(a axis) string {
	var all []string
	for _, t := range a.ticks {
		all = append(all, t.Label)
	}
	return strings.Join(all, " ")
}

func TestAxes(t *testing.T) {
	for _, c := range []struct {
		name string
		axis axis
		want string
	}{
		{"nothing", counts(0), "0 1"},
		{"one", counts(1), "0 1"},
		{"four", counts(4), "0 1 2 3 4"},
		{"many", counts(2510), "0 1,000 2,000 3,000"},
		{"a moment", timeline(0.31, 4), "0s 0.1s 0.2s 0.3s"},
		{"some seconds", timeline(12.345, 4), "0s 5s 10s"},
		{"an hour", timeline(3600, 4), "0s 1000s 2000s 3000s"},
		{"decades", decades(0.004, 5.25), "1.0 ms 10 ms 100 ms 1 s 10 s"},
		{"one decade", decades(1, 1), "1 s 10 s"},
		{"below what is drawn", decades(0, 0.0001), "0.1 ms 1.0 ms"},
	} {
		if got := labels(c.axis); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		for _, tick := range c.axis.ticks {
			if tick.Value < c.axis.from || tick.Value > c.axis.to {
				t.Errorf("%s: %s is outside of the axis", c.name, tick.Label)
			}
		}
	}
}

// A count holds until the next one, and the last to the end.
func TestSteps(t *testing.T) {
	xs, ys := steps([]leakcheck.CountAt{{At: 1, Count: 5}, {At: 2, Count: 3}}, 4)
	if !slices.Equal(xs, []float64{0, 1, 1, 2, 2, 4}) || !slices.Equal(ys, []float64{0, 0, 5, 5, 3, 3}) {
		t.Errorf("%v %v", xs, ys)
	}
	xs, ys = steps([]leakcheck.CountAt{{Count: 7}, {At: 9, Count: 1}}, 4)
	if !slices.Equal(ys, []float64{7, 7, 7, 7, 1, 1}) || slices.Max(xs) != 4 {
		t.Errorf("%v %v", xs, ys)
	}
}

// Ways that leave side by side are one mark, those that take turns have one each.
func TestLeavingInWaves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		history []leakcheck.History
		want    int
	}{
		{"nobody left", nil, 0},
		{"one wave", []leakcheck.History{{LeftFrom: 1, LeftUntil: 2}, {LeftFrom: 5, LeftUntil: 6}}, 1},
		{"in turns", []leakcheck.History{{Left: []leakcheck.Span{{From: 1, Until: 2}}}, {Left: []leakcheck.Span{{From: 5, Until: 6}}}}, 2},
		{"rounds side by side", []leakcheck.History{
			{Left: []leakcheck.Span{{From: 1, Until: 2}, {From: 5, Until: 6}}}, {Left: []leakcheck.Span{{From: 1.5, Until: 3}, {From: 5, Until: 5.5}}},
		}, 2},
	} {
		if got := len(leaving(&leakcheck.Report{Took: 10, History: tt.history}, 1)); got != 2*tt.want {
			t.Errorf("%s: %d boxes, want %d of two", tt.name, got, tt.want)
		}
	}
}
