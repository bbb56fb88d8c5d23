package cmd

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep JSON may be to be indented: the blanks of deeper ones
// would be many times what the server sent.
const maxDepth = 32

// prettyJSON is an object or an array in JSON as it is shown: compact where that
// has room, or where there is no terminal, else indented. ok is false for
// anything else.
func prettyJSON(text string, terminal bool, room int) (pretty string, ok bool) {
	text = strings.Trim(text, " \t\r\n") // what JSON takes for blank, and no more
	if text == "" || text[0] != '{' && text[0] != '[' || !json.Valid([]byte(text)) {
		return "", false
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		return "", false
	}
	compact := printableJSON(b.String())
	if !terminal || utf8.RuneCountInString(compact) <= room || depth(compact) > maxDepth {
		return compact, true
	}
	b.Reset()
	if err := json.Indent(&b, []byte(compact), "", "  "); err != nil {
		return compact, true
	}
	return b.String(), true
}

// depth is how deep valid JSON is.
func depth(text string) int {
	deepest, now := 0, 0
	for len(text) > 0 {
		n := 1
		switch text[0] {
		case '"':
			n = stringEnd(text)
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
		text = text[n:]
	}
	return deepest
}

// stringEnd is the length of the string with which JSON begins.
func stringEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// colouredJSON colours a line of valid JSON.
func colouredJSON(text string, p paint) string {
	if !p {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		n, colour := 1, ""
		switch c := text[0]; {
		case c == '"':
			n, colour = stringEnd(text), green
			if strings.HasPrefix(text[n:], ":") {
				colour = blue
			}
		case c == '-' || c >= '0' && c <= '9':
			n, colour = spanOf(text, "+-.eE0123456789"), yellow
		case c >= 'a' && c <= 'z':
			n, colour = spanOf(text, "truefalsn"), magenta
		}
		if colour == "" {
			b.WriteString(text[:n])
		} else {
			b.WriteString(p.in(colour, text[:n]))
		}
		text = text[n:]
	}
	return b.String()
}

// spanOf is how many of the first bytes are of that set.
func spanOf(text, set string) int {
	return len(text) - len(strings.TrimLeft(text, set))
}
