package chat

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// answered is a chat with one answer, which is done.
func answeredChat(x *script) {
	x.asks("hello")
	x.brings("One.\n\n```go\nx := 1\n```\n", life(talk.Streaming))
	x.ends(done(), io.EOF)
}

func answering(x *script) {
	x.asks("hello")
	x.brings("One ", life(talk.Streaming))
}

// longChat is one that does not fit on the screen.
func longChat(x *script) {
	x.asks("hello")
	x.brings(sample(20), life(talk.Streaming))
	x.ends(done(), io.EOF)
}

func nothing(*script) {}

// keyTests are what each key does, in each state in which it does something.
var keyTests = []struct {
	name  string
	given func(x *script)
	keys  []string
	ok    func(x *script) bool
}{
	{"enter sends", func(x *script) { x.write("hi") }, []string{"enter"}, func(x *script) bool {
		return x.chat().asking && x.input.Value() == "" && string(x.chat().entries[0].text) == "hi"
	}},
	{"enter sends nothing where nothing is written", func(x *script) { x.write("  ") }, []string{"enter"}, func(x *script) bool {
		return !x.chat().busy() && len(x.chat().entries) == 0
	}},
	{"enter waits for the answer under way", func(x *script) { answering(x); x.write("more") }, []string{"enter"}, func(x *script) bool {
		return x.input.Value() == "more" && x.noteBad && len(x.chat().entries) == 2
	}},
	{"a new line", func(x *script) { x.write("a") }, []string{"ctrl+j", "b"}, func(x *script) bool { return x.input.Value() == "a\nb" }},
	{"a new line by alt", func(x *script) { x.write("a") }, []string{"alt+enter", "b"}, func(x *script) bool { return x.input.Value() == "a\nb" }},
	{"a new line by shift", func(x *script) { x.write("a") }, []string{"shift+enter", "b"}, func(x *script) bool { return x.input.Value() == "a\nb" }},
	{"esc stops the answer", answering, []string{"esc"}, func(x *script) bool {
		x.last() // closes the reply
		return x.chat().reply.Life().State == talk.Left
	}},
	{"esc drops an edit", func(x *script) { answeredChat(x); x.press("up") }, []string{"esc"}, func(x *script) bool {
		return x.chat().editing < 0 && x.input.Value() == "" && len(x.chat().entries) == 2
	}},
	{"esc closes a panel", func(x *script) { x.press("f2") }, []string{"esc"}, func(x *script) bool { return x.panel == noPanel }},
	{"esc closes a popup", func(x *script) { x.press("ctrl+g") }, []string{"esc"}, func(x *script) bool { return x.popup == noPopup }},
	{"retry", answeredChat, []string{"ctrl+r"}, func(x *script) bool {
		return x.chat().asking && len(x.chat().entries) == 2 && len(x.chat().entries[1].text) == 0
	}},
	{"retry while it answers", answering, []string{"ctrl+r"}, func(x *script) bool { return x.chat().asking && x.chat().reply == nil }},
	{"retry of nothing", nothing, []string{"ctrl+r"}, func(x *script) bool { return !x.chat().busy() }},
	{"edit the last message", answeredChat, []string{"up"}, func(x *script) bool { return x.input.Value() == "hello" && x.chat().editing == 0 }},
	{"an edit is asked in its place", func(x *script) { answeredChat(x); x.press("up") }, []string{"!", "enter"}, func(x *script) bool {
		return len(x.chat().entries) == 2 && string(x.chat().entries[0].text) == "hello!" && x.chat().asking
	}},
	{"up goes to the input where something is written", func(x *script) { answeredChat(x); x.write("a") }, []string{"up"}, func(x *script) bool {
		return x.input.Value() == "a" && x.chat().editing < 0
	}},
	{"the system prompt", nothing, []string{"ctrl+t", "B", "e", "enter"}, func(x *script) bool { return x.chat().talk.System == "Be" }},
	{"the model", nothing, []string{"ctrl+p", "m", "1", "enter"}, func(x *script) bool { return x.chat().conversation().Model == "m1" }},
	{"a model of the server's", models, []string{"down", "down", "enter"}, func(x *script) bool { return x.chat().talk.Model == "large-2" }},
	{"a model by a part of its name", models, []string{"T", "i", "down", "enter"}, func(x *script) bool { return x.chat().talk.Model == "tiny" }},
	{"a model that the server does not tell", models, []string{"o", "w", "n", "enter"}, func(x *script) bool { return x.chat().talk.Model == "own" }},
	{"back to what is written", models, []string{"m", "down", "up", "enter"}, func(x *script) bool { return x.chat().talk.Model == "m" }},
	{"a page up", longChat, []string{"pgup"}, func(x *script) bool {
		h := x.chat().history
		return !h.follow && h.top == h.total-2*h.height+2
	}},
	{"a page down", func(x *script) { longChat(x); x.press("ctrl+home") }, []string{"pgdown"}, func(x *script) bool {
		return x.chat().history.top == x.chat().history.height-2
	}},
	{"up and down to the end follows", longChat, []string{"pgup", "pgdown", "pgdown"}, func(x *script) bool { return x.chat().history.follow }},
	{"a row up", longChat, []string{"alt+up", "alt+up"}, func(x *script) bool { return below(x) == 2 }},
	{"a row down", longChat, []string{"alt+up", "alt+up", "alt+down"}, func(x *script) bool { return below(x) == 1 }},
	{"the beginning", longChat, []string{"ctrl+home"}, func(x *script) bool { return x.chat().history.top == 0 }},
	{"the end", longChat, []string{"ctrl+home", "ctrl+end"}, func(x *script) bool { return below(x) == 0 && x.chat().history.follow }},
	{"search", longChat, append([]string{"ctrl+f"}, letters("part 7")...), func(x *script) bool { return x.question.field.Value() == "part 7" }},
	{"search finds", longChat, append(append([]string{"ctrl+f"}, letters("part 7")...), "enter"), func(x *script) bool {
		return len(x.found.rows) == 1 && strings.Contains(x.screen(), "Part 7")
	}},
	{"n and N walk", longChat, append(append([]string{"ctrl+f"}, letters("part")...), "enter", "N", "N", "n"), func(x *script) bool {
		return len(x.found.rows) == 20 && x.found.at == 18 && strings.Contains(x.screen(), "Part 18")
	}},
	{"esc ends a search", longChat, []string{"ctrl+f", "x", "enter", "esc"}, func(x *script) bool { return x.popup == noPopup && !x.found.walking }},
	{"copy the answer", answeredChat, []string{"ctrl+y"}, func(x *script) bool { return strings.HasPrefix(x.note, "copied the answer") }},
	{"copy the code", answeredChat, []string{"alt+y"}, func(x *script) bool { return strings.HasPrefix(x.note, "copied the code, 7 B") }},
	{"nothing to copy", nothing, []string{"ctrl+y"}, func(x *script) bool { return x.noteBad }},
	{"no code to copy", nothing, []string{"alt+y"}, func(x *script) bool { return x.noteBad }},
	{"a new conversation", answeredChat, []string{"ctrl+n"}, func(x *script) bool { return len(x.chats) == 2 && len(x.chat().entries) == 0 }},
	{"its draft stays with a conversation", func(x *script) { x.press("ctrl+n"); x.write("draft") }, []string{"ctrl+pgup", "ctrl+pgdown"}, func(x *script) bool {
		return x.shown() == 1 && x.input.Value() == "draft"
	}},
	{"the next goes round", func(x *script) { x.press("ctrl+n") }, []string{"alt+n"}, func(x *script) bool { return x.shown() == 0 }},
	{"the previous goes round", func(x *script) { x.press("ctrl+n") }, []string{"alt+p", "alt+p"}, func(x *script) bool { return x.shown() == 1 }},
	{"the list", func(x *script) { x.press("ctrl+n") }, []string{"ctrl+g", "up", "enter"}, func(x *script) bool { return x.shown() == 0 && x.popup == noPopup }},
	{"the list goes down", func(x *script) { x.press("ctrl+n", "alt+p") }, []string{"ctrl+g", "down", "enter"}, func(x *script) bool { return x.shown() == 1 }},
	{"a new one from the list", nothing, []string{"ctrl+g", "n"}, func(x *script) bool { return len(x.chats) == 2 && x.popup == noPopup }},
	{"an empty one is closed from the list", func(x *script) { answeredChat(x); x.press("ctrl+n") }, []string{"ctrl+g", "d"}, func(x *script) bool {
		return len(x.chats) == 1 && len(x.chat().entries) > 0
	}},
	{"one that is not saved is asked about", answeredChat, []string{"ctrl+g", "d"}, func(x *script) bool {
		return len(x.chat().entries) > 0 && strings.Contains(x.screen(), "not saved: close it? d")
	}},
	{"and stays", answeredChat, []string{"ctrl+g", "d", "up", "d", "esc"}, func(x *script) bool { return len(x.chat().entries) > 0 && x.closing == nil }},
	{"and is closed", func(x *script) { answeredChat(x); x.press("ctrl+n") }, []string{"ctrl+g", "up", "d", "d"}, func(x *script) bool {
		return len(x.chats) == 1 && len(x.chat().entries) == 0
	}},
	{"one that is saved is closed at once", func(x *script) {
		answeredChat(x)
		x.send(saved{chat: x.chat(), messages: x.chat().conversation().Messages, path: "chat.md"})
	}, []string{"ctrl+g", "d"}, func(x *script) bool { return len(x.chat().entries) == 0 }},
	{"one in which something is written is asked about", func(x *script) { x.write("draft") }, []string{"ctrl+g", "d"}, func(x *script) bool { return x.closing != nil }},
	{"the only one is closed", answering, []string{"ctrl+g", "d", "d"}, func(x *script) bool { return len(x.chats) == 1 && len(x.chat().entries) == 0 }},
	{"save", nothing, []string{"ctrl+s"}, func(x *script) bool { return x.popup == asking && x.question.field.Value() == "chat.md" }},
	{"open", nothing, []string{"ctrl+o"}, func(x *script) bool { return x.popup == asking && x.question.verb == "open" }},
	{"leave", answering, []string{"ctrl+l"}, func(x *script) bool { return x.popup == leaving }},
	{"leave by f4", answering, []string{"f4"}, func(x *script) bool { return x.popup == leaving }},
	{"leave nothing", nothing, []string{"ctrl+l"}, func(x *script) bool { return x.popup == noPopup && x.noteBad }},
	{"the events", nothing, []string{"f2"}, func(x *script) bool { return x.panel == eventsPanel }},
	{"the events by alt", nothing, []string{"alt+e"}, func(x *script) bool { return x.panel == eventsPanel }},
	{"the events are closed", nothing, []string{"f2", "f2"}, func(x *script) bool { return x.panel == noPanel }},
	{"the sessions", nothing, []string{"f3"}, func(x *script) bool { return x.panel == sessionsPanel }},
	{"the sessions by alt", nothing, []string{"alt+s"}, func(x *script) bool { return x.panel == sessionsPanel }},
	{"the panel is scrolled", manyEvents, []string{"f2", "shift+pgup"}, func(x *script) bool { return x.panelTop == x.areas().panel.height-2 }},
	{"and back", manyEvents, []string{"f2", "shift+pgup", "shift+pgdown"}, func(x *script) bool { return x.panelTop == 0 }},
	{"help", nothing, []string{"?"}, func(x *script) bool { return x.help }},
	{"help by f1", func(x *script) { x.write("a") }, []string{"f1"}, func(x *script) bool { return x.help }},
	{"help is scrolled", nothing, []string{"?", "down", "pgdown", "up"}, func(x *script) bool { return x.helpTop > 2 }},
	{"help is left", nothing, []string{"?", "esc"}, func(x *script) bool { return !x.help }},
	{"a question mark is written", func(x *script) { x.write("why") }, []string{"?"}, func(x *script) bool { return x.input.Value() == "why?" && !x.help }},
	{"to the shell", nothing, []string{"ctrl+z"}, func(x *script) bool { return yields(x, tea.SuspendMsg{}) }},
	{"the end", nothing, []string{"ctrl+c"}, func(x *script) bool { return yields(x, tea.QuitMsg{}) }},
	{"the end from a popup", nothing, []string{"ctrl+s", "ctrl+c"}, func(x *script) bool { return yields(x, tea.QuitMsg{}) }},
	{"the end where nothing is written", nothing, []string{"ctrl+d"}, func(x *script) bool { return yields(x, tea.QuitMsg{}) }},
	{"ctrl+d deletes", func(x *script) { x.write("ab"); x.press("home") }, []string{"ctrl+d"}, func(x *script) bool { return x.input.Value() == "b" }},
}

