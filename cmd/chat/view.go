package chat

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// msg is a tea.Msg.
type msg = tea.Msg

func batch(cmds []command) command { return tea.Batch(cmds...) }

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView(strings.Join(m.rows(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "sse-tool chat · " + m.chat().title()
	v.Cursor = m.cursor()
	return v
}

// rows are all rows of the screen, none of them too wide.
func (m *Model) rows() []string {
	rows := exactly(m.parts(), m.height)
	for i, row := range rows {
		rows[i] = cut(row, m.width)
	}
	return rows
}

// parts are the rows of all parts of the screen.
func (m *Model) parts() []string {
	a := m.areas()
	var rows []string
	if a.title.height > 0 {
		rows = exactly([]string{m.viewTitle(m.width)}, a.title.height)
	}
	if m.help {
		rows = append(rows, m.viewHelp(m.width, m.height-len(rows)-1)...)
		return append(rows, m.viewHints(m.width))
	}
	rows = append(rows, m.viewMiddle(a)...)
	rows = append(rows, exactly(m.viewPopup(), a.popup.height)...)
	rows = append(rows, m.viewInput(a.input)...)
	if a.state.height > 0 {
		rows = append(rows, figuresOf(m.chat().life, m.now).line(m.theme, m.width))
	}
	if a.help.height > 0 {
		rows = append(rows, m.viewHints(m.width))
	}
	return rows
}

// viewMiddle is the history, and the panel beside or below it.
func (m *Model) viewMiddle(a areas) []string {
	var history []string
	if a.history.height > 0 {
		history = exactly(m.viewHistory(a.history), a.history.height)
	}
	switch {
	case m.panel == noPanel:
		return history
	case a.panel.y == a.history.y && a.history.height > 0:
		inner := a.panel
		inner.width--
		return beside(history, a.history.width, m.edge(m.viewPanel(inner), a.panel.height))
	}
	return append(history, exactly(m.viewPanel(a.panel), a.panel.height)...)
}

// viewTitle is the first row: what is talked about, and with whom.
func (m *Model) viewTitle(width int) string {
	t := m.theme
	c := m.chat()
	back := lipgloss.NewStyle().Background(t.bar).Foreground(t.barText)
	muted := back.Foreground(t.muted)
	left := back.Foreground(t.accent).Bold(true).Render(" sse-tool chat")
	if len(m.chats) > 1 {
		left += muted.Render(fmt.Sprintf("  %d/%d", m.at+1, len(m.chats)))
	}
	if len(c.entries) > 0 {
		left += back.Render("  " + c.title())
	}
	right := m.server()
	if c.talk.Model != "" {
		right = printableModel(c.talk.Model) + " · " + right
	}
	if c.talk.System != "" {
		right = "system ✓ · " + right
	}
	room := width - lipgloss.Width(right) - 3
	if room < 16 {
		right, room = "", width-3
	}
	left = cut(left, room)
	gap := strings.Repeat(" ", max(0, width-lipgloss.Width(left)-lipgloss.Width(right)-1))
	return cut(left+back.Render(gap)+muted.Render(right)+back.Render(" "), width)
}

// viewInput is where one writes.
func (m *Model) viewInput(a area) []string {
	var rows []string
	if !m.compact() {
		text := ""
		if m.chat().editing >= 0 {
			text = in(m.theme.warn).Render(" editing ")
		}
		rows = append(rows, text+in(m.theme.faint).Render(strings.Repeat("─", max(0, a.width-lipgloss.Width(text)))))
	}
	rows = append(rows, strings.Split(m.input.View(), "\n")...)
	return exactly(rows, a.height)
}

// cursor is where one writes.
func (m *Model) cursor() *tea.Cursor {
	a := m.areas()
	switch {
	case m.help || m.popup == leaving || m.popup == listing || m.found.walking:
		return nil
	case m.popup == asking || m.popup == searching:
		c := m.question.field.Cursor()
		if c != nil {
			c.Y += a.popup.y + 1
		}
		return c
	}
	c := m.input.Cursor()
	if c != nil {
		c.Y += a.input.y
		if !m.compact() {
			c.Y++
		}
	}
	return c
}
