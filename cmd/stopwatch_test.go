package cmd

import (
	"sync/atomic"
	"testing"
	"time"
)

// stopwatch tells how long something took without the time in which the machine had
// no processor for it: what stops us for long stops others too. It goes by steps, each
// of which counts for no more than it was to take.
type stopwatch struct {
	began time.Time
	steps atomic.Int64
	worst atomic.Int64 // how much longer than a step the longest was, in nanoseconds
}

const stopwatchStep = 10 * time.Millisecond

// newStopwatch starts one that runs until a test's or a script's clean-up.
func newStopwatch(cleanup func(func())) *stopwatch {
	w := &stopwatch{began: time.Now()}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		w.run(end)
	}()
	cleanup(func() { close(end); <-ended })
	return w
}

// run counts steps until the end.
func (w *stopwatch) run(end <-chan struct{}) {
	for from := time.Now(); ; {
		select {
		case <-time.After(stopwatchStep):
			now := time.Now()
			w.steps.Add(1)
			w.worst.Store(max(w.worst.Load(), int64(now.Sub(from)-stopwatchStep)))
			from = now
		case <-end:
			return
		}
	}
}

// until is the time to a moment that has just been, or was before.
func (w *stopwatch) until(moment time.Time) time.Duration {
	return min(moment.Sub(w.began), time.Duration(w.steps.Load()+1)*stopwatchStep)
}

// stood is for how long, at the most, the machine did not run us.
func (w *stopwatch) stood() time.Duration { return time.Duration(w.worst.Load()) }

func TestStopwatch(t *testing.T) {
	began := time.Now()
	w := &stopwatch{began: began}
	if took := w.until(began.Add(4 * time.Millisecond)); took != 4*time.Millisecond {
		t.Errorf("a moment took %v", took)
	}
	w.steps.Store(200)
	if took := w.until(began.Add(time.Second)); took != time.Second {
		t.Errorf("what ended a second before it was asked for took %v", took)
	}
	if took := w.until(began.Add(time.Minute)); took != 2*time.Second+stopwatchStep {
		t.Errorf("200 steps in a minute are %v", took)
	}
}
