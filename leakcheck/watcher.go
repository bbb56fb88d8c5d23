package leakcheck

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// watcher reads one probe at a steady rate and keeps what it was told. It owns
// one goroutine, from watch to stop; its other methods are safe for concurrent
// use.
type watcher struct {
	probe Probe
	poll  time.Duration
	start time.Time
	cease context.CancelFunc
	done  chan struct{}

	mu        sync.Mutex
	load      *loadgen.Load // nil before the streams open
	tracks    []Track
	server    *Server // as it was told last
	restarted time.Duration
	carried   []int           // what earlier waves left, by track; nil before the second
	failed    []time.Duration // when the newest readings were asked for that failed in a row, [failingTooLong] at the most

	// What a reading is worked out with, kept to be used again.
	records []loadgen.Record
	matches []int
	listed  []bool
}

// watch starts to read a probe whose series go by these names. known is what it
// told before the warm-up. Moments count from start.
func watch(ctx context.Context, p Probe, series []Series, known Answer, poll time.Duration, start time.Time) *watcher {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{probe: p, poll: poll, start: start, server: known.Server, cease: cancel, done: make(chan struct{})}
	for i, s := range series {
		w.tracks = append(w.tracks, Track{Series: s, Before: known.Samples[i].Count})
	}
	go w.run(ctx)
	return w
}

func (w *watcher) stop() {
	w.cease()
	<-w.done
}

func (w *watcher) run(ctx context.Context) {
	defer close(w.done)
	ticker := time.NewTicker(w.poll)
	defer ticker.Stop()
	for {
		sent := time.Since(w.start)
		answer, err := w.probe.Read(ctx)
		if ctx.Err() != nil {
			return
		}
		w.note(sent, time.Since(w.start), answer, err)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// note takes one reading.
func (w *watcher) note(sent, at time.Duration, a Answer, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.failed = append(w.failed[max(0, len(w.failed)-failingTooLong+1):], sent)
		for i := range w.tracks {
			w.tracks[i].fail(at, err, w.load != nil)
		}
		return
	}
	w.failed = w.failed[:0]
	w.noteServer(at, a.Server)
	if w.load != nil {
		w.records = w.load.AppendRecords(w.records[:0])
	}
	for i, sample := range a.Samples {
		t := &w.tracks[i]
		reading := Reading{Sent: sent, At: at, Count: sample.Count, Output: sample.Output}
		t.consist(sample.Parts, openSince(w.records, sent), w.load != nil)
		t.plateau(openSince(w.records, sent), sample.Count)
		if sample.IDs != nil && w.load != nil {
			t.IDs = true
			reading.Strangers = max(0, sample.Count-w.sight(t, sent, at, sample.IDs))
		}
		t.count(reading)
	}
}

// noteServer compares what the server tells of itself with what it told before.
func (w *watcher) noteServer(at time.Duration, now *Server) {
	if before := w.server; before != nil && now != nil && w.restarted == 0 &&
		(!now.StartedAt.Equal(before.StartedAt) || now.Opened < before.Opened) {
		w.restarted = at
	}
	if now != nil {
		w.server = now
	}
}

// sight brings a track's sightings up to a reading and returns how many of the
// run's streams it listed.
func (w *watcher) sight(t *Track, sent, at time.Duration, ids []string) int {
	if more := len(w.records) - len(t.Sightings); more > 0 {
		t.Sightings = append(t.Sightings, make([]Sighting, more)...)
	}
	w.listed = append(w.listed[:0], make([]bool, len(t.Sightings))...)
	w.matches = w.load.AppendMatches(w.matches[:0], ids, sent)
	for _, n := range w.matches {
		if n < len(w.listed) {
			w.listed[n] = true
		}
	}
	ours := 0
	for n := range t.Sightings {
		t.Sightings[n].update(w.listed[n], sent, at, w.records[n])
		if w.listed[n] {
			ours++
		}
	}
	return ours
}

func (s *Sighting) update(listed bool, sent, at time.Duration, r loadgen.Record) {
	over := r.End != loadgen.Open && r.Ended < sent
	s.Returned = s.Returned || (listed && s.First != 0 && s.Gone != 0)
	switch {
	case listed && s.First == 0:
		s.First, s.Last, s.Gone = at, sent, 0
	case listed:
		s.Last, s.Gone = sent, 0
	case s.Gone == 0 && (s.First != 0 || over):
		s.Gone = at
	}
}

// count takes a reading into the readings: only changes are kept, and the
// newest.
func (t *Track) count(r Reading) {
	t.Failing = 0
	n := len(t.Readings)
	same := func(a Reading) bool { return a.Count == r.Count && a.Strangers == r.Strangers }
	if n >= 2 && n > t.pinned && same(t.Readings[n-1]) && same(t.Readings[n-2]) {
		t.Readings[n-1] = r
		return
	}
	t.Readings = append(t.Readings, r)
}

// plateau takes a reading during which so many streams were open: the one with
// the most is kept.
func (t *Track) plateau(open, count int) {
	if open > t.PlateauOpen || (open == t.PlateauOpen && count > t.Plateau) {
		t.PlateauOpen, t.Plateau = open, count
	}
}

// openSince counts the streams that are open and were at a moment.
func openSince(records []loadgen.Record, moment time.Duration) int {
	n := 0
	for _, r := range records {
		if r.Live() && r.Opened < moment {
			n++
		}
	}
	return n
}

// fail takes a reading that failed; running says that the streams are under way.
func (t *Track) fail(at time.Duration, err error, running bool) {
	t.Failures++
	t.Failing++
	t.LastError = err.Error()
	if errors.Is(err, ErrBelowZero) {
		t.BelowZero++
	}
	if running && t.Unreachable == 0 && (errors.Is(err, ErrUnreachable) || errors.Is(err, syscall.ECONNREFUSED)) {
		t.Unreachable = at
	}
}

// attach tells the watcher whose streams to look for, and takes what was read
// so far as the baseline.
func (w *watcher) attach(l *loadgen.Load) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.load = l
	for i := range w.tracks {
		t := &w.tracks[i]
		t.Baseline, t.Low = t.Before, t.Before
		if len(t.Readings) > 0 {
			t.Baseline, t.Low = t.last().Count, t.last().Count
		}
		for _, r := range t.Readings {
			t.Baseline, t.Low = max(t.Baseline, r.Count), min(t.Low, r.Count)
		}
	}
}

