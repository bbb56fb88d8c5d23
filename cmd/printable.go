package cmd

import (
	"fmt"
	"strings"
	"unicode"
)

// printable returns text that may go to a terminal, whoever wrote it: what could
// move the cursor, colour, or turn the direction of writing is spelled out
// (\x1b), a line's end too.
func printable(s string) string {
	return spell(s, func(r rune) string {
		if r < 0x100 {
			return fmt.Sprintf(`\x%02x`, r)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// printableJSON is printable for a JSON text, of which it leaves the value.
func printableJSON(s string) string {
	return spell(s, func(r rune) string {
		if r == '\n' {
			return "\n"
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

func spell(s string, as func(rune) string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, isUnsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isUnsafe(r) {
			b.WriteString(as(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isUnsafe tells the controls (but for the tab), the ends of lines, and what
// turns the direction. The joiners of letters and emoji are harmless.
func isUnsafe(r rune) bool {
	switch {
	case r == '\t':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff', r == '\u061c', r == '\u200e', r == '\u200f':
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// printableText is printable for a text of several lines, whose ends are left.
func printableText(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}
