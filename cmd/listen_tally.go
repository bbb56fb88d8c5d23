package cmd

import (
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// tally counts what came. It is for one goroutine, and as large for a long
// stream as for a short one.
type tally struct {
	started    time.Time
	ready      time.Time // when the last event that is shown had been shown
	events     int
	shown      int // of them
	comments   int
	reconnects int
	first      time.Duration // from the start to the first event
	lost       time.Time
	lastEvent  time.Time
	last       time.Time // of anything, on this connection
	gaps       loadgen.Times
	heartbeats loadgen.Times
}

// oneBeat is how soon behind something else a comment comes that breaks no silence.
const oneBeat = 50 * time.Millisecond

func (t *tally) add(item client.Item, shown bool) {
	switch item.Kind {
	case client.KindEvent:
		if t.events == 0 {
			t.first = item.At.Sub(t.started)
		} else {
			t.gaps.Add(item.At.Sub(t.lastEvent))
		}
		t.events++
		t.lastEvent = item.At
		if shown {
			t.shown++
		}
	case client.KindComment:
		if silence := item.At.Sub(t.last); !t.last.IsZero() && silence > oneBeat {
			t.heartbeats.Add(silence)
		}
		t.comments++
	case client.KindOpen:
	case client.KindReconnect:
		t.reconnects++
		t.lost = item.At
	case client.KindRetry:
	}
	t.last = item.At
}

// since is the time that is shown with an item that a silence was before.
func (t *tally) since(item client.Item, silence time.Duration) time.Duration {
	switch {
	case item.Kind == client.KindEvent && t.events > 0:
		return item.At.Sub(t.lastEvent)
	case item.Kind == client.KindOpen && t.reconnects > 0:
		return item.At.Sub(t.lost)
	case item.Kind == client.KindEvent, item.Kind == client.KindOpen:
		return item.At.Sub(t.started)
	default:
		return silence
	}
}

// sinceEvent is how long the next event has been waited for; zero before the
// first.
func (t *tally) sinceEvent(now time.Time) time.Duration {
	if t.ready.IsZero() {
		return 0
	}
	return now.Sub(t.ready)
}
