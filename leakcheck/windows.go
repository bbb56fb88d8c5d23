package leakcheck

import (
	"fmt"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Windows says how long after its stream left a session may remain. *Windows is
// a flag value, given once for all ways ("5s", or "timeout") and again for single
// ones ("close=2s"). The zero value leaves every window to what is known of the
// server.
type Windows struct {
	All time.Duration
	// Timeout asks only for what every server with a timeout promises: that a
	// session is back when its stream would have reached it. It stands in place
	// of All.
	Timeout bool
	ByWay   map[loadgen.Disconnect]time.Duration
}

// untilTimeout is how the window that is the server's timeout is written.
const untilTimeout = "timeout"

// Set reads one window from a flag.
func (w *Windows) Set(text string) error {
	if text == untilTimeout {
		w.All, w.Timeout = 0, true
		return nil
	}
	way, length, byWay := strings.Cut(text, "=")
	if !byWay {
		length = way
	}
	d, err := time.ParseDuration(length)
	if err != nil || d <= 0 {
		return &WindowError{Text: length}
	}
	if !byWay {
		w.All, w.Timeout = d, false
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
	if w.Timeout {
		parts = append(parts, untilTimeout)
	}
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
func (*Windows) Type() string { return "window" }

// WindowError is the answer to a window that is no length of time.
type WindowError struct{ Text string }

func (e *WindowError) Error() string { return fmt.Sprintf("window %q is no length of time", e.Text) }

// Hint shows what one looks like.
func (*WindowError) Hint() string {
	return "write a window as 5s or 1m30s, for one way as close=5s, or as timeout: what is left of the server's own"
}

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
	if w.endsAtTimeout(d) && limits != nil && limits.Timeout != 0 {
		return max(0, limits.Timeout-age) + slackKnown, true
	}
	if w.All != 0 {
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
		return slackKnown, false // without a timeout it stays for ever
	default:
		return 2*limits.Heartbeat + slackKnown, true
	}
}

// endsAtTimeout tells whether a way's window reaches to the server's timeout, if
// it has one: where that was asked for, and for overstay, which nothing else
// ends, whatever was asked for all ways.
func (w Windows) endsAtTimeout(d loadgen.Disconnect) bool {
	_, own := w.ByWay[d]
	return !own && (w.Timeout || d == loadgen.Overstay)
}

// NoTimeoutError says that a window was to be the timeout of a server that tells
// of none.
type NoTimeoutError struct{}

func (*NoTimeoutError) Error() string {
	return "the window is to be the server's timeout, and the server tells of none"
}

// Hint says what to give in its place.
func (*NoTimeoutError) Hint() string { return "give the window as a length of time: --window 5m" }

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
