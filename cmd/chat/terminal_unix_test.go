//go:build unix

package chat

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// terminal is a terminal with a program in it: keys go in, and the screen is
// what an emulator makes of what comes out.
type terminal struct {
	t             testing.TB
	width, height int
	pty, tty      *os.File
	done          chan error // what the program returned
	pumps         sync.WaitGroup

	mu       sync.Mutex
	screen   *vt.Emulator
	changed  chan struct{} // closed at the next change
	copied   string        // by OSC 52
	region   int           // the last row of the one that scrolls; zero is all
	finished bool
}

// newTerminal opens a terminal of that size, dark or light.
func newTerminal(t testing.TB, width, height int, dark bool) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, width: width, height: height, pty: master, tty: tty, screen: vt.NewEmulator(width, height),
		changed: make(chan struct{}), done: make(chan error, 1)}
	x.screen.SetDefaultBackgroundColor(color.White)
	x.screen.SetDefaultForegroundColor(color.Black)
	if dark {
		x.screen.SetDefaultBackgroundColor(color.Black)
		x.screen.SetDefaultForegroundColor(color.White)
	}
	x.screen.RegisterOscHandler(52, func(data []byte) bool {
		x.copied = string(data)
		return true
	})
	x.guard()
	x.pumps.Go(x.show)
	x.pumps.Go(func() { io.Copy(master, x.screen) }) // the answers to what the program asks the terminal
	return x
}

// guard keeps the emulator from what it cannot do: to scroll in a region that is
// larger than the screen, as frames ask for that were on their way when the
// terminal became smaller. A real terminal cuts the region.
func (x *terminal) guard() {
	x.screen.RegisterCsiHandler('r', func(params ansi.Params) bool {
		x.region, _, _ = params.Param(1, 0)
		return x.region > x.screen.Height()
	})
	for _, command := range []int{'S', 'T', 'L', 'M'} {
		x.screen.RegisterCsiHandler(command, func(ansi.Params) bool { return x.region > x.screen.Height() })
	}
}

// environ is that of a terminal with all colours.
var environ = []string{"TERM=xterm-256color", "COLORTERM=truecolor"}

// run runs the chat in it until end.
func (x *terminal) run(s Settings) {
	ctx, cancel := context.WithCancel(context.Background())
	s.In, s.Out = x.tty, x.tty
	if s.Environ == nil {
		s.Environ = environ
	}
	go func() { x.done <- Run(ctx, s) }()
	x.t.Cleanup(func() {
		cancel()
		x.end()
	})
}

// interrupted runs the chat, interrupts it once the screen is as wanted, and returns how it
// ended.
func (x *terminal) interrupted(s Settings, when func()) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.In, s.Out, s.Environ = x.tty, x.tty, environ
	done := make(chan error, 1)
	go func() { done <- Run(ctx, s) }()
	when()
	cancel()
	err := <-done
	x.done <- nil
	x.end()
	return err
}

// end waits for the program's end, and closes the terminal.
func (x *terminal) end() {
	if x.finished {
		return
	}
	x.finished = true
	select {
	case err := <-x.done:
		if err != nil && !errors.Is(err, context.Canceled) {
			x.t.Errorf("the chat ended with: %v", err)
		}
	case <-time.After(20 * time.Second):
		x.t.Error("the chat did not end")
	}
	x.tty.Close()
	x.screen.InputPipe().(io.Closer).Close()
	x.pty.Close()
	x.pumps.Wait()
}

// slow shows what a busy machine may do to a test: frames come piece by piece.
var slow = flag.Bool("slow", false, "have the terminal take a few bytes at a time")

