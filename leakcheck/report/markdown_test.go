package report

import (
	"bytes"
	"testing"
)

func TestCode(t *testing.T) {
	for _, c := range [][2]string{
		{"close", "`close`"}, {"a`b", "``a`b``"}, {"a``b`c", "```a``b`c```"}, {"`a", "`` `a ``"}, {"", "`  `"},
	} {
		if got := code(c[0]); got != c[1] {
			t.Errorf("%q: got %s, want %s", c[0], got, c[1])
		}
	}
}

func TestMarkdownTable(t *testing.T) {
	var b bytes.Buffer
	markdownTable(&b, []string{"way", "a|b"}, [][]string{{"half-close", "<1 | *2*"}})
	const want = "| way | a\\|b |\n|:--|--:|\n| half-close | &lt;1 \\| \\*2\\* |\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
