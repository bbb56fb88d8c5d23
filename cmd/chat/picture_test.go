//go:build unix && pictures

package chat

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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
			fmt.Fprintf(&b, `<span style="width:%.3fpx;%s">%s</span>`, 9.03*float64(width), style, html.EscapeString(text))
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
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		x.t.Skip("no chromium")
	}
	page := filepath.Join(x.t.TempDir(), "screen.html")
	if err := os.WriteFile(page, []byte(x.page(dark)), 0o600); err != nil {
		x.t.Fatal(err)
	}
	size := fmt.Sprintf("--window-size=%d,%d", int(9.03*float64(x.width))+60, 19*x.height+58)
	cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5",
		"--default-background-color=00000000", size, "--screenshot="+path, "file://"+page)
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("chromium: %v\n%s", err, out)
	}
}

func TestLook(t *testing.T) {
	url := os.Getenv("LOOK")
	dir := os.Getenv("LOOKDIR")
	c := resolved(t, url)
	for _, s := range []struct{ w, h int }{{80, 24}, {120, 40}, {40, 10}} {
		for _, dark := range []bool{true, false} {
			x := newTerminal(t, s.w, s.h, dark)
			x.run(Settings{Talk: c})
			x.shows("Say something")
			x.press("How do I let go of a stream?", "enter")
			x.shows("done")
			x.picture(filepath.Join(dir, fmt.Sprintf("look-%dx%d-%v.png", s.w, s.h, dark)), dark)
			x.press("ctrl+c")
			x.end()
		}
	}
}
