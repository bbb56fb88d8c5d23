package chat

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	xansi "github.com/charmbracelet/x/ansi"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// What is no key: each message, and what it does.
func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name  string
		given func(x *script)
		msgs  func(x *script) []tea.Msg
		ok    func(x *script) bool
	}{
		{"a light background", nothing, each(tea.BackgroundColorMsg{Color: color.White}), func(x *script) bool { return !x.theme.dark }},
		{"a dark background", nothing, each(tea.BackgroundColorMsg{Color: color.Black}), func(x *script) bool { return x.theme.dark }},
		{"a paste", nothing, each(tea.PasteMsg{Content: "a\nb"}), func(x *script) bool { return x.input.Value() == "a\nb" && !x.chat().busy() }},
		{"a paste into a question", func(x *script) { x.press("ctrl+t") }, each(tea.PasteMsg{Content: "Be brief."}), func(x *script) bool {
			return x.question.field.Value() == "Be brief." && x.input.Value() == ""
		}},
		{"the wheel", longChat, each(tea.MouseWheelMsg{Button: tea.MouseWheelUp}), func(x *script) bool { return below(x) == 3 }},
		{"the wheel over a panel", func(x *script) { manyEvents(x); x.press("f2") },
			each(tea.MouseWheelMsg{Button: tea.MouseWheelUp, Y: 14}), func(x *script) bool { return x.panelTop == 3 && x.chat().history.follow }},
		{"the wheel over the help", func(x *script) { x.press("?") }, each(tea.MouseWheelMsg{Button: tea.MouseWheelDown}), func(x *script) bool { return x.helpTop == 3 }},
		{"a word about what was done is shown for a while", func(x *script) { x.press("ctrl+y") },
			each(tick(at(0)), tick(at(noteTime))), func(x *script) bool { return x.note != "" }},
		{"and no longer", func(x *script) { x.press("ctrl+y") }, each(tick(at(0)), tick(at(noteTime+1))), func(x *script) bool { return x.note == "" }},
		{"a conversation was saved", nothing, each(saved{chat: &chat{}, path: "talk.md"}), func(x *script) bool { return x.note == "saved in talk.md" && !x.noteBad }},
		{"it was not", nothing, each(saved{path: "talk.md", err: os.ErrPermission}), func(x *script) bool { return x.noteBad }},
		{"one was opened", nothing, each(loaded{"talk.md", client.Conversation{Messages: []client.Message{{Role: "user", Text: "hi"}, {Role: "assistant", Text: "ho"}}}, nil}),
			func(x *script) bool { return len(x.chats) == 2 && strings.Contains(x.screen(), "ho") }},
		{"it was not opened", nothing, each(loaded{"talk.md", client.Conversation{}, os.ErrNotExist}), func(x *script) bool { return len(x.chats) == 1 && x.noteBad }},
		{"what comes for an answer that was given up", func(x *script) { answering(x); x.press("ctrl+r") }, func(x *script) []tea.Msg {
			return []tea.Msg{came{answerID{1, 1}, nil, talk.Update{Text: "late", Life: life(talk.Streaming)}, io.EOF}}
		}, func(x *script) bool { return !strings.Contains(x.screen(), "late") && x.chat().asking }},
		{"what the model thinks", func(x *script) { x.asks("hi") }, func(x *script) []tea.Msg {
			return []tea.Msg{came{x.id(), x.chat().reply, talk.Update{Reasoning: "hm, well", Life: life(talk.Streaming)}, nil}}
		}, func(x *script) bool { return strings.Contains(x.screen(), "┊ hm, well") }},
		{"an answer of another chat", func(x *script) { answering(x); x.press("ctrl+n") }, func(x *script) []tea.Msg {
			return []tea.Msg{came{answerID{1, 1}, x.chats[0].reply, talk.Update{Text: "two", Life: life(talk.Streaming)}, nil}}
		}, func(x *script) bool {
			return string(x.chats[0].entries[1].text) == "One two" && len(x.chat().entries) == 0
		}},
		{"a stream that cannot leave so", answering, func(x *script) []tea.Msg {
			return []tea.Msg{left{answerID: x.id(), err: &talk.UnableError{Way: loadgen.Vanish, Err: errors.ErrUnsupported}}}
		}, func(x *script) bool { return x.noteBad && strings.Contains(x.note, "unshare") && x.chat().reply != nil }},
		{"a server whose sessions cannot be followed", func(x *script) { vanished(x) }, each(sessionsCame{err: io.ErrUnexpectedEOF}), func(x *script) bool {
			return !x.parted[0].held() && strings.Contains(x.screen(), "cannot be followed")
		}},
		{"a feed that was lost", func(x *script) { vanished(x) }, each(sessionsCame{live: talk.Live{At: at(3 * time.Second), Due: at(5 * time.Second),
			Sessions: []talk.Session{{ID: "8f3a"}}}}), func(x *script) bool {
			return x.parted[0].held() && strings.Contains(x.screen(), "was lost; again in 2.0 s. As it was last:")
		}},
		{"the server told of a closing before the leaving was known", func(x *script) { answering(x) }, func(x *script) []tea.Msg {
			closed := &talk.Change{Session: talk.Session{Stream: "5bb0e1c2"}, Closed: true, Reason: "disconnected"}
			return []tea.Msg{
				sessionsCame{live: talk.Live{At: at(2 * time.Second), Connected: true, Change: closed}},
				left{answerID: x.id(), departure: talk.Departure{Way: loadgen.Close, At: at(1999 * time.Millisecond), Stream: "5bb0e1c2"}, at: at(2 * time.Second)},
			}
		}, func(x *script) bool {
			return x.parted[0].gone != nil && strings.Contains(x.screen(), "let go after 1 ms (disconnected)")
		}},
		{"a change that the feed left out", func(x *script) { vanished(x) }, func(x *script) []tea.Msg {
			return []tea.Msg{tick(at(9 * time.Second)), awaited{x.parted[0], talk.Gone{After: 7 * time.Second}, nil}}
		}, func(x *script) bool { return x.parted[0].asked && strings.Contains(x.screen(), "let go after 7.0 s") }},
		{"a list that was read before the leaving was known", answering, func(x *script) []tea.Msg {
			return []tea.Msg{
				sessionsCame{live: talk.Live{At: at(2 * time.Second), Listed: at(1950 * time.Millisecond), Connected: true}},
				left{answerID: x.id(), departure: talk.Departure{Way: loadgen.Close, At: at(1900 * time.Millisecond), Stream: "5bb0e1c2"}, at: at(2 * time.Second)},
			}
		}, func(x *script) bool { return x.parted[0].gone != nil }},
		{"one that left before its id came", nothing, each(left{departure: talk.Departure{Way: loadgen.Reset, At: noon}, at: noon}), func(x *script) bool {
			return strings.Contains(x.screen(), " a session left by reset")
		}},
		{"a window that is open", stalled, each(tick(at(3 * time.Second))), func(x *script) bool { return strings.Contains(x.screen(), "our window is still open") }},
		{"a window that closed", stalled, func(x *script) []tea.Msg {
			return []tea.Msg{windowCame{x.parted[0], at(3 * time.Second), nil}, tick(at(4 * time.Second))}
		}, func(x *script) bool { return strings.Contains(x.screen(), "still held, due after 4s") }},
		{"a session that was due", func(x *script) { vanished(x) }, each(tick(at(time.Minute))), func(x *script) bool {
			return strings.Contains(x.screen(), "still held, and was due after 8s")
		}},
		{"a refresh", answering, func(x *script) []tea.Msg {
			successor := talk.Ask(x.work.ctx, x.settings.Talk, x.chat().conversation())
			x.work.keep(successor)
			return []tea.Msg{left{answerID: x.id(), successor: successor, departure: talk.Departure{Way: loadgen.Refresh, At: noon, Stream: "5bb0e1c2"}, at: noon}}
		}, func(x *script) bool {
			return x.chat().reply != nil && x.chat().answer == 2 && len(x.chat().entries[1].text) == 0
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newScript(t, 80, 24)
			c.given(x)
			x.send(c.msgs(x)...)
			if !c.ok(x) {
				t.Errorf("it shows:\n%s", x.screen())
			}
		})
	}
}

