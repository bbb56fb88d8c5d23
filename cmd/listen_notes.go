package cmd

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/leakcheck/report"
	"github.com/sse-tool/sse-tool/loadgen"
)

// notes is what people are told besides the events, on stderr.
type notes struct {
	w     io.Writer
	paint paint
}

// warn writes a warning. An error of stderr has no place to be told.
func (n notes) warn(_ time.Time, w warning) error {
	fmt.Fprintf(n.w, "%s %s: %s\n", n.paint.in(yellow, "warning:"), w.code, printable(w.text))
	return nil
}

// end sums the stream up. One that was never open has nothing to be summed up,
// and an error tells of it, unless that is what the server wanted.
func (n notes) end(e ending) error {
	switch {
	case e.opened:
		_, _ = n.w.Write(summary(e, n.paint))
	case e.reason == endedNoContent:
		fmt.Fprintln(n.w, e)
	}
	return nil
}

// summary says what came, for people.
func summary(e ending, p paint) []byte {
	var b bytes.Buffer
	t := e.tally
	fmt.Fprintf(&b, "\n%s\n", p.in(bold, e.String()))
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	shown := ""
	if t.shown != t.events {
		shown = fmt.Sprintf(" (%s shown)", humanize.Comma(int64(t.shown)))
	}
	row("events", "%s%s in %s", humanize.Comma(int64(t.events)), shown, report.Length(e.at.Sub(t.started)))
	row("bytes", "%s", humanize.Comma(e.bytes))
	if t.events > 0 {
		row("first event", "%s", report.Length(t.first))
	}
	if q := t.gaps.Quantiles(); q.Count > 0 {
		row("event gap", "%s", times(q))
	}
	if t.comments > 0 {
		row("comments", "%s", humanize.Comma(int64(t.comments)))
	}
	if q := t.heartbeats.Quantiles(); q.Count > 0 {
		row("heartbeat", "%s", times(q))
	}
	row("silence", "%s at the most", report.Length(e.silence))
	row("reconnects", "%d", t.reconnects)
	return b.Bytes()
}

func times(q loadgen.Quantiles) string {
	length := func(s float64) string { return report.Length(time.Duration(s * float64(time.Second))) }
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, max %s", length(q.P50), length(q.P90), length(q.P99), length(q.Max))
}
