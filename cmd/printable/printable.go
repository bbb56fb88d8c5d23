// Package printable makes text of others harmless for a terminal, for the
// command line and the screens below it.
package printable

import (
	"fmt"
	"strings"
	"unicode"
)

// Text returns text that may go to a terminal, whoever wrote it: what could
// move the cursor, colour, or turn the direction of writing is spelled out
// (\x1b), a line's end too.
func Text(s string) string {
	return spell(s, func(r rune) string {
		if r < 0x100 {
			return fmt.Sprintf(`\x%02x`, r)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// JSON is Text for a JSON text, of which it leaves the value.
func JSON(s string) string {
	return spell(s, func(r rune) string {
		if r == '\n' {
			return "\n"
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// Prose is Text for what has lines: each ends with \n, be it that it came with
// \r\n.
func Prose(s string) string {
	return spell(strings.ReplaceAll(s, "\r\n", "\n"), func(r rune) string {
		if r == '\n' {
			return "\n"
		}
		return Text(string(r))
	})
}

func spell(s string, as func(rune) string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, Unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if Unsafe(r) {
			b.WriteString(as(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Unsafe tells the controls (but for the tab), the ends of lines, and what
// turns the direction. The joiners of letters and emoji are harmless.
func Unsafe(r rune) bool {
	switch {
	case r == '\t':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff', r == '\u061c', r == '\u200e', r == '\u200f':
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
