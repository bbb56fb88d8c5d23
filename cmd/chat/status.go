package chat

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// figures are the life of a stream as the line of state shows it.
type figures struct {
	state   talk.State // empty: nothing was asked yet
	retryIn time.Duration
	session string
	first   time.Duration // zero: not yet
	rate    float64
	beat    time.Duration // negative: none came
	beats   int
	overdue bool
	bytes   int64
	again   int // reconnects
	lastID  string
}

// figuresOf are those of a life, as of a moment.
func figuresOf(l talk.Life, now time.Time) figures {
	f := figures{
		state: l.At(now), retryIn: l.RetryIn(now), session: l.Session, rate: l.Rate(now), beat: -1,
		overdue: l.Overdue(now), bytes: l.Bytes, again: l.Reconnects, lastID: l.LastEventID,
	}
	f.first, _ = l.FirstAfter()
	if age, ok := l.BeatAge(now); ok {
		f.beat, f.beats = age, l.Beats
	}
	return f
}

// stateText is the state in words, its mark, and its colour.
func (f figures) stateText(t theme) (string, color.Color) {
	switch f.state {
	case "":
		return "○ ready", t.muted
	case talk.Connecting:
		return "◌ connecting", t.warn
	case talk.Streaming:
		return "● streaming", t.good
	case talk.Idle:
		return "○ idle", t.you
	case talk.Reconnecting:
		if f.retryIn <= 0 {
			return "↻ reconnecting", t.warn
		}
		return "↻ reconnecting in " + seconds(f.retryIn), t.warn
	case talk.Done:
		return "✓ done", t.good
	case talk.Left:
		return "◁ left", t.you
	case talk.Lost:
		return "✗ lost", t.bad
	}
	return printable.Text(string(f.state)), t.muted
}

// fact is a part of the line of state: in full, and short.
type fact struct {
	long, short string
	colour      color.Color // nil: as the line
	id          bool        // the first to be told in short
}

// facts are all but the state, the most important first: that is a heartbeat
// where one is overdue.
func (f figures) facts(t theme) []fact {
	var out []fact
	if f.overdue {
		out = append(out, f.heart(t))
	}
	add := func(long, short string, c color.Color) { out = append(out, fact{long: long, short: short, colour: c}) }
	if f.session != "" {
		out = append(out, fact{long: "session " + shortID(f.session), short: shortID(f.session), id: true})
	}
	if f.state == "" {
		return out
	}
	if f.first > 0 {
		add("first "+brief(f.first), brief(f.first), nil)
	} else if !f.state.Over() {
		add("first –", "–", nil)
	}
	add(fmt.Sprintf("%.1f tok/s", f.rate), fmt.Sprintf("%.0f/s", f.rate), nil)
	if !f.overdue {
		out = append(out, f.heart(t))
	}
	add(size(f.bytes), size(f.bytes), nil)
	if f.again > 0 {
		add(fmt.Sprintf("↻ %d", f.again), fmt.Sprintf("↻ %d", f.again), t.warn)
	} else {
		add("↻ 0", "↻ 0", nil)
	}
	if f.lastID != "" {
		id := printable.Text(f.lastID)
		out = append(out, fact{long: "id " + tailOf(id, 24), short: "id " + tailOf(id, 8), id: true})
	}
	return out
}

// heart is how old the last heartbeat is.
func (f figures) heart(t theme) fact {
	same := func(text string, c color.Color) fact { return fact{long: text, short: text, colour: c} }
	switch {
	case f.state.Over():
		return same(fmt.Sprintf("♥ %d×", f.beats), nil)
	case f.overdue && f.beat < 0:
		return fact{long: "♥ overdue!", short: "♥ late!", colour: t.bad}
	case f.overdue:
		return fact{long: "♥ " + seconds(f.beat) + " overdue!", short: "♥ " + seconds(f.beat) + "!", colour: t.bad}
	case f.beat >= 0:
		return same("♥ "+seconds(f.beat), t.good)
	}
	return same("♥ –", t.muted)
}

// line is the line of state: what has room, in full where all has.
func (f figures) line(t theme, width int) string {
	back := lipgloss.NewStyle().Background(t.bar).Foreground(t.barText)
	text, c := f.stateText(t)
	head := back.Foreground(c).Bold(true).Render(" " + text)
	facts := f.facts(t)
	parts := make([]string, len(facts))
	total := lipgloss.Width(head) + 1
	const gap = 2
	for i, p := range facts {
		parts[i] = p.long
		total += gap + lipgloss.Width(p.long)
	}
	for _, i := range shortened(facts) {
		if total > width {
			total -= lipgloss.Width(facts[i].long) - lipgloss.Width(facts[i].short)
			parts[i] = facts[i].short
		}
	}
	for total > width && len(parts) > 0 {
		n := len(parts) - 1
		total -= gap + lipgloss.Width(parts[n])
		parts = parts[:n]
	}
	var b strings.Builder
	b.WriteString(head)
	for i, part := range parts {
		style := back
		if facts[i].colour != nil {
			style = back.Foreground(facts[i].colour)
		}
		b.WriteString(back.Render("  ") + style.Render(part))
	}
	line := cut(b.String(), width)
	return line + back.Render(strings.Repeat(" ", max(0, width-lipgloss.Width(line))))
}

// shortened is the order in which facts are told in short: ids, then the rest,
// the least important first.
func shortened(facts []fact) []int {
	var ids, rest []int
	for i, f := range slices.Backward(facts) {
		if f.id {
			ids = append(ids, i)
		} else {
			rest = append(rest, i)
		}
	}
	return append(ids, rest...)
}

// shortID is the beginning of an id, harmless.
func shortID(id string) string {
	id = printable.Text(id)
	if r := []rune(id); len(r) > 9 {
		return string(r[:8]) + "…"
	}
	return id
}

// tailOf is the end of what is too long: an id counts there.
func tailOf(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return s
}

// seconds is a time that goes on, in a form that is calm.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

// brief is a time that was measured.
func brief(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func size(n int64) string { return humanize.Bytes(uint64(max(0, n))) }
