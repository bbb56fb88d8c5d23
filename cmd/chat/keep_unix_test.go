//go:build unix

package chat

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/cmd/talk"
)

// What --save names is written at the end.
func TestChatSavesAtTheEnd(t *testing.T) {
	t.Parallel()
	s := newRecorded(t, 0)
	path := filepath.Join(t.TempDir(), "talk.md")
	x := newTerminal(t, 80, 24, true)
	x.run(Settings{Talk: resolved(t, s.URL+"/v1"), SavePath: path})
	x.shows("Say something")
	x.press("hello", "enter")
	x.shows("✓ done")
	x.press("ctrl+c")
	x.end()
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "## Assistant") {
		t.Errorf("saved %q, %v", text, err)
	}
}

// Nothing is said and saved: what the file had stays, and so does what another
// conversation has said.
func TestChatSavesNoEmptyOne(t *testing.T) {
	t.Parallel()
	s := newRecorded(t, 0)
	path := filepath.Join(t.TempDir(), "talk.md")
	if err := os.WriteFile(path, []byte("## User\n\nkeep me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]string{{"ctrl+c"}, {"hello", "enter"}} {
		x := newTerminal(t, 80, 24, true)
		x.run(Settings{Talk: resolved(t, s.URL+"/v1"), SavePath: path})
		x.shows("Say something")
		x.press(keys...)
		want := "keep me"
		if len(keys) > 1 {
			want = "hello"
			x.shows("✓ done")
			x.press("ctrl+n")
			x.shows("2/2")
			x.press("ctrl+c")
		}
		x.end()
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("after %q the file has %q, %v", keys, text, err)
		}
	}
}

// A conversation that cannot be saved where it was to be is in another file, and
// one is told in which; that it was interrupted too.
func TestChatIsRescued(t *testing.T) {
	s := newRecorded(t, 0)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	x := newTerminal(t, 80, 24, true)
	path := filepath.Join(dir, "gone", "talk.md")
	err := x.interrupted(Settings{Talk: resolved(t, s.URL+"/v1"), SavePath: path}, func() {
		x.shows("Say something")
		x.press("hello", "enter")
		x.shows("✓ done")
	})
	saved := new(SaveError)
	if !errors.As(err, &saved) || !errors.Is(err, context.Canceled) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(saved.Hint(), saved.Rescued) {
		t.Fatalf("it ended with %v", err)
	}
	if c, err := talk.Load(saved.Rescued); err != nil || len(c.Messages) != 2 {
		t.Errorf("rescued is %v, %v", c, err)
	}
}

// To save in the place of a file that this conversation has not come from asks
// first.
func TestChatAsksBeforeItReplaces(t *testing.T) {
	t.Parallel()
	s := newRecorded(t, 0)
	dir := t.TempDir()
	path := filepath.Join(dir, "talk.md")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := newTerminal(t, 120, 24, true)
	x.run(Settings{Talk: resolved(t, s.URL+"/v1")})
	x.shows("Say something")
	x.press("hello", "enter")
	x.shows("✓ done")
	x.press("ctrl+s")
	x.shows("Save this conversation")
	x.press("ctrl+u", path, "enter")
	x.shows("enter replace")
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file has %q, %v", text, err)
	}
	x.press("enter")
	x.shows("saved in")
	x.press("ctrl+s")
	x.shows("Save this conversation")
	x.press("enter") // it is its own now
	x.lacks("Save this conversation")
	x.lacks("enter replace")
	if c, err := talk.Load(path); err != nil || len(c.Messages) != 2 {
		t.Errorf("saved %v, %v", c, err)
	}
	x.press("ctrl+c")
	x.end()
}