// models is the question for a model, and the server's answer.
func models(x *script) {
	x.press("ctrl+p")
	x.send(modelsCame{[]string{"large-1", "large-2", "tiny"}, nil})
}

func manyEvents(x *script) {
	x.asks("hello")
	for range 40 {
		x.brings("one ", life(talk.Streaming))
	}
}

func letters(text string) []string {
	var keys []string
	for _, r := range text {
		if r == ' ' {
			keys = append(keys, "space")
			continue
		}
		keys = append(keys, string(r))
	}
	return keys
}

func below(x *script) int {
	h := x.chat().history
	return h.total - h.top - h.height
}

// shown is which chat is shown.
func (x *script) shown() int { return slices.Index(x.chats, x.chat()) }

// yields tells whether the command of the last message gives that.
func yields(x *script, want tea.Msg) bool {
	if x.last == nil {
		return false
	}
	switch got := x.last().(type) {
	case tea.BatchMsg:
		for _, cmd := range got {
			if cmd() == want {
				return true
			}
		}
		return false
	default:
		return got == want
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range keyTests {
		t.Run(c.name, func(t *testing.T) {
			x := newScript(t, 80, 24)
			c.given(x)
			x.press(c.keys...)
			if !c.ok(x) {
				t.Errorf("after %s:\n%s", c.keys, x.screen())
			}
		})
	}
}

// Every key has a test, stands in the help, and is told in the documentation.
func TestKeysAreTold(t *testing.T) {
	doc, err := os.ReadFile("../../docs/chat.md")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, c := range keyTests {
		for _, k := range c.keys {
			tested[k] = true
		}
	}
	for k := range keyTable() {
		if !tested[k] {
			t.Errorf("%s has no test", k)
		}
	}
	for _, g := range bindings() {
		for _, b := range g.keys {
			row := "| `" + strings.ReplaceAll(b.name, ", ", "`, `") + "` | " + b.help + " |"
			if !strings.Contains(string(doc), row) {
				t.Errorf("docs/chat.md has no row %s", row)
			}
		}
	}
}

// Each way to leave that the conversation knows is in the menu.
func TestWays(t *testing.T) {
	var have []loadgen.Disconnect
	for _, w := range ways {
		have = append(have, w.way)
	}
	if want := talk.Ways(); !slices.Equal(have, want) {
		t.Errorf("the menu has %v, want %v", have, want)
	}
}

// Leaving by each key of the menu closes it; the stream itself leaves in a
// command.
func TestLeaveKeys(t *testing.T) {
	for _, w := range ways {
		x := newScript(t, 80, 24)
		answering(x)
		x.press("ctrl+l", w.key)
		if x.popup != noPopup || x.last == nil {
			t.Errorf("%s: the menu stays, or nothing is done", w.key)
		}
	}
	x := newScript(t, 80, 24)
	answering(x)
	x.press("ctrl+l", "q")
	if x.popup != leaving {
		t.Error("another key closes the menu")
	}
	x.ends(done(), io.EOF)
	if x.press("c"); x.popup != noPopup || !x.noteBad {
		t.Error("a stream that has ended is left")
	}
}