// show puts what the program writes on the screen.
func (x *terminal) show() {
	buf := make([]byte, 32<<10)
	if *slow {
		buf = buf[:48]
	}
	for {
		n, err := x.pty.Read(buf)
		if *slow {
			time.Sleep(2 * time.Millisecond)
		}
		x.mu.Lock()
		x.screen.Write(buf[:n])
		close(x.changed)
		x.changed = make(chan struct{})
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// textNow is what the screen shows, for those who hold mu.
func (x *terminal) textNow() string {
	rows := make([]string, x.height)
	for y := range rows {
		var b strings.Builder
		for col := 0; col < x.width; col++ {
			cell := x.screen.CellAt(col, y)
			switch {
			case cell == nil || cell.Content == "" && cell.Width > 0:
				b.WriteByte(' ')
			default:
				b.WriteString(cell.Content)
			}
		}
		rows[y] = strings.TrimRight(strings.ReplaceAll(b.String(), "\u00a0", " "), " ")
	}
	return strings.Join(rows, "\n")
}

// patience is how long a test waits for a screen.
const patience = 20 * time.Second

// until waits until the screen is as wanted.
func (x *terminal) until(what string, ok func(screen string) bool) string {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		x.mu.Lock()
		text, changed := x.textNow(), x.changed
		x.mu.Unlock()
		if ok(text) {
			return text
		}
		select {
		case <-changed:
		case err := <-x.done:
			x.done <- err
			x.t.Fatalf("the chat ended with %v before the screen showed %s:\n%s", err, what, text)
		case <-deadline:
			x.t.Fatalf("the screen did not show %s:\n%s", what, text)
		}
	}
}

// shows waits until the screen has a text.
func (x *terminal) shows(text string) string {
	x.t.Helper()
	return x.until(fmt.Sprintf("%q", text), func(screen string) bool { return strings.Contains(screen, text) })
}

// lacks waits until the screen has it no more.
func (x *terminal) lacks(text string) string {
	x.t.Helper()
	return x.until("no "+text, func(screen string) bool { return !strings.Contains(screen, text) })
}

// golden waits until the screen has a text, and is that of a file in testdata in all
// that does not differ from run to run. One look is not enough: a frame may come in
// pieces.
func (x *terminal) golden(name, text string) {
	x.t.Helper()
	if *update {
		x.shows(text)
		time.Sleep(time.Second) // the rest of the frame
		writeGolden(x.t, name, steady(x.shows(text)))
		return
	}
	want := readGolden(x.t, name)
	x.until("what "+name+" has", func(screen string) bool { return strings.Contains(screen, text) && steady(screen) == want })
}

// press sends keys, as a terminal does.
func (x *terminal) press(keys ...string) {
	x.t.Helper()
	for _, key := range keys {
		if code, ok := codes[key]; ok {
			key = code
		}
		if _, err := io.WriteString(x.pty, key); err != nil {
			x.t.Fatal(err)
		}
	}
}

// codes are keys as an xterm sends them.
var codes = map[string]string{
	"enter": "\r", "esc": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"ctrl+home": "\x1b[1;5H", "ctrl+end": "\x1b[1;5F", "ctrl+pgup": "\x1b[5;5~", "ctrl+pgdown": "\x1b[6;5~",
	"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "alt+enter": "\x1b\r", "alt+y": "\x1by",
	"ctrl+c": "\x03", "ctrl+d": "\x04", "ctrl+f": "\x06", "ctrl+g": "\x07", "ctrl+j": "\n", "ctrl+l": "\x0c", "ctrl+n": "\x0e",
	"ctrl+o": "\x0f", "ctrl+p": "\x10", "ctrl+r": "\x12", "ctrl+s": "\x13", "ctrl+t": "\x14", "ctrl+u": "\x15", "ctrl+y": "\x19",
	"backspace": "\x7f", "wheel up": "\x1b[<64;5;5M", "wheel down": "\x1b[<65;5;5M",
}

// resize gives the terminal another size.
func (x *terminal) resize(width, height int) {
	x.mu.Lock()
	x.width, x.height = width, height
	x.screen.Resize(width, height)
	x.region = 0 // all of it
	x.mu.Unlock()
	if err := pty.Setsize(x.pty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		x.t.Fatal(err)
	}
	// The kernel tells those whose terminal it is; that of these tests is nobody's.
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		x.t.Fatal(err)
	}
}

// titles is what the title was set to since.
func (x *terminal) titles() func() []string {
	var mu sync.Mutex
	var all []string
	x.screen.SetCallbacks(vt.Callbacks{Title: func(title string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, title)
	}})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// coloured is how many cells have a colour.
func (x *terminal) coloured() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for y := range x.height {
		for col := range x.width {
			if c := x.screen.CellAt(col, y); c != nil && (c.Style.Fg != nil || c.Style.Bg != nil) {
				n++
			}
		}
	}
	return n
}

// clipboard is what was copied, as OSC 52 has it.
func (x *terminal) clipboard() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.copied
}
