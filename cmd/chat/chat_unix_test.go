//go:build unix

package chat

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// took is what differs from run to run: how long an answer took, and how fast it
// came, which nobody can tell of one that was read at once.
var took = regexp.MustCompile(`\d+(\.\d+)? m?s( · [0-9.]+ tok/s)?`)

var port = regexp.MustCompile(`127\.0\.0\.1:\d{5}`)

// steady is a screen without its line of state and the figures of the answers.
func steady(screen string) string {
	rows := strings.Split(port.ReplaceAllString(screen, "127.0.0.1:ppppp"), "\n")
	for i, row := range rows {
		switch {
		case i == len(rows)-2:
			rows[i] = strings.Join(strings.Fields(row)[:2], " ") + " ..."
		case strings.HasPrefix(row, "  · "):
			rows[i] = took.ReplaceAllString(row, "N s")
		}
	}
	return strings.Join(rows, "\n") + "\n"
}

// A recorded answer in the OpenAI dialect, typed for and shown, at each size, in
// a real terminal.
func TestChatOpenAI(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ w, h int }{{80, 24}, {120, 40}, {40, 10}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			s := newRecorded(t, 0)
			x := newTerminal(t, size.w, size.h, true)
			x.run(Settings{Talk: resolved(t, s.URL+"/v1"), Conversation: client.Conversation{Model: "m-1"}})
			x.shows("Say something")
			x.press("How do I let go of a stream?", "enter")
			x.golden(fmt.Sprintf("terminal/openai-%dx%d.txt", size.w, size.h), "42 tokens")
			x.press("ctrl+c")
			x.end()
			if m := s.asked(); len(m) != 1 || m[0].Model != "m-1" || m[0].Messages[0].Content != "How do I let go of a stream?" {
				t.Errorf("it was asked %v", m)
			}
		})
	}
}

// Chatting with a server of our own: two questions in a session, stop, retry,
// edit, save, open, another conversation. At the end nothing is left over there.
func TestChatOwnServer(t *testing.T) {
	t.Parallel()
	s := newOwn(t)
	file := filepath.Join(t.TempDir(), "talk.json")
	x := newTerminal(t, 100, 30, true)
	x.run(Settings{Talk: resolved(t, s.URL)})
	x.shows("Say something")
	x.press("first", "ctrl+j", "second line", "enter")
	x.shows("● streaming")
	x.press("esc")
	x.shows("· stopped")
	s.settles(t, 0)
	x.press("ctrl+r")
	x.lacks("· stopped")
	x.shows("● streaming")
	x.press("esc")
	x.shows("· stopped")

	x.press("up")
	x.shows("editing")
	x.press("!", "enter")
	x.shows("second line!")
	x.shows("● streaming")
	x.press("esc")
	x.shows("· stopped")

	x.press("ctrl+s")
	x.shows("Save this conversation")
	x.press("ctrl+u", file, "enter")
	x.shows("saved in")
	c, err := talk.Load(file)
	if err != nil || len(c.Messages) != 2 || c.Messages[0].Text != "first\nsecond line!" {
		t.Errorf("saved %v, %v", c, err)
	}
	x.press("ctrl+n")
	x.lacks("second line!")
	x.press("ctrl+o")
	x.shows("Open the conversation")
	x.press("ctrl+u", file, "enter")
	x.shows("second line!")
	x.shows("3/3")
	x.press("ctrl+c")
	x.end()
	s.settles(t, 0)
}

// Each way of leaving, by its key, in a real terminal: the panel tells when the
// server lets go.
func TestChatLeaves(t *testing.T) {
	t.Parallel()
	s := newOwn(t)
	x := newTerminal(t, 120, 40, true)
	x.run(Settings{Talk: resolved(t, s.URL)})
	x.shows("Say something")
	stories := 0
	for _, w := range ways {
		x.press("ctrl+n")
		x.shows("○ ready") // or what streams may be the stream before
		x.press("go on "+w.key, "enter")
		x.shows("● streaming  session")
		x.press("ctrl+l")
		x.shows("leave the stream")
		x.press(w.key)
		if err := w.way.Able(); err != nil { // this system has no such way, or not for us
			t.Log(w.way, err)
			x.shows("leave by " + string(w.way))
			x.press("esc")
			x.shows("· stopped")
			continue
		}
		stories++
		x.until("the end of the story", func(screen string) bool {
			ends := strings.Count(screen, "let go after") + strings.Count(screen, "took over after")
			return ends == stories && strings.Contains(screen, "left by "+string(w.way))
		})
		if w.way == loadgen.Refresh {
			x.shows("● streaming") // the successor
			x.press("esc")
			x.shows("◁ left")
		}
		s.settles(t, 0)
	}
	x.press("ctrl+c")
	x.end()
	s.settles(t, 0)
}

