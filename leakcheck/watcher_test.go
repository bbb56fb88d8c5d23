package leakcheck

import (
	"context"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// slow is a probe whose every answer takes a while.
type slow struct{ takes time.Duration }

func (slow) Series() []Series { return []Series{{Name: "sessions", Role: Sessions}} }

func (p slow) Read(ctx context.Context) (Answer, error) {
	if !pause(ctx, p.takes) {
		return Answer{}, ctx.Err()
	}
	return Answer{Samples: []Sample{{Count: 7}}}, nil
}

// What a reading counted held at some moment between its question and its
// answer.
func TestReadingsBeginWithTheQuestion(t *testing.T) {
	p := slow{takes: 30 * time.Millisecond}
	w := watch(t.Context(), p, p.Series(), Answer{Samples: []Sample{{}}}, 10*time.Millisecond, time.Now())
	for w.newest() == 0 {
		time.Sleep(time.Millisecond)
	}
	w.stop()
	for _, r := range w.look()[0].Readings {
		if r.At-r.Sent < p.takes || r.Count != 7 {
			t.Errorf("reading %+v of a probe that takes %s", r, p.takes)
		}
	}
}

// The baseline is the highest count before the streams open, and what is between
// it and the lowest is noise.
func TestAttachTakesTheBaseline(t *testing.T) {
	for name, tt := range map[string]struct {
		counts        []int
		baseline, low int
	}{
		"no reading yet":    {nil, 4, 4},
		"what was before":   {[]int{6}, 6, 6},
		"up and down":       {[]int{5, 8, 3, 6}, 8, 3},
		"down and up again": {[]int{8, 3, 5}, 8, 3},
	} {
		w := &watcher{tracks: []Track{{Before: 4}}}
		for i, n := range tt.counts {
			w.tracks[0].count(Reading{Sent: time.Duration(i), Count: n})
		}
		w.attach(nil)
		if got := w.tracks[0]; got.Baseline != tt.baseline || got.Low != tt.low {
			t.Errorf("%s: baseline %d, low %d, want %d and %d", name, got.Baseline, got.Low, tt.baseline, tt.low)
		}
	}
}

// A stream belongs to a reading's plateau if it was open when that was asked for
// and still is.
func TestOpenSince(t *testing.T) {
	for name, tt := range map[string]struct {
		record loadgen.Record
		open   int
	}{
		"open before":         {loadgen.Record{Opened: 4}, 1},
		"open at that moment": {loadgen.Record{Opened: 5}, 0},
		"open after":          {loadgen.Record{Opened: 6}, 0},
		"not open":            {loadgen.Record{Connected: 1}, 0},
		"open, and over":      {loadgen.Record{Opened: 4, Ended: 9, End: loadgen.Left}, 0},
	} {
		if got := openSince([]loadgen.Record{tt.record}, 5); got != tt.open {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// Each step is a reading: whether it listed the session, when it was asked for,
// and when its answer had come.
func TestSighting(t *testing.T) {
	type step struct {
		listed   bool
		sent, at time.Duration
	}
	left := loadgen.Record{Ended: 25, End: loadgen.Left}
	for name, tt := range map[string]struct {
		record loadgen.Record
		steps  []step
		want   Sighting
	}{
		"listed, and then not":           {left, []step{{true, 10, 11}, {true, 20, 21}, {false, 30, 31}, {false, 40, 41}}, Sighting{First: 11, Last: 20, Gone: 31}},
		"listed again":                   {left, []step{{true, 10, 11}, {false, 20, 21}, {true, 30, 31}}, Sighting{First: 11, Last: 30, Returned: true}},
		"listed again, and gone":         {left, []step{{true, 10, 11}, {false, 20, 21}, {true, 30, 31}, {false, 40, 41}}, Sighting{First: 11, Last: 30, Gone: 41, Returned: true}},
		"never listed":                   {left, []step{{false, 10, 11}, {false, 24, 26}, {false, 30, 31}}, Sighting{Gone: 31}},
		"never listed, of an open one":   {loadgen.Record{}, []step{{false, 10, 11}, {false, 20, 21}}, Sighting{}},
		"listed after its stream's end":  {left, []step{{false, 30, 31}, {true, 40, 41}}, Sighting{First: 41, Last: 40}},
		"gone although its stream stays": {loadgen.Record{}, []step{{true, 10, 11}, {false, 20, 21}}, Sighting{First: 11, Last: 10, Gone: 21}},
	} {
		var s Sighting
		for _, step := range tt.steps {
			r := tt.record
			if r.Ended > step.at { // that is yet to come
				r.Ended, r.End = 0, loadgen.Open
			}
			s.update(step.listed, step.sent, step.at, r)
		}
		if s != tt.want {
			t.Errorf("%s: %+v, want %+v", name, s, tt.want)
		}
	}
}
