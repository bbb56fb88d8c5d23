package chat

import (
	"strings"
	"testing"
	"time"

	xansi "github.com/charmbracelet/x/ansi"

	"github.com/sse-tool/sse-tool/cmd/talk"
)

func TestStatusLine(t *testing.T) {
	full := figures{state: talk.Streaming, session: "8f3a2c1dd01c032c", first: 52 * time.Millisecond, rate: 20.04, beat: 3200 * time.Millisecond,
		bytes: 2410, again: 2, lastID: "70f2301ac803f5d4-30"}
	late := full
	late.overdue = true
	for _, c := range []struct {
		name  string
		f     figures
		width int
		want  string
	}{
		{"nothing was asked", figures{}, 80, " ○ ready"},
		{"connecting", figures{state: talk.Connecting, beat: -1}, 80, " ◌ connecting  first –  0.0 tok/s  ♥ –  0 B  ↻ 0"},
		{"in full", full, 120, " ● streaming  session 8f3a2c1d…  first 52 ms  20.0 tok/s  ♥ 3.2 s  2.4 kB  ↻ 2  id 70f2301ac803f5d4-30"},
		{"ids are shortened first", full, 90, " ● streaming  8f3a2c1d…  first 52 ms  20.0 tok/s  ♥ 3.2 s  2.4 kB  ↻ 2  id …f5d4-30"},
		{"the last are left out", full, 60, " ● streaming  8f3a2c1d…  52 ms  20/s  ♥ 3.2 s  2.4 kB  ↻ 2"},
		{"the first remain", full, 40, " ● streaming  8f3a2c1d…  52 ms  20/s"},
		{"the state remains", full, 14, " ● streaming"},
		{"overdue", late, 120, " ● streaming  ♥ 3.2 s overdue!  session 8f3a2c1d…  first 52 ms  20.0 tok/s  2.4 kB  ↻ 2  id 70f2301ac803f5d4-30"},
		{"overdue has room everywhere", late, 30, " ● streaming  ♥ 3.2 s!"},
		{"reconnecting", figures{state: talk.Reconnecting, retryIn: 2100 * time.Millisecond, beat: -1}, 60, " ↻ reconnecting in 2.1 s  first –  0.0 tok/s  ♥ –  0 B  ↻ 0"},
		{"hostile", figures{state: talk.Done, session: "\x1b[2J", lastID: "\x1b]0;x\x07"}, 90, ` ✓ done  session \x1b[2J  0.0 tok/s  ♥ 0×  0 B  ↻ 0  id \x1b]0;x\x07`},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := c.f.line(newTheme(true), c.width)
			if n := xansi.StringWidth(line); n != c.width {
				t.Errorf("it is %d cells wide, of %d", n, c.width)
			}
			if got := strings.TrimRight(xansi.Strip(line), " "); got != c.want {
				t.Errorf("it is\n%q, want\n%q", got, c.want)
			}
		})
	}
}