func each(all ...tea.Msg) func(*script) []tea.Msg {
	return func(*script) []tea.Msg { return all }
}

// stalled is a stream that left by stalling, 2 s after noon.
func stalled(x *script) {
	answering(x)
	x.send(left{answerID: x.id(), departure: talk.Departure{Way: loadgen.Stall, At: at(2 * time.Second), Session: "8f3a", Stream: "5bb0e1c2"}, at: at(2 * time.Second)})
	l := life(talk.Left)
	l.Way, l.Ended = loadgen.Stall, at(2*time.Second)
	x.ends(l, talk.ErrLeft)
}

// The next message goes on with the session, but not with one that a server may
// still hold for a stream that left without its knowledge.
func TestSessionOfTheNextMessage(t *testing.T) {
	for way, want := range map[loadgen.Disconnect]string{"": life("").Session, loadgen.Close: life("").Session, loadgen.Stall: "", loadgen.Vanish: ""} {
		x := newScript(t, 80, 24)
		answering(x)
		l := life(talk.Left)
		l.Way = way
		x.ends(l, talk.ErrLeft)
		if got := x.chat().conversation().Session; got != want {
			t.Errorf("left by %q: the next message goes on with session %q, want %q", way, got, want)
		}
	}
}

// What a stream has brought is kept up to a bound.
func TestEventsAreBounded(t *testing.T) {
	x := newScript(t, 80, 24)
	x.asks("hello")
	for range 3 * maxEvents {
		x.chat().events.push(eventLine{})
	}
	if n := len(x.chat().events.lines); n > maxEvents || n < maxEvents/2 {
		t.Errorf("%d events are kept", n)
	}
}

