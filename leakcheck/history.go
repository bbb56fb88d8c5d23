package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// History is how the sessions of one way went over time. Moments count from the
// run's start, in seconds.
type History struct {
	Name loadgen.Disconnect `json:"name"`
	// LeftFrom and LeftUntil are when the first and the last stream left.
	LeftFrom  float64 `json:"left_from_s"`
	LeftUntil float64 `json:"left_until_s"`
	// Left are the same wave by wave, where the run had several; else empty.
	Left []Span `json:"left,omitempty"`
	// Sessions are the changes of how many of the way's sessions were there, at
	// most one in each of 200 parts of the run. Where no probe lists ids they are known
	// of a way only if no other left together with it; else empty.
	Sessions []CountAt `json:"sessions,omitempty"`
	// Reclaims are how many sessions came back after which time, without the
	// empty ones; empty where Sessions are.
	Reclaims []loadgen.Bucket `json:"reclaims,omitempty"`
}

// Span is a part of a run, in seconds.
type Span struct {
	From  float64 `json:"from_s"`
	Until float64 `json:"until_s"`
}

// leftSpans are when the streams of a way left, wave by wave; nil where there was one.
func (e *Evidence) leftSpans(d loadgen.Disconnect) []Span {
	var spans []Span
	if len(e.waves()) == 1 {
		return nil
	}
	for i := range e.waves() {
		var from, until time.Duration
		for _, r := range e.inWave(i) {
			if gone(r) && !r.Control() && way(r) == d {
				until = max(until, r.Ended)
				if from == 0 || r.Ended < from {
					from = r.Ended
				}
			}
		}
		if from != 0 {
			spans = append(spans, Span{round(from), round(until)})
		}
	}
	return spans
}

// CountAt is a number from a moment on.
type CountAt struct {
	At    float64 `json:"at_s"`
	Count int     `json:"count"`
}

// historyParts bounds a history, whatever the run's length and load.
const historyParts = 200

// histories tell way by way what the totals sum up, for charts.
func (j *judge) histories() {
	tracks := j.tracks(Sessions)
	turns := j.e.turns()
	for _, row := range j.report.Disconnects {
		if row.Left == 0 {
			continue
		}
		h := j.history(row.Name, tracks)
		if alone := turns[row.Name]; len(alone) > 0 && !j.byID && !j.blind[Sessions] {
			h.Sessions, h.Reclaims = j.e.counted(sum(tracks), alone)
		}
		j.report.History = append(j.report.History, h)
	}
}

// counted is the history of a way by its waves, by number alone. What one of them
// left stays in it.
func (e *Evidence) counted(c curve, waves []int) ([]CountAt, []loadgen.Bucket) {
	var steps []step
	var times []time.Duration
	for _, i := range waves {
		steps = append(steps, c.above(e.waves()[i], e.Records)...)
		times = append(times, c.reclaims(e, i)...)
	}
	return overTime(steps, e.Took), buckets(times)
}

func (j *judge) history(d loadgen.Disconnect, tracks []Track) History {
	var steps []step
	var times []time.Duration
	var from, until time.Duration
	for _, r := range j.e.Records {
		if !gone(r) || r.Control() || way(r) != d {
			continue
		}
		until = max(until, r.Ended)
		if from == 0 || r.Ended < from {
			from = r.Ended
		}
		s := sighted(tracks, r.N)
		seen := s.First != 0
		if seen {
			steps = append(steps, step{s.First, 1})
		}
		if seen && s.Gone != 0 {
			steps = append(steps, step{s.Gone, -1})
		}
		if s.Gone != 0 && (seen || r.Disconnect == loadgen.Early) { // as fate has it
			times = append(times, max(0, s.Gone-r.Ended))
		}
	}
	h := History{Name: d, LeftFrom: round(from), LeftUntil: round(until), Left: j.e.leftSpans(d)}
	if j.byID {
		h.Sessions, h.Reclaims = overTime(steps, j.e.Took), buckets(times)
	}
	return h
}

// step is a change of a count.
type step struct {
	at time.Duration
	by int
}

// overTime adds steps up, and keeps the last sum of each part of a run that has
// one.
func overTime(steps []step, took time.Duration) []CountAt {
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	part := took/historyParts + 1
	var counts []CountAt
	now, last := 0, time.Duration(-1)
	for _, s := range steps {
		now += s.by
		if s.at/part != last {
			counts = append(counts, CountAt{})
			last = s.at / part
		}
		counts[len(counts)-1] = CountAt{At: round(s.at), Count: now}
	}
	return counts
}

// buckets counts times; the slice is sorted in place.
func buckets(times []time.Duration) []loadgen.Bucket {
	slices.Sort(times)
	return loadgen.Buckets(func(yield func(time.Duration, int) bool) {
		for _, t := range times {
			if !yield(t, 1) {
				return
			}
		}
	})
}
