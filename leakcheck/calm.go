package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// stretch is a part of a run.
type stretch struct{ from, until time.Duration }

func (s stretch) length() time.Duration { return s.until - s.from }

// parted is a stretch in equal parts of about a length.
func (s stretch) parted(length time.Duration) []stretch {
	n := max(1, int(s.length()/length))
	parts := make([]stretch, n)
	for i := range parts {
		parts[i] = stretch{s.from + s.length()*time.Duration(i)/time.Duration(n), s.from + s.length()*time.Duration(i+1)/time.Duration(n)}
	}
	return parts
}

// calm are the parts of a run in which a count goes up by what others do and by nothing
// else: before the streams of a wave open, when all are open and none has left, and when
// their windows have passed. A count may lag behind what is left out.
func (e *Evidence) calm() []stretch {
	var all []stretch
	for i, w := range e.waves() {
		if i == 0 {
			w.From = 0
		}
		open := e.opening(i)
		left := cmp.Or(firstEnded(e.inWave(i)), w.Until)
		all = append(all, stretch{w.From, open.from - 1}, stretch{open.until + settleTime(e.Poll), left - 1})
		passed := time.Duration(0)
		for _, r := range e.inWave(i) {
			if r.End != loadgen.Open && !r.Control() {
				passed = max(passed, r.Ended+e.window(r))
			}
		}
		if passed > 0 {
			all = append(all, stretch{passed + settleTime(e.Poll), w.Until})
		}
	}
	return slices.DeleteFunc(all, func(s stretch) bool { return s.until <= s.from })
}

// opening is when the streams of wave i opened that did before the first of them left. A
// control that is opened again is none of them.
func (e *Evidence) opening(i int) stretch {
	left := cmp.Or(firstEnded(e.inWave(i)), e.waves()[i].Until)
	open := stretch{left, e.waves()[i].From}
	for _, r := range e.inWave(i) {
		if r.Connected != 0 && r.Connected < left && (i == 0 || !r.Control()) {
			open.from, open.until = min(open.from, r.Connected), max(open.until, r.Opened, r.Connected)
		}
	}
	return open
}

// before is when the level is read above which a wave's sessions stay: when all its streams
// are open and none has left, or else before they open.
func (e *Evidence) before(i int) stretch {
	open, lag := e.opening(i), settleTime(e.Poll)
	if left := firstEnded(e.inWave(i)); open.until+2*lag < left {
		return stretch{open.until + lag, left - 1}
	}
	return stretch{max(0, e.waves()[i].From-lag), open.from - 1}
}
