package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// screen is what a terminal shows of what is written to it. It knows as much of
// ECMA-48 as progress bars and coloured text need, and notes what it does not
// know. It is safe for concurrent use.
type screen struct {
	columns int

	mu      sync.Mutex
	rest    []byte // the beginning of a sequence whose end has not come
	rows    [][]rune
	x, y    int
	unknown []string
}

func newScreen(columns int) *screen { return &screen{columns: columns} }

// resize gives the screen other columns. What stands beyond them is lost, as an
// xterm has it.
func (s *screen) resize(columns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.columns, s.x = columns, min(s.x, columns)
	for i, row := range s.rows {
		s.rows[i] = row[:min(len(row), columns)]
	}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, p...)
	for len(s.rest) > 0 {
		n := s.take(s.rest)
		if n == 0 {
			break
		}
		s.rest = s.rest[n:]
	}
	return len(p), nil
}

// take shows the first thing of b, and tells how long it is; zero where its end
// has not come.
func (s *screen) take(b []byte) int {
	switch b[0] {
	case '\r':
		s.x = 0
		return 1
	case '\n':
		s.y++
		return 1
	case '\x1b':
		if len(b) < 2 {
			return 0
		}
		if b[1] != '[' {
			s.unknown = append(s.unknown, strconv.Quote(string(b[:2])))
			return 2
		}
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				s.control(string(b[2:i]), b[i])
				return i + 1
			}
		}
		return 0
	}
	if !utf8.FullRune(b) {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	s.put(r)
	return n
}

func (s *screen) put(r rune) {
	if s.x == s.columns {
		s.x, s.y = 0, s.y+1
	}
	for len(s.rows) <= s.y {
		s.rows = append(s.rows, nil)
	}
	for len(s.rows[s.y]) <= s.x {
		s.rows[s.y] = append(s.rows[s.y], ' ')
	}
	s.rows[s.y][s.x] = r
	s.x++
}

// control takes a control sequence: its parameters and its last byte.
func (s *screen) control(parameters string, final byte) {
	n, _ := strconv.Atoi(parameters)
	row := func() []rune {
		if s.y < len(s.rows) {
			return s.rows[s.y]
		}
		return nil
	}
	switch {
	case final == 'm' || strings.HasPrefix(parameters, "?"): // colours; the cursor's looks
	case final == 'A':
		s.y = max(0, s.y-max(n, 1))
	case final == 'F':
		s.x, s.y = 0, max(0, s.y-max(n, 1))
	case final == 'G':
		s.x = max(n, 1) - 1
	case final == 'K' && n == 2:
		if s.y < len(s.rows) {
			s.rows[s.y] = nil
		}
	case final == 'K' && n == 0:
		if s.x < len(row()) {
			s.rows[s.y] = row()[:s.x]
		}
	case final == 'J' && n == 0:
		if s.x < len(row()) {
			s.rows[s.y] = row()[:s.x]
		}
		s.rows = s.rows[:min(len(s.rows), s.y+1)]
	default:
		s.unknown = append(s.unknown, fmt.Sprintf("CSI %s%c", parameters, final))
	}
}

// String is the text on the screen, without blanks at the ends of lines and
// without blank lines at the end.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := make([]string, len(s.rows))
	for i, row := range s.rows {
		lines[i] = strings.TrimRight(string(row), " ")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// cursor is where the next rune goes.
func (s *screen) cursor() (x, y int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.x, s.y
}

// unread is what the screen did not understand.
func (s *screen) unread() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unknown)
}

func TestScreen(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{"one\r\ntwo\r\n", "one\ntwo"},
		{"one\r\ntwo\r\n\x1b[2A\x1b[J", ""},
		{"one\r\ntwo\r\n\x1b[1A\x1b[Jthree", "one\nthree"},
		{"\x1b[1;32mclean\x1b[0m: 5", "clean: 5"},
		{"four\rsi\x1b[K", "si"},
		{"123456789", "12345678\n9"},
		{"╭─╮", "╭─╮"},
	} {
		s := newScreen(8)
		for i := range len(c.written) { // as if each byte came alone
			s.Write([]byte{c.written[i]})
		}
		if got := s.String(); got != c.want || len(s.unread()) > 0 {
			t.Errorf("%q shows %q, not %q (not understood: %v)", c.written, got, c.want, s.unread())
		}
	}
}
