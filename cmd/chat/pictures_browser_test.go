//go:build unix && browser

package chat

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// cellWidth is that of a cell, in pixels, as the font below has it.
const cellWidth = 9.03

// page is the screen as an HTML page: every cell in its colours.
func (x *terminal) page(dark bool) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	fore, back, frame := "#24273a", "#ffffff", "#d9dbe6"
	if dark {
		fore, back, frame = "#dfe1ee", "#16171f", "#2c2f42"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><meta charset="utf-8"><style>
html,body{margin:0;background:transparent}
.w{display:inline-block;margin:14px;padding:12px 14px 14px;border-radius:10px;background:%s;color:%s;border:1px solid %s}
pre{margin:0;font:15px/19px "DejaVu Sans Mono","Noto Sans Mono CJK JP",monospace;font-variant-ligatures:none}
pre span{display:inline-block;height:19px;vertical-align:top;overflow:hidden;white-space:pre}
</style><div class="w"><pre>`, back, fore, frame)
	cursor := x.screen.CursorPosition()
	for y := range x.height {
		for col := 0; col < x.width; {
			cell := x.screen.CellAt(col, y)
			text, width, style := " ", 1, ""
			if cell != nil {
				if cell.Content != "" {
					text = cell.Content
				}
				width = max(1, cell.Width)
				f, g := hexOf(cell.Style.Fg, fore), hexOf(cell.Style.Bg, "")
				style = fmt.Sprintf("color:%s;", f)
				if g != "" {
					style += fmt.Sprintf("background:%s;", g)
				}
				style += attributes(int(cell.Style.Attrs), cell.Style.Underline != 0)
			}
			if col == cursor.X && y == cursor.Y {
				style += "box-shadow:inset 2px 0 #a893ff;"
			}
			fmt.Fprintf(&b, `<span style="width:%.3fpx;%s">%s</span>`, cellWidth*float64(width), style, html.EscapeString(text))
			col += width
		}
		b.WriteByte('\n')
	}
	b.WriteString("</pre></div>")
	return b.String()
}

func hexOf(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	return *name(c)
}

func attributes(attrs int, underline bool) string {
	s := ""
	if attrs&1 != 0 {
		s += "font-weight:bold;"
	}
	if attrs&2 != 0 {
		s += "opacity:.6;"
	}
	if attrs&4 != 0 {
		s += "font-style:italic;"
	}
	if underline {
		s += "text-decoration:underline;"
	}
	return s
}

// picture takes one of the screen, by headless Chromium.
func (x *terminal) picture(path string, dark bool) {
	x.t.Helper()
	page := filepath.Join(x.t.TempDir(), "screen.html")
	if err := os.WriteFile(page, []byte(x.page(dark)), 0o600); err != nil {
		x.t.Fatal(err)
	}
	size := fmt.Sprintf("--window-size=%d,%d", int(cellWidth*float64(x.width))+60, 19*x.height+58)
	cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5",
		"--default-background-color=00000000", size, "--screenshot="+path, "file://"+page)
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("chromium: %v\n%s", err, out)
	}
}

// program runs the real program in the terminal.
func (x *terminal) program(path string, args ...string) {
	x.t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.tty, x.tty, x.tty
	cmd.Env = append(os.Environ(), environ...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	go func() { x.done <- cmd.Wait() }()
	x.t.Cleanup(func() {
		if !x.finished {
			_ = cmd.Process.Kill()
			x.end()
		}
	})
}

// The pictures of the documentation: the real program in a terminal, dark and
// light, as Chromium draws the terminal's cells. -update writes them anew; else
// they go to the test's artifacts.
func TestBrowserPictures(t *testing.T) {
	folder := t.ArtifactDir()
	if *update {
		folder = "../../docs/pictures"
	}
	program := filepath.Join(t.TempDir(), "sse-tool")
	if out, err := exec.Command("go", "build", "-o", program, "../sse-tool").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	model := newModelServer(t, "testdata/defences.md")
	for _, dark := range []bool{true, false} {
		theme := map[bool]string{true: "dark", false: "light"}[dark]
		t.Run("chat-"+theme, func(t *testing.T) {
			x := newTerminal(t, 96, 33, dark)
			x.program(program, "chat", "--model", "qwen3", model.URL+"/v1")
			x.shows("Say something")
			x.press("What does a server need, so that it lets go of every stream?", "enter")
			x.shows("and a heartbeat")
			x.picture(filepath.Join(folder, "chat-"+theme+".png"), dark)
			x.press("ctrl+c")
			x.end()
		})
		t.Run("vanish-"+theme, func(t *testing.T) {
			if err := loadgen.Vanish.Able(); err != nil {
				t.Skip(err)
			}
			x := newTerminal(t, 118, 26, dark)
			x.program(program, "chat")
			x.shows("Say something")
			for _, way := range []struct{ key, story string }{{"c", "left by close"}, {"s", "left by stall"}, {"v", "left by vanish"}} {
				x.press("Tell me about silence", "enter")
				x.shows("● streaming")
				time.Sleep(1500 * time.Millisecond) // some text to look at
				x.press("ctrl+l", way.key)
				x.until("its story", func(s string) bool { return strings.Contains(s, way.story) })
				if way.key != "v" {
					x.until("its end", func(s string) bool { return strings.Count(s, "let go after") == strings.Count(s, "left by")/2 })
				}
			}
			x.until("it is held for a while", func(s string) bool { return strings.Contains(s, "1.5 s ago: still held") })
			x.picture(filepath.Join(folder, "vanish-"+theme+".png"), dark)
			x.press("ctrl+c")
			x.end()
		})
	}
}
