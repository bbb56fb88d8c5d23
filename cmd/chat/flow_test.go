package chat

import (
	"fmt"
	"strings"
	"testing"

	xansi "github.com/charmbracelet/x/ansi"
)

func flowOf(text string, width int, step int) *flow {
	f := newFlow(newMarkdown(newTheme(true)), width)
	for n := step; n < len(text); n += step {
		f.take([]byte(text[:n]), false)
	}
	f.take([]byte(text), true)
	return f
}

func (f *flow) text() string {
	var rows []string
	for i := range f.len() {
		rows = append(rows, strings.TrimRight(strings.ReplaceAll(xansi.Strip(f.row(i)), "\u00a0", " "), " "))
	}
	return strings.Join(rows, "\n")
}

func TestFlow(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a paragraph", "one *two* **three**\nfour", "one two three four"},
		{"wrapped", "the server keeps time counts what it gave away", "the server keeps time counts\nwhat it gave away"},
		{"two paragraphs", "one\n\ntwo", "one\n\ntwo"},
		{"a break", "one  \ntwo", "one\ntwo"},
		{"a heading", "# One\ntwo", "One\n\ntwo"},
		{"tight list", "text:\n- one\n- two\n  - three\n- four", "text:\n• one\n• two\n  • three\n• four"},
		{"loose list", "1. one\n\n2. two\n\nend", "1. one\n\n2. two\n\nend"},
		{"an item wraps below its text", "- the server keeps time counts what it gave", "• the server keeps time\n  counts what it gave"},
		{"code in an item", "1. do\n   ```go\n   x := 1\n   ```\n2. done", "1. do\n   ▎ x := 1\n2. done"},
		{"tasks", "- [ ] one\n- [x] two", "☐ one\n☑ two"},
		{"a quote", "> one\n> two\n\nthree", "│ one two\n\nthree"},
		{"code", "```go\nfunc main() {\n\treturn\n}\n```\nend", "▎ func main() {\n▎     return\n▎ }\n\nend"},
		{"code with blank lines", "```\na\n\nb\n```", "▎ a\n▎\n▎ b"},
		{"code that never ends", "```\na\nb", "▎ a\n▎ b"},
		{"a table", "| a | b |\n|---|---|\n| 1 | 2 |", " a │ b\n───┼───\n 1 │ 2"},
		{"a rule", "one\n\n***\n\ntwo", "one\n\n────────────────────────────\n\ntwo"},
		{"types are no tags", "List<String> and `a<b>`", "List<String> and  a<b>"},
		{"wide", "日本語日本語日本語日本語日本語日本語", "日本語日本語日本語日本語日本\n語日本語"},
		{"a long word", strings.Repeat("x", 40), strings.Repeat("x", 28) + "\n" + strings.Repeat("x", 12)},
		{"underscores", "a_b_c 1. two * three", "a_b_c 1. two * three"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, step := range []int{1, 3, 1000} {
				if got := flowOf(c.text, 28, step).text(); got != c.want {
					t.Errorf("%d bytes at a time:\n%s\nwant\n%s", step, got, c.want)
				}
			}
		})
	}
}

// A row that is finished never changes, whatever comes.
func TestFlowOnlyGrows(t *testing.T) {
	text := sample(6)
	f := newFlow(newMarkdown(newTheme(true)), 60)
	var rows []string
	for n := range len(text) {
		f.take([]byte(text[:n]), false)
		if len(f.rows) < len(rows) {
			t.Fatalf("%d rows were finished, and now %d", len(rows), len(f.rows))
		}
		for i, row := range rows {
			if f.rows[i] != row {
				t.Fatalf("row %d was %q, and is %q", i, row, f.rows[i])
			}
		}
		rows = append(rows, f.rows[len(rows):]...)
	}
	whole := flowOf(text, 60, len(text))
	if f.take([]byte(text), true); f.text() != whole.text() {
		t.Error("it looks otherwise than if it had come at once")
	}
}

// sample is an answer of everything, n times.
func sample(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "## Part %d\n\nEvery **stream** that opens must `also` close, and someone has to notice when it does.\n\n", i)
		b.WriteString("- one\n- two\n\n```go\nfunc main() {\n\tfmt.Println(\"hi\") // say it\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n")
	}
	return b.String()
}

// What a token costs does not depend on how much has come before: as much text
// is rendered for it, and as many rows are made, late as early.
func TestFlowCostPerToken(t *testing.T) {
	t.Parallel()
	const token = 100
	for name, text := range long(9_000) {
		text = strings.Replace(text, "```go", "```", 1) // the cost is counted, and highlighting takes its time
		t.Run(name, func(t *testing.T) {
			f := newFlow(newMarkdown(newTheme(true)), 76)
			var cost, rows [3]int // of each third
			for n := 0; n < len(text); n += token {
				before := f.rendered
				f.take([]byte(text[:n]), false)
				third := min(2, 3*n/len(text))
				cost[third] += f.rendered - before
				rows[third] = max(rows[third], len(f.tail))
			}
			if cost[2] > cost[1]*5/4+maxProse || rows[2] > rows[1]+3 {
				t.Errorf("the thirds cost %d bytes rendered, and %d rows at most at a token", cost, rows)
			}
			if each := cost[2] / (len(text) / 3 / token); each > 2*maxUncut {
				t.Errorf("a token costs %d bytes rendered", each)
			}
		})
	}
}

// long are answers of a size, each of one kind.
func long(size int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)+1)[:size] }
	return map[string]string{
		"paragraphs":     fill("the server keeps time and counts what it gave away\n\n"),
		"one paragraph":  fill("the server keeps time and **counts** what it gave away "),
		"one word":       fill("x"),
		"code":           "```go\n" + fill("func f(a int) string { return x(a) }\n"),
		"a line of code": "```js\n" + fill("var a=1;"),
		"a list":         fill("- the server keeps time\n"),
		"a table":        "| a | b |\n|---|---|\n" + fill("| the server | keeps time |\n"),
		"a quote":        fill("> the server keeps time\n"),
	}
}

func BenchmarkFlow(b *testing.B) {
	for name, text := range long(60_000) {
		for _, kb := range []int{4, 60} {
			b.Run(fmt.Sprintf("%s/%dKB", name, kb), func(b *testing.B) {
				head := text[:min(len(text), kb<<10)-2000]
				md := newMarkdown(newTheme(true))
				f := newFlow(md, 76)
				f.take([]byte(head), false)
				n := len(head)
				for b.Loop() {
					n += 5
					if n > len(head)+2000 {
						b.StopTimer()
						f = newFlow(md, 76)
						f.take([]byte(head), false)
						n = len(head) + 5
						b.StartTimer()
					}
					f.take([]byte(text[:n]), false)
				}
			})
		}
	}
}
