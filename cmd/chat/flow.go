package chat

import (
	"regexp"
	"strings"

	"charm.land/lipgloss/v2"
	xansi "github.com/charmbracelet/x/ansi"
)

// Where the open part of a text is cut. What is behind a cut is never rendered
// again, so that a token costs the same at the end of a long answer as at its
// beginning.
const (
	maxProse    = 1200 // bytes of a paragraph from which on it is cut at the end of a row
	maxUncut    = 3000 // bytes from which on it is cut anywhere
	maxTable    = 3000 // bytes of a table
	codeLines   = 16   // lines of code that are highlighted together, at least
	maxCodeRows = 40   // and at most
)

// flow is a Markdown text on rows of one width, as it grows. Its finished blocks
// are rendered once.
type flow struct {
	md    *markdown
	width int

	upto    int // bytes of the text that have been taken
	split   splitter
	partial string // the line that has not ended
	mid     bool   // its beginning has been cut off
	over    bool   // nothing more comes
	rows    []string
	tail    []string // of what is not finished

	seen     block // the open block when it was rendered last
	seenRows []string

	rendered int // bytes of Markdown so far: what it has cost
}

func newFlow(md *markdown, width int) *flow { return &flow{md: md, width: width} }

func (f *flow) len() int { return len(f.rows) + len(f.tail) }

func (f *flow) row(i int) string {
	if i < len(f.rows) {
		return f.rows[i]
	}
	return f.tail[i-len(f.rows)]
}

// take takes what text has grown by. With last, nothing more comes.
func (f *flow) take(text []byte, last bool) {
	if f.over || f.upto == len(text) && !last {
		return
	}
	f.partial += string(text[f.upto:])
	f.upto = len(text)
	for {
		line, rest, found := strings.Cut(f.partial, "\n")
		if !found {
			break
		}
		f.partial = rest
		f.finish(f.line(line))
		f.cutLines()
	}
	if last {
		f.finish(f.line(f.partial))
		f.finish(f.split.end())
		f.partial, f.tail, f.over = "", nil, true
		return
	}
	f.cutLong()
	f.showTail()
}

// line is the splitter's, for a line whose beginning may have been cut off.
func (f *flow) line(line string) []block {
	if f.mid && strings.TrimSpace(line) != "" && f.split.fence == "" {
		f.mid = false
		f.split.open.text, f.split.begun = line, true
		return nil
	}
	f.mid = false
	return f.split.line(line)
}

func (f *flow) finish(blocks []block) {
	for _, b := range blocks {
		f.rows = append(f.rows, f.render(b)...)
	}
}

func (f *flow) render(b block) []string {
	f.rendered += len(b.text)
	return f.md.rows(b, f.width)
}

// cutLines finishes the lines of an open block of code, where a new paragraph of
// it begins, and those of a long table, whose head is repeated then.
func (f *flow) cutLines() {
	s := &f.split
	if s.begun && s.open.kind == table && len(s.open.text) > maxTable {
		lines := strings.SplitN(s.open.text, "\n", 3)
		f.finish(s.cut())
		s.open.text = strings.Join(lines[:min(2, len(lines))], "\n")
		return
	}
	if s.fence == "" || !s.begun {
		return
	}
	n := strings.Count(s.open.text, "\n")
	if n >= maxCodeRows || len(s.open.text) > maxUncut || n >= codeLines && strings.HasSuffix(s.open.text, "\n\n") {
		f.finish(s.cut())
	}
}

// cutLong finishes the beginning of a paragraph that has become long.
func (f *flow) cutLong() {
	s := &f.split
	if s.fence != "" {
		f.cutCodeLine()
		return
	}
	if len(s.open.text)+len(f.partial) < maxProse || !s.begun && len(f.partial) < maxProse {
		return
	}
	c := f.split
	before := f.probe(&c)
	text := c.open.text
	if !c.begun || c.open.kind != prose || c.fence != "" || len(text) < maxProse {
		return
	}
	at := f.rowEnd(c.open)
	if at <= 0 {
		if len(text) < maxUncut {
			return
		}
		at = cutAnywhere(text, max(1, f.width-lipgloss.Width(c.open.rest)))
	}
	f.finish(before)
	c.open.text = text[:at]
	f.finish(c.cut())
	f.split, f.partial, f.mid = c, strings.TrimLeft(text[at:], " \n"), true
}

