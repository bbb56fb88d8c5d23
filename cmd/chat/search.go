package chat

import (
	"fmt"
	"regexp"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	xansi "github.com/charmbracelet/x/ansi"

	"github.com/sse-tool/sse-tool/cmd/printable"
)

// found is a search in the history, and where it stands.
type found struct {
	query   string
	pattern *regexp.Regexp
	walking bool // n and N go from one row to the next
	rows    []int
	at      int // in rows
}

func (m *Model) beginSearch() command {
	query := m.found.query
	m.found = found{}
	return m.newQuestion(searching, "Search the history", "search", query, nil)
}

// pressSearching is a key while one searches: first the words are written, then
// n and N walk.
func (m *Model) pressSearching(key string, msg tea.KeyPressMsg) command {
	if !m.found.walking {
		if key == "enter" {
			m.search(m.question.field.Value())
			return nil
		}
		return m.typed(msg)
	}
	switch key {
	case "n", "enter", "down":
		m.walk(1)
	case "N", "shift+n", "p", "up":
		m.walk(-1)
	case "ctrl+f", "/":
		return m.beginSearch()
	case "pgup", "pgdown", "ctrl+home", "ctrl+end":
		return m.keys[key](m)
	}
	return nil
}

// search finds the rows that have the words, and shows the last one that is not
// below what is seen.
func (m *Model) search(query string) {
	if query == "" {
		m.closePopup()
		return
	}
	m.found = found{query: query, pattern: regexp.MustCompile("(?i)" + regexp.QuoteMeta(query)), walking: true}
	m.find()
	h := &m.chat().history
	for i, row := range m.found.rows {
		if row < h.top+h.height {
			m.found.at = i
		}
	}
	m.goTo()
}

// find looks through all rows.
func (m *Model) find() {
	h := &m.chat().history
	m.found.rows = m.found.rows[:0]
	row := 0
	for _, p := range h.pieces {
		for i := range p.len() {
			if m.found.pattern.MatchString(xansi.Strip(p.row(i))) {
				m.found.rows = append(m.found.rows, row+i)
			}
		}
		row += p.len()
	}
}

func (m *Model) walk(by int) {
	m.find() // it may have grown
	n := len(m.found.rows)
	if n == 0 {
		return
	}
	m.found.at = (m.found.at + by + n) % n
	m.goTo()
}

func (m *Model) goTo() {
	if m.found.at < len(m.found.rows) {
		m.chat().history.show(m.found.rows[m.found.at])
	}
}

func (m *Model) searchTitle() string {
	switch {
	case !m.found.walking:
		return m.question.title
	case len(m.found.rows) == 0:
		return "not found: " + printable.Text(m.found.query)
	}
	return fmt.Sprintf("%d of %d: %s", m.found.at+1, len(m.found.rows), printable.Text(m.found.query))
}

// highlit is a row with what was searched for marked.
func (m *Model) highlit(row string, number int) string {
	if !m.found.walking {
		return row
	}
	text := xansi.Strip(row)
	style := lipgloss.NewStyle().Background(m.theme.mark)
	if m.found.at < len(m.found.rows) && m.found.rows[m.found.at] == number {
		style = lipgloss.NewStyle().Background(m.theme.markHere).Bold(true).Underline(true)
	}
	var ranges []lipgloss.Range
	for _, at := range m.found.pattern.FindAllStringIndex(text, -1) {
		from := lipgloss.Width(text[:at[0]])
		ranges = append(ranges, lipgloss.NewRange(from, from+lipgloss.Width(text[at[0]:at[1]]), style))
	}
	return lipgloss.StyleRanges(row, ranges...)
}