// A stream that dies in mid-word loses nothing of what was shown. Where the
// server can, the answer goes on; else the screen says so.
func TestChatDies(t *testing.T) {
	t.Parallel()
	t.Run("resumed", func(t *testing.T) {
		seen := make(chan struct{})
		s := newDying(t, seen)
		x := newTerminal(t, 80, 24, true)
		x.run(Settings{Talk: resolved(t, s.URL+"/sse/chat")})
		x.shows("Say something")
		x.press("hello", "enter")
		x.until("what came before", func(screen string) bool {
			return strings.Contains(screen, "↻ reconnecting") && strings.Contains(screen, "It was going so w")
		})
		close(seen)
		text := x.shows("reconnected 1×")
		if !strings.Contains(text, "It was going so well, and it did.") {
			t.Errorf("it shows:\n%s", text)
		}
		x.press("ctrl+c")
		x.end()
	})
	t.Run("not resumed", func(t *testing.T) {
		s := newDying(t, nil)
		x := newTerminal(t, 80, 24, true)
		x.run(Settings{Talk: resolved(t, s.URL+"/sse/chat")})
		x.shows("Say something")
		x.press("hello", "enter")
		x.golden("terminal/dies-80x24.txt", "✗ lost")
		x.press("ctrl+c")
		x.end()
	})
	t.Run("before the first byte", func(t *testing.T) {
		c := resolved(t, "http://127.0.0.1:1/v1")
		x := newTerminal(t, 80, 24, true)
		x.run(Settings{Talk: c, Hint: func(error) string { return "start the server" }})
		x.shows("Say something")
		x.press("hello", "enter")
		x.shows("connection refused")
		x.shows("start the server")
		x.press("ctrl+c")
		x.end()
	})
}

// Whatever a server sends, the screen shows it as text.
func TestChatHostile(t *testing.T) {
	t.Parallel()
	s := newHostile(t)
	x := newTerminal(t, 80, 24, true)
	titles := x.titles()
	x.run(Settings{Talk: resolved(t, s.URL+"/sse/chat")})
	x.shows("Say something")
	x.press("hello", "enter")
	text := x.shows("✓ done")
	for _, want := range []string{`\x1b[2J`, `\x1b]0;mine\x07`, `\x9b31m`, `\u202e`, `&#27;[31m`} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not show %q:\n%s", want, text)
		}
	}
	x.press("f2")
	x.shows("events")
	x.shows(`\x1b`)
	x.press("ctrl+c")
	x.end()
	for _, title := range titles() {
		if strings.Contains(title, "mine") {
			t.Errorf("the server has set the title: %q", title)
		}
	}
}

// Copying goes through the terminal; pasting is no typing: a pasted line end
// sends nothing.
func TestChatCopiesAndPastes(t *testing.T) {
	t.Parallel()
	s := newRecorded(t, 0)
	x := newTerminal(t, 80, 24, true)
	x.run(Settings{Talk: resolved(t, s.URL+"/v1")})
	x.shows("Say something")
	x.press("\x1b[200~one\ntwo\x1b[201~")
	x.shows("two")
	x.press("enter")
	x.shows("✓ done")
	x.press("alt+y")
	x.shows("copied the code")
	x.until("a copy", func(string) bool { return x.clipboard() != "" })
	_, text, _ := strings.Cut(strings.TrimPrefix(x.clipboard(), "52;"), ";")
	if got, err := base64.StdEncoding.DecodeString(text); err != nil || string(got) != "defer sessions.Release(id)\n" {
		t.Errorf("copied %q (%v)", got, err)
	}
	x.press("ctrl+c")
	x.end()
	if m := s.asked(); len(m) != 1 || m[0].Messages[0].Content != "one\ntwo" {
		t.Errorf("it was asked %v", m)
	}
}

// The terminal may have any size at any moment, in mid-answer too.
func TestChatResized(t *testing.T) {
	t.Parallel()
	s := newRecorded(t, 2*time.Millisecond)
	x := newTerminal(t, 80, 24, false)
	x.run(Settings{Talk: resolved(t, s.URL+"/v1")})
	x.shows("Say something")
	x.press("hello", "enter")
	for _, size := range [][2]int{{40, 10}, {120, 40}, {20, 5}, {61, 17}, {200, 60}, {80, 24}} {
		x.resize(size[0], size[1])
		x.until("a frame of that size", func(screen string) bool {
			rows := strings.Split(screen, "\n")
			return strings.Contains(rows[len(rows)-1], "esc") || strings.Contains(rows[len(rows)-1], "enter")
		})
	}
	x.golden("terminal/resized-80x24.txt", "42 tokens")
	x.resize(40, 10)
	x.shows("✓ done")
	x.press("wheel up")
	x.shows("more")
	x.press("wheel down")
	x.lacks("more")
	x.press("ctrl+c")
	x.end()
}

// NO_COLOR leaves the colours out; the rest is the same.
func TestChatWithoutColour(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Settings{"environment": {Environ: append([]string{"NO_COLOR=1"}, environ...)}, "setting": {NoColor: true}} {
		t.Run(name, func(t *testing.T) {
			server := newRecorded(t, 0)
			s.Talk = resolved(t, server.URL+"/v1")
			x := newTerminal(t, 80, 24, true)
			x.run(s)
			x.shows("Say something")
			x.press("hello", "enter")
			x.shows("✓ done")
			if n := x.coloured(); n > 0 {
				t.Errorf("%d cells are coloured", n)
			}
			x.press("ctrl+c")
			x.end()
		})
	}
}

// A context that ends ends the chat, in mid-answer too, and with a stream that
// is kept.
func TestChatIsInterrupted(t *testing.T) {
	t.Parallel()
	s := newOwn(t)
	x := newTerminal(t, 80, 24, true)
	err := x.interrupted(Settings{Talk: resolved(t, s.URL)}, func() {
		x.shows("Say something")
		x.press("hello", "enter")
		x.shows("● streaming")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	s.settles(t, 0)
}

// Who types on while it ends has it end all the same, and at once.
func TestChatIsTypedAtWhileItEnds(t *testing.T) {
	t.Parallel()
	x := newTerminal(t, 80, 24, true)
	x.run(Settings{Talk: resolved(t, newRecorded(t, 0).URL+"/v1")})
	x.shows("Say something")
	x.press(codes["ctrl+c"] + strings.Repeat("x", 2000))
	x.end()
}
