package printable

import "testing"

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, ümlaut\tand 日本": "plain text, ümlaut\tand 日本",
		"👩\u200d💻 and می\u200cخواهم": "👩\u200d💻 and می\u200cخواهم", // joined letters are no danger
		"\x1b[31mred\x1b[0m":         `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a\b\x00\x7f":   `\x1b]0;title\x07\x08\x00\x7f`,
		"c1 \u009b31m":               `c1 \x9b31m`,
		"a\r\nb\u2028c":              `a\x0d\x0ab\u2028c`,
		"\u202egnp.exe\u2069":        `\u202egnp.exe\u2069`,
		"not UTF-8 \x9b":             "not UTF-8 \uFFFD",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	if got, want := Prose("a\r\nb\n\x1b[2J\tc\rd"), "a\nb\n\\x1b[2J\tc\\x0dd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
