package cmd

import (
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// warning is something that is wrong with a stream and does not end it. The zero
// value is none.
type warning struct {
	code warningCode
	text string
}

// warningCode names a warning, in --json too.
type warningCode string

const (
	badCharset    warningCode = "charset"
	cacheable     warningCode = "cache-control"
	compressed    warningCode = "compression"
	buffering     warningCode = "buffering"
	noHeartbeat   warningCode = "no-heartbeat"
	idGoesBack    warningCode = "id-goes-back"
	afterDone     warningCode = "after-done"
	reconnectLoop warningCode = "reconnect-loop"
	cutShort      warningCode = "cut-short"
	noEvents      warningCode = "no-events"
)

// watch keeps as much of a stream as its warnings need, and gives each of them
// once.
type watch struct {
	said     map[warningCode]bool
	lastID   string
	newly    bool // no other has come since the stream was opened anew
	done     bool // the last event said that the answer is done
	finished bool // some event of this connection did
	at       time.Time
	pause    time.Duration // before the bytes that came at at, until an event had it
	groups   []group
	opened   time.Time
	ended    bool // the server ended the stream before in good order, not within an event
}

// see takes an item, and with the first of what came at once the silence before
// it.
func (w *watch) see(item client.Item, silence time.Duration) []warning {
	var all []warning
	if !item.At.Equal(w.at) {
		w.at, w.pause = item.At, 0
	}
	w.pause = max(w.pause, silence)
	switch item.Kind {
	case client.KindOpen:
		all = aboutHead(item.Head)
		w.opened = item.At
		w.newly, w.done, w.finished, w.groups = w.lastID != "", false, false, nil
	case client.KindEvent:
		all = w.event(item)
	case client.KindComment:
		all = append(all, aboutRest(w.finished, "a comment"))
	case client.KindReconnect:
		all = append(all, w.lost(item))
	case client.KindRetry:
	}
	fresh := all[:0]
	for _, found := range all {
		if found = w.once(found); found.code != "" {
			fresh = append(fresh, found)
		}
	}
	return fresh
}

func (w *watch) event(item client.Item) []warning {
	id := string(item.Event.ID)
	all := []warning{aboutIDs(w.lastID, id, w.newly), aboutRest(w.finished, "an event")}
	w.groups = gather(w.groups, arrival{at: item.At, silence: w.pause, stamp: stampOf(item.Event)})
	w.pause = 0
	all = append(all, aboutClumps(w.groups))
	w.done = item.Event.Done()
	w.finished = w.finished || w.done
	if id != w.lastID {
		w.lastID, w.newly = id, false
	}
	return all
}

func (w *watch) lost(item client.Item) warning {
	before := w.ended
	w.ended = item.Err == nil && !item.Cut
	if !before || !w.ended {
		return warning{}
	}
	return aboutLoop(item.At.Sub(w.opened))
}

// silence takes the longest silence so far.
func (w *watch) silence(longest time.Duration) warning { return w.once(aboutSilence(longest)) }

// once lets a warning through that was not given yet.
func (w *watch) once(found warning) warning {
	if found.code == "" || w.said[found.code] {
		return warning{}
	}
	if w.said == nil {
		w.said = map[warningCode]bool{}
	}
	w.said[found.code] = true
	return found
}
