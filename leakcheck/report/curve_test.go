package report

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func curved(took float64, baseline int, readings ...leakcheck.ReadingAt) *leakcheck.Report {
	return &leakcheck.Report{Took: took, Probes: []leakcheck.ProbeSummary{sessionsProbe(baseline, 0, 0)}, Readings: readings}
}

func at(seconds float64, count int) leakcheck.ReadingAt {
	return leakcheck.ReadingAt{At: seconds, Probe: "sessions", Count: count}
}

func TestSessionsOverTime(t *testing.T) {
	replicas := curved(4, 1, at(1, 3), leakcheck.ReadingAt{At: 2, Probe: "sessions 2", Count: 10}, leakcheck.ReadingAt{At: 2, Probe: "upstreams", Count: 99}, at(3, 0))
	second := sessionsProbe(5, 0, 0)
	second.Name = "sessions 2"
	replicas.Probes = append(replicas.Probes, second, upstreamsProbe(7, 0, 0))
	for _, c := range []struct {
		name string
		r    *leakcheck.Report
		want []float64 // at four moments
	}{
		{"rise and fall", curved(4, 0, at(0, 0), at(1.5, 6), at(2.5, 4), at(3.9, 1)), []float64{0, 6, 4, 1}},
		{"before the first reading the baseline holds", curved(4, 2, at(2.5, 5)), []float64{2, 2, 5, 5}},
		{"one reading at the start", curved(4, 0, at(0, 3)), []float64{3, 3, 3, 3}},
		{"one reading at the end", curved(4, 0, at(4, 3)), []float64{0, 0, 0, 3}},
		{"a reading after the end", curved(4, 0, at(4.001, 3)), []float64{0, 0, 0, 0}},
		{"constant zero", curved(4, 0, at(0, 0), at(4, 0)), []float64{0, 0, 0, 0}},
		{"several in one step: the last", curved(4, 0, at(0.1, 1), at(0.2, 9), at(0.3, 2)), []float64{2, 2, 2, 2}},
		{"replicas add up, upstreams do not", replicas, []float64{8, 13, 10, 10}},
		{"no reading", curved(4, 0), nil},
		{"no time", curved(0, 0, at(0, 1)), nil},
		{"time that runs back", curved(-1, 0, at(0, 1)), nil},
		{"no probe of sessions", &leakcheck.Report{Took: 4, Probes: []leakcheck.ProbeSummary{upstreamsProbe(0, 0, 0)}, Readings: []leakcheck.ReadingAt{at(1, 1)}}, nil},
	} {
		if got := sessionsOverTime(c.r, 4); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCurve(t *testing.T) {
	many := curved(200, 0)
	for i := range 2000 {
		many.Readings = append(many.Readings, at(float64(i)/10, min(i, 1999-i)))
	}
	for name, r := range map[string]*leakcheck.Report{
		"zero":    curved(10, 0, at(0, 0), at(9.9, 0)),
		"few":     curved(10, 0, at(0, 0), at(1, 1), at(2, 2), at(3, 3), at(8, 0)),
		"flat":    curved(10, 50, at(0, 50), at(9.9, 50)),
		"one":     curved(10, 0, at(5, 3)),
		"short":   curved(0.9, 0, at(0, 0), at(0.2, 20), at(0.7, 0)),
		"seconds": curved(2.5, 0, at(0, 0), at(0.5, 12), at(2, 2)),
		"long":    curved(7200, 0, at(0, 0), at(600, 100_000), at(7000, 10)),
		"many":    many,
	} {
		got := curve(r)
		golden(t, "curve-"+name+".txt", []byte(got+"\n"))
		for line := range strings.SplitSeq(got, "\n") {
			if n := utf8.RuneCountInString(line); n > 120 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %d columns: %q", name, n, line)
			}
		}
		if !strings.Contains(got, "sessions over time") {
			t.Errorf("%s has no caption", name)
		}
	}
	for name, r := range map[string]*leakcheck.Report{"no reading": curved(10, 0), "no time": curved(0, 0, at(0, 1))} {
		if got := curve(r); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
