package chat

import (
	"strings"

	"charm.land/lipgloss/v2"
)

func (m *Model) toggleHelp() command {
	m.help, m.helpTop = true, 0
	return nil
}

func (m *Model) pressHelp(key string) {
	switch key {
	case "up", "k", "alt+up":
		m.helpTop--
	case "down", "j", "alt+down":
		m.helpTop++
	case "pgup":
		m.helpTop -= max(1, m.height-4)
	case "pgdown", "space":
		m.helpTop += max(1, m.height-4)
	default:
		m.help = false
	}
}

// viewHelp is the screen of all keys.
func (m *Model) viewHelp(width, height int) []string {
	rows := m.helpRows(width)
	return exactly(rows[min(m.helpTop, len(rows)):], height)
}

// scrollHelp keeps what is seen of the help within it.
func (m *Model) scrollHelp() {
	m.helpTop = max(0, min(m.helpTop, len(m.helpRows(m.width))-m.height+2))
}

// helpRows are all keys, in two columns where they have room.
func (m *Model) helpRows(width int) []string {
	all := bindings()
	rows := m.helpColumn(all, width-1)
	if width >= 100 {
		half := width/2 - 2
		rows = beside(m.helpColumn(all[:2], half), half+3, m.helpColumn(all[2:], half))
	}
	return append(rows, in(m.theme.muted).Render(" To select with the mouse, hold shift."))
}

func (m *Model) helpColumn(groups []group, width int) []string {
	var rows []string
	for _, g := range groups {
		rows = append(rows, "", in(m.theme.accent).Bold(true).Render(" "+g.title))
		for _, b := range g.keys {
			rows = append(rows, keyRows(m.theme, b, width)...)
		}
	}
	return rows
}

// keyRows is a key and what it does.
func keyRows(t theme, b binding, width int) []string {
	const names = 20
	if width < 50 {
		rows := []string{" " + in(t.you).Render(b.name)}
		for _, row := range fit(b.help, max(8, width-4)) {
			rows = append(rows, "   "+row)
		}
		return rows
	}
	var rows []string
	for i, row := range fit(b.help, width-names-2) {
		name := ""
		if i == 0 {
			name = b.name
		}
		rows = append(rows, " "+in(t.you).Render(pad(name, names))+row)
	}
	return rows
}

// viewHints is the line of help: as many as there is room for.
func (m *Model) viewHints(width int) string {
	t := m.theme
	if m.note != "" {
		style := in(t.good)
		if m.noteBad {
			style = in(t.warn)
		}
		return cut(" "+style.Render(m.note), width)
	}
	var b strings.Builder
	used := 1
	b.WriteString(" ")
	for i, h := range m.hints() {
		gap := "   "
		if i == 0 {
			gap = ""
		}
		n := lipgloss.Width(gap + h.key + " " + h.text)
		if used+n > width {
			break
		}
		used += n
		b.WriteString(gap + in(t.accent).Render(h.key) + " " + in(t.muted).Render(h.text))
	}
	return b.String()
}
