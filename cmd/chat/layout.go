package chat

import (
	"strings"

	"charm.land/lipgloss/v2"
	xansi "github.com/charmbracelet/x/ansi"
)

// area is a part of the screen.
type area struct{ x, y, width, height int }

// areas are the parts of the screen, top to bottom: the title, the history with
// a panel at its right or below it, a popup, the input, the state, the help.
type areas struct {
	title, history, panel, popup, input, state, help area
}

const (
	besideFrom = 100 // columns from which on a panel stands beside the history
	belowFrom  = 18  // rows from which on it stands below; else in its place
)

// compact tells a small terminal, which has no room for ornaments.
func (m *Model) compact() bool { return m.height < 16 || m.width < 50 }

func (m *Model) areas() areas {
	var a areas
	w, y, left := m.width, 0, m.height
	take := func(n int) area {
		n = max(0, min(n, left))
		r := area{0, y, w, n}
		y, left = y+n, left-n
		return r
	}
	switch {
	case m.height >= 20:
		a.title = take(2) // a blank row below it
	case m.height >= 14:
		a.title = take(1)
	}
	input := m.inputHeight()
	below := input + min(2, max(0, m.height-2))
	popup := min(len(m.viewPopup()), max(0, left-below-1))
	middle := take(max(1, left-below-popup))
	a.history, a.panel = m.divide(middle)
	a.popup = take(popup)
	a.input = take(input)
	a.state = take(1)
	a.help = take(1)
	return a
}

// divide gives the panel its part.
func (m *Model) divide(a area) (history, panel area) {
	switch {
	case m.panel == noPanel:
		return a, area{}
	case a.width >= besideFrom:
		w := a.width * 45 / 100
		return area{a.x, a.y, a.width - w, a.height}, area{a.x + a.width - w, a.y, w, a.height}
	case a.height >= belowFrom-6:
		h := a.height * 45 / 100
		return area{a.x, a.y, a.width, a.height - h}, area{a.x, a.y + a.height - h, a.width, h}
	}
	return area{a.x, a.y, a.width, 0}, a
}

// inputHeight is how many rows the input takes, its border included.
func (m *Model) inputHeight() int {
	n := max(1, m.input.Height())
	if !m.compact() {
		n++
	}
	return min(n, max(1, m.height/2))
}

// pad makes a row as wide as that, exactly.
func pad(row string, width int) string {
	w := lipgloss.Width(row)
	if w > width {
		return xansi.Truncate(row, max(0, width), "")
	}
	return row + strings.Repeat(" ", width-w)
}

// cut makes a row that wide at most.
func cut(row string, width int) string {
	if lipgloss.Width(row) <= width {
		return row
	}
	return xansi.Truncate(row, max(0, width), "…")
}

// beside puts rows next to each other.
func beside(left []string, width int, right []string) []string {
	n := max(len(left), len(right))
	out := make([]string, n)
	for i := range n {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		out[i] = pad(l, width) + r
	}
	return out
}

// exactly makes rows that many.
func exactly(rows []string, height int) []string {
	for len(rows) < height {
		rows = append(rows, "")
	}
	return rows[:max(0, height)]
}