// A token costs no more in a chat of many messages, and no frame more than its
// rows.
func BenchmarkToken(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("after %d answers", n), func(b *testing.B) {
			x := newScript(b, 120, 40)
			for range n {
				x.asks("hello")
				x.brings(sample(5), life(talk.Streaming))
				x.ends(done(), io.EOF)
			}
			x.asks("and now")
			b.ReportAllocs()
			for b.Loop() {
				x.brings("word ", life(talk.Streaming))
				_ = x.View()
			}
		})
	}
}

// A server that does not answer is being connected to, from the question on.
func TestConnectingIsInSight(t *testing.T) {
	x := newScript(t, 80, 24)
	x.write("hello")
	x.press("enter")
	for range 2 {
		if screen := strings.Join(x.rows(), "\n"); !strings.Contains(xansi.Strip(screen), "◌ connecting") {
			t.Errorf("it shows\n%s", screen)
		}
		if x.chat().asking {
			x.answers()
		}
	}
}

// What is kept of a large event does not keep all of it.
func TestEventsAreSmall(t *testing.T) {
	const large = 4 << 20
	x := newScript(t, 80, 24)
	x.asks("hello")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, kind := range []client.Kind{client.KindEvent, client.KindComment} {
		for range 8 {
			item := client.Item{Kind: kind, At: noon}
			if kind == client.KindComment {
				item.Comment = strings.Repeat("x", large)
			} else {
				item.Event = client.Event{Name: bytes.Repeat([]byte("n"), large), ID: bytes.Repeat([]byte("i"), large), Data: bytes.Repeat([]byte("d"), large)}
			}
			x.chat().events.push(lineOf(item))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := len(x.chat().events.lines); n != 16 {
		t.Fatalf("%d events", n)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > large {
		t.Errorf("16 events keep %d bytes", grown)
	}
	runtime.KeepAlive(x)
}
