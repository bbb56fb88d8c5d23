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
	// Gap is the time between two events of a stream.
	Gap
	// HeartbeatGap is the time between two comments of a stream.
	HeartbeatGap
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

// latency keeps a histogram of fixed size a figure, made when the figure is
// first measured. It is safe for concurrent use.
type latency struct {
	mu    sync.Mutex
	hists [figures]*hdrhistogram.Histogram
}

// Times from a microsecond to an hour; two digits keep a histogram at 26 KiB.
const (
	latencyUnit   = time.Microsecond
	latencyMax    = int64(time.Hour / latencyUnit)
	latencyDigits = 2
)

func (l *latency) add(f Figure, d time.Duration) {
	v := min(max(int64(d/latencyUnit), 1), latencyMax)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hists[f] == nil {
		l.hists[f] = hdrhistogram.New(1, latencyMax, latencyDigits)
	}
	_ = l.hists[f].RecordValue(v) // v is within the histogram's bounds
}

func (l *latency) quantiles(f Figure) Quantiles {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hists[f]
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

// buckets are the histogram of a figure; nil where it was never measured.
func (l *latency) buckets(f Figure) []Bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hists[f]
	if h == nil {
		return nil
	}
	return Buckets(func(yield func(time.Duration, int) bool) {
		for _, bar := range h.Distribution() {
			if bar.Count > 0 && !yield(time.Duration(bar.From)*latencyUnit, int(bar.Count)) {
				return
			}
		}
	})
}

// Figures returns every figure.
func Figures() []Figure { return []Figure{Connect, FirstEvent, Gap, HeartbeatGap} }
