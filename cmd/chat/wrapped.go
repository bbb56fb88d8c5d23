package chat

import (
	"strings"

	xansi "github.com/charmbracelet/x/ansi"
)

// wrapped is a text without Markdown on rows of one width, as it grows. A row
// that is full is never looked at again.
type wrapped struct {
	width int
	upto  int // bytes of the text that have been taken
	rows  []string
	line  string // the one that has not ended
	tail  []string
}

func (w *wrapped) len() int { return len(w.rows) + len(w.tail) }

func (w *wrapped) row(i int) string {
	if i < len(w.rows) {
		return w.rows[i]
	}
	return w.tail[i-len(w.rows)]
}

// take takes what text has grown by.
func (w *wrapped) take(text []byte) {
	if w.upto == len(text) {
		return
	}
	w.line += strings.ReplaceAll(string(text[w.upto:]), "\t", "    ")
	w.upto = len(text)
	for {
		line, rest, found := strings.Cut(w.line, "\n")
		if !found {
			break
		}
		w.rows, w.line = append(w.rows, fit(line, w.width)...), rest
	}
	w.tail = fit(w.line, w.width)
	if last := len(w.tail) - 1; last > 0 && len(w.line) > maxProse {
		w.rows = append(w.rows, w.tail[:last]...)
		w.line, w.tail = xansi.Strip(w.tail[last])+trailing(w.line), w.tail[last:]
	}
}

// trailing is the blanks at the end of a line, which no row has.
func trailing(line string) string { return line[len(strings.TrimRight(line, " ")):] }
