package chat

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/sse-tool/sse-tool/client"
)

// piece is an entry on rows: its head, its plain text, its Markdown, and what
// stands below.
type piece struct {
	head  []string
	plain *wrapped
	bar   string         // before each row of plain
	style lipgloss.Style // of plain
	flow  *flow
	foot  []string
}

func (p piece) len() int {
	n := len(p.head) + len(p.foot)
	if p.plain != nil {
		n += p.plain.len()
	}
	if p.flow != nil {
		n += p.flow.len()
	}
	return n
}

func (p piece) row(i int) string {
	if i < len(p.head) {
		return p.head[i]
	}
	i -= len(p.head)
	if p.plain != nil {
		if i < p.plain.len() {
			return p.bar + p.style.Render(p.plain.row(i))
		}
		i -= p.plain.len()
	}
	if p.flow != nil {
		if i < p.flow.len() {
			return textMargin + p.flow.row(i)
		}
		i -= p.flow.len()
	}
	return p.foot[i]
}

const (
	textMargin = "  "
	maxText    = 104 // columns from which on a row is hard to read
)

// pieceOf is an entry laid out: once only, when it is done.
func (m *Model) pieceOf(e *entry, width int) piece {
	if l := e.laid; l.md == m.md && l.width == width && l.compact == m.compact() {
		return l.piece
	}
	p := m.lay(e, max(8, min(width, maxText))-len(textMargin))
	if e.done {
		e.laid = laid{m.md, width, m.compact(), p}
	}
	return p
}

func (m *Model) lay(e *entry, width int) piece {
	t := m.theme
	if e.role == client.RoleUser {
		e.said = wrap(e.said, e.safe, width)
		return piece{plain: e.said, bar: in(t.you).Render("▌ "), foot: []string{""}}
	}
	var p piece
	if !m.compact() {
		p.head = append(p.head, in(t.accent).Bold(true).Render("◆ "+speaker(e)))
	}
	if len(e.thought) > 0 {
		e.thinks = wrap(e.thinks, e.thought, width-2)
		p.plain, p.bar, p.style = e.thinks, textMargin+in(t.faint).Render("┊ "), in(t.muted).Italic(true)
	}
	if len(e.safe) > 0 {
		p.flow = e.flow(m.md, width)
	} else if !e.done {
		p.foot = append(p.foot, textMargin+in(t.muted).Render("…"))
	}
	if e.note != "" {
		style, mark := in(t.muted), "· "
		if e.bad {
			style, mark = in(t.bad), "✗ "
		}
		for i, row := range plain(e.note, width-2) {
			if i > 0 {
				mark = "  "
			}
			p.foot = append(p.foot, textMargin+style.Render(mark+row))
		}
	}
	p.foot = append(p.foot, "")
	return p
}

func speaker(e *entry) string {
	if e.model != "" {
		return e.model
	}
	return "assistant"
}

// plain is text as it was written, wrapped.
func plain(text string, width int) []string {
	var rows []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "    "), "\n") {
		rows = append(rows, fit(line, width)...)
	}
	return rows
}

// history is the rows of one chat, and the part of them that is seen.
type history struct {
	pieces []piece
	total  int
	height int

	top    int  // the first row that is seen
	follow bool // the last row is kept in sight
}

// arrange lays the chat's entries out, and keeps what is seen where it was.
func (m *Model) arrange() {
	c := m.chat()
	h := &c.history
	area := m.areas()
	anchor, within := h.at(h.top)
	resized := h.height != area.history.height || m.arranged != area.history.width || m.arrangedBy != m.md
	h.pieces, h.total = h.pieces[:0], 0
	for _, e := range c.entries {
		p := m.pieceOf(e, area.history.width-1)
		h.pieces = append(h.pieces, p)
		h.total += p.len()
	}
	h.height = area.history.height
	m.arranged, m.arrangedBy = area.history.width, m.md
	if resized && !h.follow {
		h.top = h.rowOf(anchor, within)
	}
	h.scroll(0)
}

// at is the entry that a row belongs to, and how far down in it that is, of one.
func (h *history) at(row int) (entry int, within float64) {
	for i, p := range h.pieces {
		if n := p.len(); row < n {
			return i, float64(row) / float64(n)
		} else {
			row -= n
		}
	}
	return 0, 0
}

func (h *history) rowOf(entry int, within float64) int {
	row := 0
	for i, p := range h.pieces {
		if i == entry {
			return row + int(within*float64(p.len()))
		}
		row += p.len()
	}
	return row
}

// scroll moves what is seen by rows; at the end it follows again.
func (h *history) scroll(rows int) {
	last := max(0, h.total-h.height)
	if h.follow && rows >= 0 {
		h.top = last
		return
	}
	h.top = max(0, min(h.top+rows, last))
	h.follow = h.top == last && rows >= 0 && (rows > 0 || last == 0)
}

// show moves what is seen so that a row is in it.
func (h *history) show(row int) {
	if row < h.top || row >= h.top+h.height {
		h.follow = false
		h.top = max(0, min(row-h.height/3, h.total-h.height))
	}
}

// rows are those that are seen.
func (h *history) rows() []string {
	out := make([]string, 0, h.height)
	skip := h.top
	for _, p := range h.pieces {
		n := p.len()
		for i := skip; i < n && len(out) < h.height; i++ {
			out = append(out, p.row(i))
		}
		skip = max(0, skip-n)
		if len(out) == h.height {
			break
		}
	}
	return out
}

// viewHistory is the part of the chat that is seen, and how much is below it.
func (m *Model) viewHistory(a area) []string {
	c := m.chat()
	if len(c.entries) == 0 {
		return m.viewWelcome(a)
	}
	h := &c.history
	rows := h.rows()
	for i, row := range rows {
		rows[i] = m.highlit(row, h.top+i)
	}
	if below := h.total - h.top - h.height; below > 1 && !h.follow && len(rows) > 1 {
		hint := lipgloss.NewStyle().Foreground(m.theme.barText).Background(m.theme.bar).Render(fmt.Sprintf(" ↓ %d more ", below-1))
		last := len(rows) - 1
		rows[last] = pad(rows[last], a.width-lipgloss.Width(hint)-1) + hint
	}
	return rows
}

// viewWelcome stands where nothing was said yet.
func (m *Model) viewWelcome(a area) []string {
	t := m.theme
	lines := []string{
		in(t.accent).Bold(true).Render("sse-tool chat"),
		in(t.muted).Render(m.server()),
		"",
		"Type a message and press Enter.",
		in(t.muted).Render("? shows every key, ctrl+l the ways to leave"),
	}
	if a.height < 6 {
		lines = lines[1:4:4]
	}
	rows := make([]string, 0, a.height)
	for range max(0, (a.height-len(lines))/2) {
		rows = append(rows, "")
	}
	for _, line := range lines {
		line = cut(line, a.width)
		rows = append(rows, strings.Repeat(" ", max(0, (a.width-lipgloss.Width(line))/2))+line)
	}
	return rows
}
