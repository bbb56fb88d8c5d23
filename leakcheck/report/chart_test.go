package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-analyze/charts/chartdraw"

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

// A moment has each mark once, however many ways left then and sessions may remain: two
// colours would add up to one that no legend has.
func TestLeaving(t *testing.T) {
	span := func(pairs ...float64) (all []leakcheck.Span) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, leakcheck.Span{From: pairs[i], Until: pairs[i+1]})
		}
		return all
	}
	for _, tt := range []struct {
		name          string
		history       []leakcheck.History
		left, windows []leakcheck.Span // that of close is 3 s, that of reset 4 s
	}{
		{"nobody left", nil, nil, nil},
		{"one wave", []leakcheck.History{{Name: "close", LeftFrom: 1, LeftUntil: 2}, {Name: "reset", LeftFrom: 6, LeftUntil: 7}}, span(1, 2, 6, 7), span(2, 5, 7, 11)},
		{"side by side", []leakcheck.History{{Name: "close", LeftFrom: 1, LeftUntil: 2}, {Name: "reset", LeftFrom: 1.5, LeftUntil: 3}}, span(1, 3), span(2, 7)},
		{"one in the window of the other", []leakcheck.History{{Name: "close", LeftFrom: 1, LeftUntil: 2}, {Name: "reset", LeftFrom: 3, LeftUntil: 4}}, span(1, 2, 3, 4), span(2, 8)},
		{"in turns", []leakcheck.History{{Name: "close", Left: span(1, 2)}, {Name: "reset", Left: span(6, 7)}}, span(1, 2, 6, 7), span(2, 5, 7, 11)},
		{"rounds side by side", []leakcheck.History{{Name: "close", Left: span(1, 2, 8, 9)}, {Name: "reset", Left: span(1.5, 3, 8, 8.5)}}, span(1, 3, 8, 9), span(2, 7, 8.5, 12.5)},
		{"to the end of the run", []leakcheck.History{{Name: "reset", Left: span(18, 19)}}, span(18, 19), span(19, 20)},
		{"all at once", []leakcheck.History{{Name: "close", LeftFrom: 1, LeftUntil: 1}}, span(1, 1.1), span(1, 4)},
	} {
		r := &leakcheck.Report{Took: 20, History: tt.history, Disconnects: []leakcheck.Row{{Name: "close", Window: 3}, {Name: "reset", Window: 4}}}
		got := map[string][]leakcheck.Span{}
		for _, s := range leaving(r, r.History, 1) {
			box := s.(chartdraw.ContinuousSeries)
			class := box.Style.ClassName
			got[class] = append(got[class], leakcheck.Span{From: box.XValues[0], Until: box.XValues[len(box.XValues)-1]})
		}
		if !slices.Equal(got["leaving"], tt.left) || !slices.Equal(got["window"], tt.windows) {
			t.Errorf("%s: left %v, want %v; windows %v, want %v", tt.name, got["leaving"], tt.left, got["window"], tt.windows)
		}
	}
}
