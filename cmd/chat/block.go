package chat

import (
	"regexp"
	"strings"
)

// kind is what a block of Markdown is.
type kind int

const (
	prose kind = iota // a paragraph
	heading
	code
	table
	rule
)

// block is a part of Markdown that is shown by itself: nothing that comes later
// changes how it looks.
type block struct {
	kind kind
	text string // its lines, without what marks the lists and quotes that it stands in
	lang string // of code
	gap  bool   // a blank row stands before it

	// What stands before its first row, and before each other.
	first, rest string
}

// splitter takes Markdown apart line by line. The zero value is the beginning of
// a text; a copy goes on by itself.
type splitter struct {
	open  block
	begun bool // open has begun
	some  bool // a block has been given

	items  []int // how far the texts of the list items around are indented
	fence  string
	indent int  // of the fence
	blank  bool // a blank line came last
	tight  bool // the next block belongs to the one before
}

var (
	marker   = regexp.MustCompile(`^( *)([-*+]|\d{1,9}[.)])( +|$)`)
	fences   = regexp.MustCompile("^ *(`{3,}|~{3,})([^`]*)$")
	headings = regexp.MustCompile(`^ {0,3}#{1,6}( |$)`)
	rules    = regexp.MustCompile(`^ {0,3}((- *){3,}|(\* *){3,}|(_ *){3,})$`)
	quotes   = regexp.MustCompile(`^ {0,3}> ?`)
	tasks    = regexp.MustCompile(`^\[([ xX])\] `)
)

// line takes the next line, without its end, and gives what is finished by it.
func (s *splitter) line(line string) []block {
	if s.fence != "" {
		return s.fenced(line)
	}
	if strings.TrimSpace(line) == "" {
		done := s.end()
		s.blank = true
		return done
	}
	var done []block
	line = strings.ReplaceAll(line, "\t", "    ")
	quote := ""
	if m := quotes.FindString(line); m != "" {
		quote, line = "│ ", line[len(m):]
		if strings.TrimSpace(line) == "" {
			done = s.end()
			s.blank = true
			return done
		}
	}
	if s.begun && (s.open.rest == "│ ") != (quote != "") {
		done = s.end()
	}
	return append(done, s.content(line, quote)...)
}

// content is line for one with something in it.
func (s *splitter) content(line, quote string) []block {
	if m := fences.FindStringSubmatch(line); m != nil {
		done := s.end()
		s.leave(line)
		s.fence, s.indent = m[1], leading(line)
		s.begin(block{kind: code, lang: firstWord(m[2])}, quote)
		return done
	}
	if m := marker.FindStringSubmatch(line); m != nil && quote == "" && !rules.MatchString(line) && s.mayBegin(m) {
		done := s.end()
		s.item(line, m)
		return done
	}
	switch {
	case headings.MatchString(line):
		done := s.end()
		s.items = nil
		s.begin(block{kind: heading, text: strings.TrimSpace(line)}, quote)
		return append(done, s.end()...)
	case rules.MatchString(line) && (!s.begun || !strings.HasPrefix(strings.TrimSpace(line), "-")):
		done := s.end()
		s.items = nil
		s.begin(block{kind: rule}, quote)
		return append(done, s.end()...)
	case s.begun:
		return s.more(strings.TrimLeft(line, " "))
	}
	s.leave(line)
	s.begin(block{text: strings.TrimLeft(line, " ")}, quote)
	if strings.HasPrefix(s.open.text, "|") {
		s.open.kind = table
	}
	return nil
}

// more adds a line to a paragraph or a table. A line that asks for a break ends
// what is shown by itself.
func (s *splitter) more(line string) []block {
	if s.open.kind == prose && strings.HasPrefix(line, "|") && !strings.Contains(s.open.text, "|") {
		done := s.end()
		s.begin(block{kind: table, text: line}, strings.TrimSpace(s.open.rest))
		return done
	}
	if t := s.open.text; s.open.kind == prose && (strings.HasSuffix(t, "  ") || strings.HasSuffix(t, `\`)) {
		s.open.text = strings.TrimRight(strings.TrimSuffix(t, `\`), " ")
		done := s.cut()
		s.open.text = line
		return done
	}
	s.open.text += "\n" + line
	return nil
}

// fenced takes a line of code.
func (s *splitter) fenced(line string) []block {
	trimmed := strings.TrimSpace(line)
	if len(trimmed) >= len(s.fence) && strings.Trim(trimmed, s.fence[:1]) == "" {
		s.fence = ""
		return s.end()
	}
	line = strings.ReplaceAll(line[min(s.indent, leading(line)):], "\t", "    ")
	s.open.text += line + "\n"
	return nil
}

// mayBegin tells whether a line that looks like a list item is one: within a
// paragraph only a number one begins a list.
func (s *splitter) mayBegin(m []string) bool {
	if !s.begun || s.open.kind != prose || len(s.items) > 0 {
		return true
	}
	return m[3] != "" && (len(m[2]) == 1 || m[2] == "1." || m[2] == "1)")
}

// item begins a list item.
func (s *splitter) item(line string, m []string) {
	column := len(m[1])
	for len(s.items) > 0 && s.items[len(s.items)-1] > column {
		s.items = s.items[:len(s.items)-1]
	}
	before := s.margin()
	shown, text := m[2]+" ", line[len(m[0]):]
	if len(m[2]) == 1 {
		shown = "• "
	}
	if t := tasks.FindStringSubmatch(text); t != nil {
		shown, text = "☐ ", text[len(t[0]):]
		if t[1] != " " {
			shown = "☑ "
		}
	}
	s.items = append(s.items[:len(s.items):len(s.items)], len(m[1])+len(m[2])+1)
	if !s.blank && s.some {
		s.tight = true
	}
	s.begin(block{text: text}, "")
	s.open.first, s.open.rest = before+shown, before+strings.Repeat(" ", len([]rune(shown)))
}

// leave ends the list items that line, which comes behind a blank line, does not
// belong to.
func (s *splitter) leave(line string) {
	for len(s.items) > 0 && leading(line) < s.items[len(s.items)-1]-1 {
		s.items = s.items[:len(s.items)-1]
	}
	if len(s.items) > 0 && !s.blank {
		s.tight = true
	}
}

// margin is what stands before the text of the innermost list item.
func (s *splitter) margin() string {
	if len(s.items) == 0 {
		return ""
	}
	return strings.Repeat(" ", min(s.items[len(s.items)-1], 12))
}

func (s *splitter) begin(b block, quote string) {
	margin := quote
	if quote == "" {
		margin = s.margin()
	}
	b.first, b.rest = margin, margin
	b.gap = s.some && !s.tight
	s.open, s.begun, s.blank, s.tight = b, true, false, false
}

// end gives the open block.
func (s *splitter) end() []block {
	if !s.begun {
		return nil
	}
	s.begun, s.some = false, true
	if s.open.kind == prose && strings.TrimSpace(s.open.text) == "" && s.open.first == s.open.rest {
		return nil
	}
	return []block{s.open}
}

// cut gives what the open block has so far, and goes on with it as another one
// of the same kind that follows without a gap.
func (s *splitter) cut() []block {
	b := s.open
	s.some = true
	s.open.text, s.open.gap, s.open.first = "", false, s.open.rest
	return []block{b}
}

func leading(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return strings.Trim(word, "{}.")
}