// probe feeds the unfinished line to a copy of the splitter, which is then ahead
// of it.
func (f *flow) probe(c *splitter) []block {
	switch {
	case f.mid:
		c.open.text = f.partial
	case f.partial != "":
		return c.line(f.partial)
	}
	return nil
}

// rowEnd is where the last row of a paragraph begins in its text, or zero where
// that cannot be told: an emphasis is open, or the row is not written as it is
// shown.
func (f *flow) rowEnd(b block) int {
	text := b.text
	rows := f.render(b)
	if len(rows) < 3 {
		return 0
	}
	last := strings.TrimPrefix(xansi.Strip(rows[len(rows)-1]), b.rest)
	words := strings.Fields(last)
	at := len(text)
	for i := len(words) - 1; i >= 0; i-- {
		head := strings.TrimRight(text[:at], " \n")
		at = strings.LastIndexAny(head, " \n") + 1
		if strings.Trim(head[at:], "*~") != words[i] {
			return 0
		}
	}
	if len(openMarks(text[:at])) > 0 || inCode(text[:at]) || strings.Count(text[:at], "[") != strings.Count(text[:at], "]") {
		return 0
	}
	return at
}

// cutAnywhere is where a text without a better place is cut: at a blank, or
// where a row of a word is full that is longer than any.
func cutAnywhere(text string, room int) int {
	if i := strings.LastIndexAny(text[:maxUncut/2], " \n"); i > 0 {
		return i + 1
	}
	return len(xansi.Truncate(text, max(1, maxUncut/4/room)*room, ""))
}

// cutCodeLine finishes full rows of a line of code that does not end.
func (f *flow) cutCodeLine() {
	room := max(1, f.width-lipgloss.Width(f.split.open.first)-lipgloss.Width(codeMargin))
	if len(f.partial) < maxProse {
		return
	}
	head := xansi.Truncate(f.partial, xansi.StringWidth(f.partial)/room*room, "")
	if head == "" {
		return
	}
	if f.split.open.text != "" {
		f.finish(f.split.cut())
	}
	f.finish([]block{{kind: code, text: head + "\n", gap: f.split.open.gap, first: f.split.open.first, rest: f.split.open.rest}})
	f.split.cut()
	f.partial = f.partial[len(head):]
}

// onlyMarks is a line of which one cannot tell yet what it will be.
var onlyMarks = regexp.MustCompile("^ *([#>*+~`|=_ -]+|\\d{1,9}[.)]? *)$")

// showTail renders what is not finished.
func (f *flow) showTail() {
	f.tail = f.tail[:0]
	c := f.split
	if c.fence != "" {
		f.showCode()
		return
	}
	if f.probed() {
		for _, b := range f.probe(&c) {
			f.tail = append(f.tail, f.again(b)...)
		}
	}
	if c.fence != "" { // the line has just opened it
		return
	}
	for _, b := range c.end() {
		switch {
		case b.kind == table && !strings.Contains(b.text, "\n"): // its head alone does not look like one
			continue
		case b.kind == prose, b.kind == heading:
			b.text = mend(b.text)
		}
		f.tail = append(f.tail, f.again(b)...)
	}
}

// probed tells whether the unfinished line is to be shown: not before one can
// tell what it is, and a row of a table only as a whole.
func (f *flow) probed() bool {
	switch {
	case f.mid:
		return true
	case f.split.begun && f.split.open.kind == table:
		return false
	}
	return f.partial != "" && !onlyMarks.MatchString(f.partial)
}

// again renders a block that was shown before and may not have changed.
func (f *flow) again(b block) []string {
	if b != f.seen || f.seenRows == nil {
		f.seen, f.seenRows = b, f.render(b)
	}
	return f.seenRows
}

// showCode shows the open block of code: its last lines in colours, and the line
// that has not ended without, for it may turn out to be anything.
func (f *flow) showCode() {
	b := f.split.open
	f.tail = append(f.tail, f.again(b)...)
	if f.partial == "" || strings.Trim(f.partial, " `~") == "" {
		return
	}
	line := strings.ReplaceAll(f.partial, "\t", "    ")
	line = line[min(f.split.indent, leading(line)):]
	room := max(1, f.width-lipgloss.Width(b.rest))
	b.gap = b.gap && b.text == ""
	f.tail = append(f.tail, f.md.margins(b, f.md.codeRows([]string{line}, room))...)
}
