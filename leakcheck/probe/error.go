package probe

import (
	"strings"
	"unicode"
)

// Error is what is wrong with a probe or its answer.
type Error struct {
	Err  error
	hint string
}

func (e *Error) Error() string { return line(e.Err.Error()) }

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to try; empty where nothing is known.
func (e *Error) Hint() string { return line(e.hint) }

// line makes one line of a text that may quote a server or a filter, without
// what would move a terminal's cursor.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