// crowded tells whether something was there that comes with streams, before the run's
// had opened.
func (w *watcher) crowded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.tracks, func(t Track) bool {
		there := func(r Reading) bool { return r.Count > 0 }
		return t.Role.PerStream() && (t.Baseline > 0 || (w.load == nil && slices.ContainsFunc(t.Readings, there)))
	})
}

// look returns the tracks as they stand. Their slices are copies.
func (w *watcher) look() []Track {
	w.mu.Lock()
	defer w.mu.Unlock()
	tracks := slices.Clone(w.tracks)
	for i := range tracks {
		tracks[i].Readings = slices.Clone(tracks[i].Readings)
		tracks[i].Sightings = slices.Clone(tracks[i].Sightings)
	}
	return tracks
}

// failing is how many readings have failed in a row, by now, and why.
func (w *watcher) failing() (int, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tracks) == 0 {
		return 0, ""
	}
	return w.tracks[0].Failing, w.tracks[0].LastError
}

// failedSince is how many of the readings failed that were asked for since a moment and are
// the newest, [failingTooLong] at the most.
func (w *watcher) failedSince(moment time.Duration) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, sent := range w.failed {
		if sent >= moment {
			n++
		}
	}
	return n
}

// newest is when the newest good reading was asked for.
func (w *watcher) newest() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tracks) == 0 {
		return 0
	}
	return w.tracks[0].last().Sent
}

// outstanding is the most sessions that any of the watcher's tracks still
// shows of a wave whose first stream has a number. What a place that only counts
// showed when the wave began is of those before it.
func (w *watcher) outstanding(records []loadgen.Record, first int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	most := 0
	for i, t := range w.tracks {
		n := t.outstanding(records, first)
		if !t.byID() && w.carried != nil {
			n -= w.carried[i]
		}
		most = max(most, n)
	}
	return most
}

// pin keeps the newest readings, whatever comes: a wave ends with them.
func (w *watcher) pin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.tracks {
		w.tracks[i].pinned = len(w.tracks[i].Readings)
	}
}

// carry takes what is there now as what earlier waves left.
func (w *watcher) carry(records []loadgen.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.carried = make([]int, len(w.tracks))
	for i, t := range w.tracks {
		w.carried[i] = t.outstanding(records, 0)
	}
}
