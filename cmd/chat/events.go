package chat

import (
	"fmt"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
)

// maxEvents is how many of a stream's events are kept to be looked at.
const maxEvents = 2000

// eventLine is one thing that came over a stream, as it is shown.
type eventLine struct {
	gap  time.Duration // since the one before
	name string
	id   string
	text string
	kind client.Kind
	bad  bool
}

// events are the newest things that came, oldest first.
type events struct {
	lines []eventLine
	last  time.Time
	count int
}

// add adds what a stream brought. All of it is made harmless.
func (e *events) add(m came) {
	u := m.update
	switch {
	case u.Kind != "":
		line := lineOf(u.Item)
		if !e.last.IsZero() {
			line.gap = max(0, u.At.Sub(e.last))
		}
		e.last = u.At
		e.push(line)
	case m.err != nil:
		note, bad := ending(m)
		note, _, _ = strings.Cut(note, "\n")
		e.push(eventLine{name: "end", text: note, bad: bad})
	}
}

func (e *events) push(line eventLine) {
	e.count++
	if len(e.lines) >= maxEvents {
		e.lines = append(e.lines[:0], e.lines[maxEvents/4:]...)
	}
	e.lines = append(e.lines, line)
}

// maxEventText is how much is kept of each text of an event, in bytes.
const maxEventText = 2000

func lineOf(i client.Item) eventLine {
	l := eventLine{kind: i.Kind}
	switch i.Kind {
	case client.KindOpen:
		l.name, l.text = "open", fmt.Sprintf("%s %d %s", i.Head.Proto, i.Head.Status, i.Head.Header.Get("Content-Type"))
	case client.KindEvent:
		l.name, l.id, l.text = string(i.Event.Name), string(i.Event.ID), string(i.Event.Data[:min(len(i.Event.Data), maxEventText)])
		if l.name == "" {
			l.name = "message"
		}
	case client.KindComment:
		l.name, l.text = ":", i.Comment
	case client.KindRetry:
		l.name, l.text = "retry", i.Delay.String()
	case client.KindReconnect:
		l.name, l.bad = "lost", true
		l.text = "the server ended the stream"
		if i.Err != nil {
			l.text = i.Err.Error()
		}
		l.text += "; again in " + seconds(i.Delay)
	}
	l.name, l.id, l.text = kept(l.name), kept(l.id), kept(l.text)
	return l
}

// kept is what is kept of a text, harmless: a copy, for a part of it would keep
// all of it in memory.
func kept(text string) string {
	return printable.Text(strings.Clone(text[:min(len(text), maxEventText)]))
}

// viewEvents is the panel of a stream's events.
func (m *Model) viewEvents(a area) []string {
	t, e := m.theme, &m.chat().events
	head := fmt.Sprintf("events  %d", e.count)
	if len(e.lines) == 0 {
		return []string{m.panelHead(head, a.width), in(t.muted).Render(cut("What the stream brings is shown here.", a.width))}
	}
	room := max(0, a.height-1)
	end := max(min(room, len(e.lines)), len(e.lines)-m.panelTop)
	rows := []string{m.panelHead(head, a.width)}
	for _, l := range e.lines[max(0, end-room):end] {
		rows = append(rows, m.viewEvent(l, a.width))
	}
	return rows
}

func (m *Model) viewEvent(l eventLine, width int) string {
	t := m.theme
	gap := ""
	if l.gap > 0 {
		gap = "+" + brief(l.gap)
	}
	name, text := in(t.accent), in(t.barText)
	switch {
	case l.bad:
		name, text = in(t.bad), in(t.bad)
	case l.kind == client.KindComment:
		name, text = in(t.good), in(t.good)
	case l.kind != client.KindEvent:
		name, text = in(t.you), in(t.muted)
	}
	row := in(t.faint).Render(fmt.Sprintf("%8s ", gap)) + name.Render(l.name)
	if l.id != "" && width >= 44 {
		row += in(t.faint).Render(" " + tailOf(l.id, 8))
	}
	return cut(row+" "+text.Render(l.text), width)
}

// panelHead is the title of a panel.
func (m *Model) panelHead(text string, width int) string {
	t := m.theme
	text = " " + text + " "
	line := width - len([]rune(text)) - 2
	if line < 0 {
		return cut(in(t.accent).Bold(true).Render(text), width)
	}
	return in(t.faint).Render("──") + in(t.accent).Bold(true).Render(text) + in(t.faint).Render(strings.Repeat("─", line))
}
