package chat

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/sse-tool/sse-tool/cmd/printable"
)

// sequence is the beginning of what may stand in a finished line: the colours
// that this program gave it. Links are taken out, for their text may name
// another target than they have.
var (
	sgr  = regexp.MustCompile(`^\x1b\[[0-9;:]*m`)
	link = regexp.MustCompile(`^\x1b\]8;[^\x07\x1b]*(\x07|\x1b\\)`)
)

// sgrOnly is a finished line without any sequence but colours; all other
// controls are spelled out.
func sgrOnly(line string) string {
	if !strings.ContainsFunc(line, printable.Unsafe) {
		return line
	}
	var b strings.Builder
	for line != "" {
		if line[0] == '\x1b' {
			if m := sgr.FindString(line); m != "" {
				b.WriteString(m)
				line = line[len(m):]
				continue
			}
			if m := link.FindString(line); m != "" {
				line = line[len(m):]
				continue
			}
			b.WriteString(`\x1b`)
			line = line[1:]
			continue
		}
		n := strings.IndexByte(line, '\x1b')
		if n < 0 {
			n = len(line)
		}
		b.WriteString(printable.Text(line[:n]))
		line = line[n:]
	}
	return b.String()
}

var reference = regexp.MustCompile(`&#[xX]?[0-9a-fA-F]+;?`)

// withoutReferences spells out the numeric character references of Markdown that
// would become control characters: a renderer undoes them behind our check.
func withoutReferences(text string) string {
	if !strings.Contains(text, "&#") {
		return text
	}
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		if strings.ContainsFunc(html.UnescapeString(ref), func(r rune) bool { return printable.Unsafe(r) || unicode.IsControl(r) }) {
			return "&amp;" + ref[1:]
		}
		return ref
	})
}
