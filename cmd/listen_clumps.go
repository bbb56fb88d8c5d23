package cmd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// arrival is what is known of how one event came.
type arrival struct {
	at      time.Time
	silence time.Duration // before the bytes that brought it
	stamp   time.Time     // the server's own; zero where it has none
}

// group is events without a longer silence between them. The first group of a
// connection has no silence before it and is no clump: it may be what a client has
// missed.
type group struct {
	silence     time.Duration
	events      int
	first, last time.Time
	stamped     int
	from, to    time.Time // the stamps of its first and last event
}

const (
	groupSilence = time.Second
	groupLength  = 50 * time.Millisecond // a clump comes in one instant, about
	// plainClump is how many events without stamps are a clump. Several figures
	// sent at each tick come so too; a buffer holds more, as a rule.
	plainClump  = 8
	plainClumps = 3 // of them, in a row
	// stampedClump and stampedClumps are the same for events with stamps.
	stampedClump  = 2
	stampedClumps = 2
)

// gather adds an arrival to the last groups.
func gather(groups []group, a arrival) []group {
	if a.silence >= groupSilence || len(groups) == 0 {
		groups = append(groups[max(0, len(groups)-plainClumps):], group{silence: a.silence, first: a.at, from: a.stamp})
	}
	g := &groups[len(groups)-1]
	g.events++
	g.last, g.to = a.at, a.stamp
	if !a.stamp.IsZero() {
		g.stamped++
	}
	return groups
}

// aboutClumps tells whether events come in clumps, silence after silence: held
// back on the way, if their own stamps are spread as far as the silence was
// long, or perhaps, if they have none. The last group may not be complete yet,
// and is not looked at.
func aboutClumps(groups []group) warning {
	groups = groups[:max(0, len(groups)-1)]
	spread, plain := 0, 0
	for i, g := range groups {
		clump := g.silence >= groupSilence && g.last.Sub(g.first) <= groupLength
		// Stamps that are all the same, as of an answer's beginning, tell nothing.
		stamped := g.stamped == g.events && (g.to.After(g.from) || i > 0 && !g.from.Equal(groups[i-1].from))
		switch {
		case clump && stamped && g.events >= stampedClump && g.to.Sub(g.from) >= g.silence/2:
			spread++
			plain++
		case clump && !stamped && g.events >= plainClump:
			plain++
		default:
			spread, plain = 0, 0
		}
	}
	switch last := len(groups) - 1; {
	case spread >= stampedClumps:
		g := groups[last]
		return warning{buffering, fmt.Sprintf("%d events came in one instant after a silence of %s, and their own stamps are %s apart: something on the way holds them back", g.events, millis(g.silence), millis(g.to.Sub(g.from)))}
	case plain >= plainClumps:
		g := groups[last]
		return warning{buffering, fmt.Sprintf("%d events came in one instant after a silence of %s, and so they did again and again: a proxy or a coder may hold them back", g.events, millis(g.silence))}
	}
	return warning{}
}

// stampNames are the fields under which servers say when an event was made.
var stampNames = []string{"timestamp", "ts", "time", "at", "date", "created_at", "sent_at"}

// maxStamped bounds how much data is looked at for a stamp.
const maxStamped = 4 << 10

// stampOf is when an event says that it was made: by a field of its data, or by
// an id that begins with milliseconds, as Redis makes them.
func stampOf(e client.Event) time.Time {
	if t := stampIn(e.Data); !t.IsZero() {
		return t
	}
	ms, _, _ := strings.Cut(string(e.ID), "-")
	return unixTime(ms)
}

func stampIn(data []byte) time.Time {
	var fields map[string]json.RawMessage
	if len(data) == 0 || data[0] != '{' || len(data) > maxStamped || json.Unmarshal(data, &fields) != nil {
		return time.Time{}
	}
	for _, name := range stampNames {
		var text string
		if json.Unmarshal(fields[name], &text) == nil {
			if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
				return t
			}
		} else {
			text = string(fields[name])
		}
		if t := unixTime(text); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// unixTime reads a time of this century that is written as a number: seconds, or
// milliseconds. Anything else is the zero time.
func unixTime(text string) time.Time {
	n, err := strconv.ParseFloat(text, 64)
	if err == nil && n >= 1e12 {
		n /= 1000
	}
	if err != nil || !(n >= 1e9 && n < 4.1e9) { // the negation excludes NaN too
		return time.Time{}
	}
	return time.UnixMilli(int64(n * 1000))
}
