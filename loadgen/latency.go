package loadgen

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Figure is one thing whose times a load measures.
type Figure int

// The figures.
const (
	// Connect is the time to connect, TLS included.
	Connect Figure = iota
	// FirstEvent is the time from the moment when the stream should have
	// opened to its first event.
	FirstEvent
	// Gap is the time between two events of a stream, and from the last one to the moment
	// when nobody read the stream any more, or now, where that is longer than nine of ten
	// of the others. Before an end that the server makes of its answer none is counted.
	Gap
	// HeartbeatGap is the time for which nothing came over a stream, no event either, up
	// to a comment; and any other such time that is longer than nine of ten of those, the
	// one that lasts included. It is measured once a stream had two comments.
	HeartbeatGap
	// Beat is the time between two comments of a stream between which no event came: a
	// server that breaks silences only sends others at any time.
	Beat
	// CommentGap is the time between two comments of a stream, whatever came between.
	CommentGap
	figures
)

// Quantiles sums up a figure's times, in seconds, to two significant digits.
// The zero value is a figure that was never measured.
type Quantiles struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Times sums up times in a histogram of fixed size, which is made when the first
// is added. The zero value is ready. It is not safe for concurrent use.
type Times struct{ hist *hdrhistogram.Histogram }

// Times from a microsecond to an hour; two digits keep a histogram at 26 KiB.
const (
	latencyUnit   = time.Microsecond
	latencyMax    = int64(time.Hour / latencyUnit)
	latencyDigits = 2
)

// Add adds one; what is beyond an hour counts as an hour.
func (t *Times) Add(d time.Duration) {
	if t.hist == nil {
		t.hist = hdrhistogram.New(1, latencyMax, latencyDigits)
	}
	_ = t.hist.RecordValue(min(max(int64(d/latencyUnit), 1), latencyMax)) // which is within its bounds
}

// merge adds those of other that are longer than least, in units.
func (t *Times) merge(other *Times, least int64) {
	if other.hist == nil {
		return
	}
	if t.hist == nil {
		t.hist = hdrhistogram.New(1, latencyMax, latencyDigits)
	}
	for _, bar := range other.hist.Distribution() {
		if bar.Count > 0 && bar.From > least {
			_ = t.hist.RecordValues(bar.From, bar.Count) // within the bounds of both
		}
	}
}

// Quantiles sums up what was added.
func (t *Times) Quantiles() Quantiles {
	h := t.hist
	if h == nil {
		return Quantiles{}
	}
	seconds := func(v int64) float64 { return (time.Duration(v) * latencyUnit).Seconds() }
	return Quantiles{
		Count: h.TotalCount(),
		Min:   seconds(h.Min()),
		P50:   seconds(h.ValueAtQuantile(50)),
		P90:   seconds(h.ValueAtQuantile(90)),
		P99:   seconds(h.ValueAtQuantile(99)),
		Max:   seconds(h.Max()),
	}
}

// buckets are the histogram; nil where nothing was added.
func (t *Times) buckets() []Bucket {
	if t.hist == nil {
		return nil
	}
	return Buckets(func(yield func(time.Duration, int) bool) {
		for _, bar := range t.hist.Distribution() {
			if bar.Count > 0 && !yield(time.Duration(bar.From)*latencyUnit, int(bar.Count)) {
				return
			}
		}
	})
}

// latency keeps the times of each figure. It is safe for concurrent use.
type latency struct {
	mu    sync.Mutex
	times [figures]Times
	also  [figures]Times      // what counts only among the longest
	live  map[*pulse]struct{} // the streams that are read
}

func (l *latency) add(f Figure, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times[f].Add(d)
}

func (l *latency) quantiles(f Figure, now time.Duration) Quantiles {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.measured(f, now).Quantiles()
}

// buckets are the histogram of a figure; nil where it was never measured.
func (l *latency) buckets(f Figure, now time.Duration) []Bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.measured(f, now).buckets()
}

// Figures returns every figure.
func Figures() []Figure { return []Figure{Connect, FirstEvent, Gap, HeartbeatGap, Beat, CommentGap} }
