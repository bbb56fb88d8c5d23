package cmd

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck/report"
)

// peoplePrinter writes a line or a block an item: how long after the one before,
// its name, its id where it has a new one, its data.
type peoplePrinter struct {
	notes
	w       io.Writer
	paint   paint
	columns int // of the terminal; zero is none, where an event is a line unless its text has several
	lastID  string
}

const (
	timeColumns = 9
	margin      = "           " // behind the time
)

func (p *peoplePrinter) item(m moment) error {
	var b bytes.Buffer
	if m.silence > tolerated(heartbeatLimit) {
		fmt.Fprintf(&b, "%s%s\n", margin, p.paint.in(yellow, "nothing for "+report.Length(m.silence)))
	}
	since := "+" + report.Length(max(0, m.since))
	fmt.Fprintf(&b, "%s  ", p.paint.in(dim, fmt.Sprintf("%*s", timeColumns, since)))
	switch m.Kind {
	case client.KindOpen:
		fmt.Fprintf(&b, "%s %s %d %s from %s\n", p.paint.in(green, "open"), printable(m.Head.Proto), m.Head.Status,
			printable(m.Head.Header.Get("Content-Type")), printable(client.Redact(m.URL)))
	case client.KindEvent:
		p.event(&b, m.Event)
	case client.KindComment:
		fmt.Fprintf(&b, "%s\n", p.paint.in(dim, printable(": "+m.Comment)))
	case client.KindRetry:
		fmt.Fprintf(&b, "%s\n", p.paint.in(dim, "retry "+m.Delay.String()))
	case client.KindReconnect:
		fmt.Fprintf(&b, "%s\n", p.paint.in(yellow, printable(lossOf(m.Item))))
	}
	_, err := p.w.Write(b.Bytes())
	return err
}

// lossOf says how a stream was lost, and what comes now.
func lossOf(item client.Item) string {
	text := "the server ended the stream"
	if item.Err != nil {
		text = "lost: " + message(item.Err)
	}
	if item.Cut {
		text += ", within an event, which is dropped"
	}
	text += fmt.Sprintf("; reconnecting in %s", report.Length(item.Delay))
	if item.Attempt > 1 {
		text += fmt.Sprintf(" (attempt %d)", item.Attempt)
	}
	return text
}

func (p *peoplePrinter) event(b *bytes.Buffer, e client.Event) {
	head := printable(nameOf(e))
	room := p.columns - len(margin) - utf8.RuneCountInString(head)
	b.WriteString(p.paint.in(bold, head))
	if id := string(e.ID); id != p.lastID {
		p.lastID = id
		text := printable("id " + id)
		room -= 2 + utf8.RuneCountInString(text)
		b.WriteString("  " + p.paint.in(cyan, text))
	}
	lines := p.data(e.Data, room-2)
	switch {
	case len(lines) == 1 && (p.columns == 0 || lines[0].columns <= room-2):
		b.WriteString("  " + lines[0].text + "\n")
	default:
		b.WriteByte('\n')
		for _, l := range lines {
			b.WriteString(margin + l.text + "\n")
		}
	}
}

// line is a line of data, with the columns that it takes without its colours.
type line struct {
	text    string
	columns int
}

// data is an event's data as lines: JSON on one where that fits, else pretty.
func (p *peoplePrinter) data(data []byte, room int) []line {
	text := strings.ToValidUTF8(string(data), "\uFFFD")
	if pretty, ok := prettyJSON(text, p.columns > 0, room); ok {
		text = pretty
		var lines []line
		for l := range strings.SplitSeq(text, "\n") {
			lines = append(lines, line{colouredJSON(l, p.paint), utf8.RuneCountInString(l)})
		}
		return lines
	}
	var lines []line
	for l := range strings.SplitSeq(text, "\n") {
		l = printable(l)
		lines = append(lines, line{l, utf8.RuneCountInString(l)})
	}
	return lines
}
