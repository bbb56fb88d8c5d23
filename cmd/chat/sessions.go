package chat

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// panel is what stands beside or below the history.
type panel int

const (
	noPanel panel = iota
	eventsPanel
	sessionsPanel
)

func (m *Model) toggleEvents() command   { return m.toggle(eventsPanel) }
func (m *Model) toggleSessions() command { return m.toggle(sessionsPanel) }

func (m *Model) toggle(p panel) command {
	if m.panel == p {
		p = noPanel
	}
	m.panel, m.panelTop = p, 0
	return nil
}

func (m *Model) panelUp() command   { m.scrollPanel(m.areas().panel.height - 2); return nil }
func (m *Model) panelDown() command { m.scrollPanel(2 - m.areas().panel.height); return nil }

// scrollPanel moves the panel by rows, up from its end.
func (m *Model) scrollPanel(by int) {
	n := len(m.chat().events.lines)
	if m.panel == sessionsPanel {
		n = len(m.live.Sessions) + 2*len(m.parted)
	}
	m.panelTop = max(0, min(m.panelTop+by, n-m.areas().panel.height+1))
}

// maxRecent is how many closings are remembered, for a stream whose leaving the
// server tells of before we know of it ourselves.
const maxRecent = 64

// sessionsChanged takes what the server's sessions are now.
func (m *Model) sessionsChanged(msg sessionsCame) command {
	m.clock(msg.live.At)
	if msg.err != nil {
		m.liveErr, m.live.Connected = msg.err, false
		for _, p := range m.parted {
			p.watched = p.gone != nil
		}
		return nil
	}
	m.live = msg.live
	if msg.live.Change == nil {
		m.listed = msg.live
	} else if msg.live.Change.Closed {
		m.recent = append(m.recent[max(0, len(m.recent)-maxRecent):], talk.Live{At: msg.live.At, Change: msg.live.Change})
	}
	for _, p := range m.parted {
		m.judge(p, msg.live)
	}
	return m.work.watched()
}

// judge asks a look at the server's sessions what became of a stream that left.
func (m *Model) judge(p *parting, live talk.Live) {
	if p.gone != nil {
		return
	}
	if g, ok := p.departure.Gone(live); ok {
		p.gone, p.watched = &g, true
	}
}

// viewSessions is the panel of the server's sessions, and of the streams that
// left.
func (m *Model) viewSessions(a area) []string {
	t := m.theme
	head := fmt.Sprintf("sessions  %d open", m.live.Active)
	if !m.live.Connected {
		head = "sessions"
	}
	rows := []string{m.panelHead(head, a.width)}
	story := m.viewStory(a.width, max(2, a.height-3))
	room := max(1, a.height-1-len(story))
	switch {
	case m.settings.Talk.Target.Sessions == "":
		rows = append(rows, in(t.muted).Render(cut("This server shows no list of its sessions.", a.width)))
	case m.liveErr != nil:
		rows = append(rows, in(t.bad).Render(cut("The list cannot be followed: "+printable.Text(m.liveErr.Error()), a.width)))
	case !m.live.Connected:
		rows = append(rows, in(t.warn).Render(cut(m.unconnected(), a.width)))
	case len(m.live.Sessions) == 0:
		rows = append(rows, in(t.muted).Render(cut("None is open: whoever left was let go.", a.width)))
	}
	rows = append(rows, m.viewOpen(a.width, room)...)
	if a.height-len(rows)-len(story) > 0 && len(story) > 0 && a.height > 8 {
		rows = append(rows, "")
	}
	return append(rows, story...)
}

// unconnected tells that what is shown of the sessions is as it was last.
func (m *Model) unconnected() string {
	text := "Connecting to the feed of sessions."
	if in := m.live.Due.Sub(m.now); in > 0 {
		text = "The feed of sessions was lost; again in " + seconds(in) + "."
	}
	if len(m.live.Sessions) > 0 {
		text += " As it was last:"
	}
	return text
}

// viewOpen is the newest of the open sessions, as far as there is room.
func (m *Model) viewOpen(width, room int) []string {
	t := m.theme
	list := m.live.Sessions
	if over := len(list) - room; over > 0 {
		list = list[max(0, over-m.panelTop):][:room]
	}
	var rows []string
	for _, s := range list {
		mark, style := "  ", lipgloss.NewStyle()
		for _, c := range m.chats {
			if c.reply != nil && c.life.Stream == s.Stream && s.Stream != "" {
				mark, style = in(t.good).Render("● "), in(t.good)
			}
		}
		for _, p := range m.parted {
			if p.held() && p.departure.Stream == s.Stream && s.Stream != "" {
				mark, style = in(t.warn).Render("◁ "), in(t.warn)
			}
		}
		age := seconds(max(0, m.now.Sub(s.Opened)))
		row := mark + style.Render(shortID(s.ID)) + in(t.muted).Render(fmt.Sprintf("  %s  open for %s", printable.Text(s.Transport), age))
		if s.User != "" {
			row += in(t.faint).Render("  " + printable.Text(s.User))
		}
		rows = append(rows, cut(row, width))
	}
	return rows
}

// viewStory is what became of the streams that left, the newest last.
func (m *Model) viewStory(width, room int) []string {
	t := m.theme
	var rows []string
	for _, p := range m.parted {
		did, became := p.story(m.now)
		mark, style := "◁ ", in(t.warn)
		if p.gone != nil {
			mark, style = "✓ ", in(t.good)
		} else if p.due > 0 && m.now.Sub(p.from()) > p.due {
			mark, style = "✗ ", in(t.bad)
		}
		rows = append(rows, cut(style.Render(mark)+did, width))
		for _, row := range fit(became, max(8, width-2)) {
			rows = append(rows, "  "+style.Bold(true).Render(row))
		}
	}
	return rows[max(0, len(rows)-room):]
}

// viewPanel is the panel that is open.
func (m *Model) viewPanel(a area) []string {
	if m.panel == eventsPanel {
		return m.viewEvents(a)
	}
	return m.viewSessions(a)
}

// edge puts the line between the history and a panel beside it.
func (m *Model) edge(rows []string, height int) []string {
	line := in(m.theme.faint).Render("│")
	rows = exactly(rows, height)
	for i, row := range rows {
		rows[i] = line + strings.TrimRight(row, "\n")
	}
	return rows
}
