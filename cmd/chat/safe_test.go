package chat

import (
	"strings"
	"testing"
	"unicode/utf8"

	xansi "github.com/charmbracelet/x/ansi"

	"github.com/sse-tool/sse-tool/cmd/printable"
)

func TestSGROnly(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                                   "plain",
		"\x1b[1;38;2;1;2;3mred\x1b[m":             "\x1b[1;38;2;1;2;3mred\x1b[m",
		"\x1b]8;;http://x\x07text\x1b]8;;\x07":    "text",
		"\x1b]8;id=1;http://x\x1b\\t\x1b]8;;\x07": "t",
		"\x1b[2Jgone":                             `\x1b[2Jgone`,
		"\x1b]0;title\x07":                        `\x1b]0;title\x07`,
		"\x1b":                                    `\x1b`,
		"a\u202eb":                                `a\u202eb`,
	} {
		if got := sgrOnly(text); got != want {
			t.Errorf("sgrOnly(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever a server sends, however it is cut: no row is wider than it may be, no
// control reaches the terminal, and what was finished stays.
func FuzzFlow(f *testing.F) {
	for _, seed := range []string{
		sample(1), reply, "a \x1b[2J b", "&#27;[31m `&#x1b;[5m` &#155;", "[a&#27;](http://x&#7;)", "```\x1b]0;t\x07\n\x1b[2J\n```",
		"| a | b |\n|---|---|\n| \x1b[2J | ` |\n", "> - 1. ```go\n>x\n", "日本語日本語日本語", strings.Repeat("x ", 900), strings.Repeat("*a* ", 500),
		strings.Repeat("- ", 40), "\t\t- a\n\t- b\n\n\n\t\tc", "a\\\nb  \nc", "***\n---\n___\n+++", "1) a\n2) b\n10. c", "👩‍💻👨‍👩‍👧‍👦 é\u0301\u200d\ufeff",
	} {
		f.Add(seed, uint8(30), uint8(60))
	}
	md := newMarkdown(newTheme(true))
	f.Fuzz(func(t *testing.T, text string, width, step uint8) {
		text = printable.Prose(text[:min(len(text), 1500)])
		w, by := 1+int(width)%120, 1+int(step)
		flow := newFlow(md, w)
		finished := 0
		for n := 0; n < len(text); n += by {
			for n < len(text) && !utf8.RuneStart(text[n]) {
				n++
			}
			flow.take([]byte(text[:n]), false)
			if len(flow.rows) < finished {
				t.Fatalf("%d rows were finished, and now %d", finished, len(flow.rows))
			}
			finished = len(flow.rows)
			checkRows(t, flow, w)
		}
		flow.take([]byte(text), true)
		checkRows(t, flow, w)
	})
}

func checkRows(t *testing.T, f *flow, width int) {
	t.Helper()
	for i := range f.len() {
		row := f.row(i)
		if n := xansi.StringWidth(row); n > max(width, 18) { // margins may need as much
			t.Fatalf("row %d is %d cells wide, of %d: %q", i, n, width, row)
		}
		for rest := row; rest != ""; {
			if m := sgr.FindString(rest); m != "" {
				rest = rest[len(m):]
				continue
			}
			r, n := utf8.DecodeRuneInString(rest)
			if printable.Unsafe(r) {
				t.Fatalf("row %d has %q: %q", i, r, row)
			}
			rest = rest[n:]
		}
	}
}
