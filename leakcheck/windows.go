package leakcheck

import (
	"fmt"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Windows says how long after its stream left a session may remain. *Windows is
// a flag value, given once for all ways ("5s") and again for single ones
// ("close=2s"). The zero value leaves every window to what is known of the
// server.
type Windows struct {
	All   time.Duration
	ByWay map[loadgen.Disconnect]time.Duration
}

// Set reads one window from a flag.
func (w *Windows) Set(text string) error {
	way, length, byWay := strings.Cut(text, "=")
	if !byWay {
		length = way
	}
	d, err := time.ParseDuration(length)
	if err != nil || d <= 0 {
		return &WindowError{Text: length}
	}
	if !byWay {
		w.All = d
		return nil
	}
	disconnect, err := loadgen.ParseDisconnect(way)
	if err != nil {
		return err
	}
	if w.ByWay == nil {
		w.ByWay = map[loadgen.Disconnect]time.Duration{}
	}
	w.ByWay[disconnect] = d
	return nil
}

// String writes the windows as they would be given in one word each.
func (w *Windows) String() string {
	var parts []string
	if w.All != 0 {
		parts = append(parts, w.All.String())
	}
	for _, d := range loadgen.Disconnects() {
		if length, ok := w.ByWay[d]; ok {
			parts = append(parts, fmt.Sprintf("%s=%s", d, length))
		}
	}
	return strings.Join(parts, " ")
}

// Type names the flag's kind in a help text.
func (*Windows) Type() string { return "duration|way=duration" }

// WindowError is the answer to a window that is no length of time.
type WindowError struct{ Text string }

func (e *WindowError) Error() string { return fmt.Sprintf("window %q is no length of time", e.Text) }

// Hint shows what one looks like.
func (*WindowError) Hint() string { return "write a window as 5s or 1m30s, or for one way as close=5s" }

// What a window has on top of the server's own bounds: scheduling, and the time
// that a poll takes.
const (
	slackKnown   = 2 * time.Second
	slackUnknown = 5 * time.Second
	// windowUnheard is the window of a server of which nothing is known and
	// that sent no heartbeat: two of the usual 15 s, and the slack.
	windowUnheard = 35 * time.Second
)

// For returns the window of a way, and whether it may decide the verdict. limits
// is what the server tells of itself, nil where it tells nothing; heartbeat is
// what was measured on the streams, zero where none came; age is how old streams
// are when they leave.
//
// What nothing on the connection tells the server of is decided only by what is
// known of it, or by a window that was asked for: a right server on a stock
// kernel takes a quarter of an hour to miss a client that vanished.
func (w Windows) For(d loadgen.Disconnect, limits *Limits, heartbeat, age time.Duration) (length time.Duration, decides bool) {
	if length, ok := w.ByWay[d]; ok {
		return length, true
	}
	ends := d == loadgen.Overstay && limits != nil && limits.Timeout != 0 // at its timeout, whatever is asked of the others
	if w.All != 0 && !ends {
		return w.All, true
	}
	if limits == nil {
		return unknownWindow(heartbeat), !silent(d)
	}
	switch d {
	case loadgen.Stall:
		return limits.UserTimeout + slackKnown, limits.UserTimeout != 0
	case loadgen.Vanish:
		return limits.UserTimeout + 2*limits.Heartbeat + slackKnown, limits.UserTimeout != 0
	case loadgen.Overstay:
		return max(0, limits.Timeout-age) + slackKnown, limits.Timeout != 0
	default:
		return 2*limits.Heartbeat + slackKnown, true
	}
}

// swept is how long after its client's last sign a session may remain before a
// sweep has taken it; zero where the server tells of no sweep.
func (l Limits) swept() time.Duration {
	if l.SweepEvery == 0 || l.IdleTimeout == 0 {
		return 0
	}
	return l.IdleTimeout + l.SweepEvery + slackKnown
}

func unknownWindow(heartbeat time.Duration) time.Duration {
	if heartbeat == 0 {
		return windowUnheard
	}
	return 2*heartbeat + slackUnknown
}

// silent tells whether a way is one of which the server's end of the connection
// gets no sign.
func silent(d loadgen.Disconnect) bool {
	return d == loadgen.Stall || d == loadgen.Vanish || d == loadgen.Overstay
}
