package chat

import (
	"image/color"
	"strings"

	"charm.land/glamour/v2"
	"charm.land/glamour/v2/ansi"
	"charm.land/glamour/v2/styles"
	"charm.land/lipgloss/v2"
	xansi "github.com/charmbracelet/x/ansi"
)

// markdown makes rows of blocks, by glamour, in the colours of a theme. It wraps
// and indents them itself: glamour pads each row with a coloured blank a cell,
// which costs more than all else, and lets an item's second row begin under its
// bullet.
type markdown struct {
	theme  theme
	plain  *glamour.TermRenderer         // wraps nothing
	tables map[int]*glamour.TermRenderer // by width: a table's columns depend on it
}

func newMarkdown(t theme) *markdown {
	return &markdown{theme: t, plain: newGlamour(t, 0), tables: map[int]*glamour.TermRenderer{}}
}

func newGlamour(t theme, width int) *glamour.TermRenderer {
	r, err := glamour.NewTermRenderer(glamour.WithStyles(styleOf(t)), glamour.WithWordWrap(width),
		glamour.WithChromaFormatter("terminal16m"))
	if err != nil {
		panic("chat: glamour refuses its own styles: " + err.Error()) // no input has a part in it
	}
	return r
}

// styleOf is glamour's own style in our colours.
func styleOf(t theme) ansi.StyleConfig {
	s := styles.DarkStyleConfig
	none, yes := uint(0), true
	s.Document = ansi.StyleBlock{Margin: &none}
	title := func(c color.Color) ansi.StyleBlock {
		return ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Color: name(c), Bold: &yes}}
	}
	s.Heading = title(t.accent)
	s.H1 = title(t.accent)
	s.H1.Underline = &yes
	s.H2, s.H3, s.H4, s.H5, s.H6 = title(t.accent), title(t.you), title(t.you), title(t.muted), title(t.muted)
	s.Code = ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{
		Prefix: "\u00a0", Suffix: "\u00a0", Color: name(t.warn), BackgroundColor: name(t.code)}}
	s.CodeBlock = ansi.StyleCodeBlock{StyleBlock: ansi.StyleBlock{Margin: &none}, Theme: t.highlight}
	s.Link = ansi.StylePrimitive{Color: name(t.you), Underline: &yes}
	s.LinkText = ansi.StylePrimitive{Color: name(t.accent), Bold: &yes}
	s.Image, s.ImageText = s.Link, ansi.StylePrimitive{Color: name(t.muted), Format: "image {{.text}}"}
	return s
}

// name is a colour as glamour has it.
func name(c color.Color) *string {
	r, g, b, _ := c.RGBA()
	s := "#" + hexByte(r) + hexByte(g) + hexByte(b)
	return &s
}

func hexByte(v uint32) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[v>>12&15], digits[v>>8&15]})
}

// rows is a block on rows of at most width cells.
func (m *markdown) rows(b block, width int) []string {
	room := max(1, width-lipgloss.Width(b.first))
	var rows []string
	switch b.kind {
	case code:
		rows = m.code(b.text, b.lang, room)
	case table:
		rows = m.table(b.text, room)
	case rule:
		rows = []string{in(m.theme.faint).Render(strings.Repeat("─", min(room, 40)))}
	default:
		rows = fit(m.render(m.plain, escape(b.text)), room)
	}
	return m.margins(b, rows)
}

// margins puts before the rows what stands there, and a blank row where one is
// due.
func (m *markdown) margins(b block, rows []string) []string {
	out := make([]string, 0, len(rows)+1)
	if b.gap {
		out = append(out, "")
	}
	for i, row := range rows {
		margin := b.rest
		if i == 0 {
			margin = b.first
		}
		if strings.TrimSpace(margin) != "" {
			c := m.theme.accent
			if strings.HasPrefix(margin, "│") {
				c = m.theme.faint
			}
			margin = in(c).Render(margin)
		}
		out = append(out, margin+row)
	}
	return out
}

// codeMargin stands before each row of code.
const codeMargin = "▎ "

// code is highlighted code. A row that is too long goes on on the next one.
func (m *markdown) code(text, lang string, room int) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lang != "" {
		const fence = "````````"
		out, err := m.plain.Render(fence + lang + "\n" + text + fence + "\n")
		shown := strings.Split(strings.TrimPrefix(out, "\n"), "\n")
		if err == nil && len(shown) >= len(lines) {
			lines = shown[:len(lines)]
		}
	}
	return m.codeRows(lines, room)
}

// codeRows puts lines of code behind their margin.
func (m *markdown) codeRows(lines []string, room int) []string {
	margin := in(m.theme.faint).Render(codeMargin)
	var rows []string
	for _, line := range lines {
		for _, row := range hard(sgrOnly(line), max(1, room-2)) {
			rows = append(rows, margin+row)
		}
	}
	return rows
}

// table is laid out by glamour: as wide as it needs, or with its cells wrapped
// where there is no room for that.
func (m *markdown) table(text string, room int) []string {
	text = escape(text)
	out := m.render(m.plain, text)
	if lipgloss.Width(out) > room {
		r := m.tables[room]
		if r == nil {
			r = newGlamour(m.theme, room)
			m.tables[room] = r
		}
		out = m.render(r, text)
	}
	var rows []string
	for row := range strings.SplitSeq(out, "\n") {
		row = sgrOnly(row)
		if strings.TrimSpace(xansi.Strip(row)) != "" {
			rows = append(rows, xansi.Truncate(row, room, "…"))
		}
	}
	return rows
}

func (m *markdown) render(r *glamour.TermRenderer, text string) string {
	out, err := r.Render(text)
	if err != nil {
		return text // what cannot be made beautiful is shown as it came, and made harmless like all else
	}
	return strings.Trim(out, "\n")
}

// fit wraps coloured text at blanks; a word that is longer than a row is broken.
func fit(text string, width int) []string {
	var rows []string
	for _, row := range strings.Split(lipgloss.Wrap(text, width, ""), "\n") {
		row = sgrOnly(strings.TrimRight(row, " "))
		if xansi.StringWidth(row) > width {
			rows = append(rows, hard(row, width)...)
			continue
		}
		rows = append(rows, row)
	}
	for len(rows) > 1 && xansi.Strip(rows[len(rows)-1]) == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// hard breaks a row wherever its width ends. The colours go on.
func hard(row string, width int) []string {
	if xansi.StringWidth(row) <= width {
		return []string{row}
	}
	var rows []string
	for n := xansi.StringWidth(row); n > 0; {
		head := xansi.Truncate(row, width, "")
		w := xansi.StringWidth(head)
		if w == 0 { // a wide character in a single column
			return append(rows, xansi.Truncate("…", width, ""))
		}
		rows = append(rows, head)
		row = xansi.TruncateLeft(row, w, "")
		n -= w
	}
	return rows
}

// escape keeps what is no Markdown of a chat from being taken for some: tags,
// which would vanish, and references to control characters.
func escape(text string) string {
	text = withoutReferences(text)
	if !strings.Contains(text, "<") {
		return text
	}
	var b strings.Builder
	ticks := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '`':
			ticks = !ticks
		case c == '<' && !ticks && !strings.HasPrefix(text[i:], "<http") && (i == 0 || text[i-1] != '\\'):
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
