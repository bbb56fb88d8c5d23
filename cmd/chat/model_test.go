package chat

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	xansi "github.com/charmbracelet/x/ansi"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// noon is when tests begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

// script drives a model by messages alone. No command is run.
type script struct {
	t testing.TB
	*Model
	last tea.Cmd
}

func newScript(t testing.TB, width, height int) *script {
	t.Helper()
	limits := leakcheck.Limits{Timeout: 5 * time.Minute, Heartbeat: 2 * time.Second, UserTimeout: 2 * time.Second}
	s := Settings{Talk: talk.Config{URL: "http://127.0.0.1:8080", Target: talk.Target{
		Dialect: talk.Own, Sure: true, Sessions: "http://127.0.0.1:8080/sessions", Limits: &limits}}}
	work := newWork(context.Background(), s)
	t.Cleanup(work.end)
	x := &script{t: t, Model: newModel(s, work)}
	x.input.Focus()
	x.send(tea.WindowSizeMsg{Width: width, Height: height})
	return x
}

// send gives the model messages.
func (x *script) send(all ...tea.Msg) {
	for _, m := range all {
		_, x.last = x.Update(m)
	}
}

// press gives it keys, as Bubble Tea has them.
func (x *script) press(keys ...string) {
	x.t.Helper()
	for _, k := range keys {
		x.send(pressed(k))
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"home": tea.KeyHome, "end": tea.KeyEnd, "f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "space": tea.KeySpace,
}

func pressed(name string) tea.KeyPressMsg {
	var k tea.Key
	rest := name
	for {
		mod, after, found := strings.Cut(rest, "+")
		if !found {
			break
		}
		k.Mod |= map[string]tea.KeyMod{"ctrl": tea.ModCtrl, "alt": tea.ModAlt, "shift": tea.ModShift}[mod]
		rest = after
	}
	if code, ok := named[rest]; ok {
		k.Code = code
		if rest == "space" {
			k.Text = " "
		}
	} else {
		k.Code = []rune(rest)[0]
		if k.Mod == 0 {
			k.Text = rest
		}
	}
	return tea.KeyPressMsg(k)
}

// write types a text.
func (x *script) write(text string) {
	for _, r := range text {
		x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// asks writes a message, sends it, and has its stream open. Nothing is sent over
// any network: no command is run.
func (x *script) asks(text string) {
	x.write(text)
	x.press("enter")
	x.answers()
}

// answers has the stream of the answer open.
func (x *script) answers() {
	x.t.Helper()
	c := x.chat()
	if !c.asking {
		x.t.Fatal("nothing was asked")
	}
	reply := talk.Ask(x.work.ctx, x.settings.Talk, c.conversation())
	x.work.keep(reply)
	x.send(asked{x.id(), reply, talk.Life{State: talk.Connecting, Began: noon}})
}

func (x *script) id() answerID { return answerID{x.chat().id, x.chat().answer} }

// life is that of a stream that opened at noon.
func life(state talk.State) talk.Life {
	return talk.Life{State: state, Dialect: talk.Own, Began: noon, Opened: at(20 * time.Millisecond), First: at(52 * time.Millisecond),
		Last: at(1500 * time.Millisecond), Heard: at(1500 * time.Millisecond), Every: 2 * time.Second,
		Session: "8f3a2c1dd01c032c024774f6aeb4a8a0", Stream: "5bb0e1c2", LastEventID: "70f2301ac803f5d4-30", Deltas: 30, Events: 31, Bytes: 2410}
}

// brings has a delta come.
func (x *script) brings(text string, l talk.Life) {
	item := client.Item{Kind: client.KindEvent, At: l.Last, Event: client.Event{
		Name: []byte("delta"), ID: []byte(l.LastEventID), Data: fmt.Appendf(nil, `{"delta":%q}`, text)}}
	x.send(came{x.id(), x.chat().reply, talk.Update{Item: item, Text: text, Life: l}, nil})
}

// ends has the answer end.
func (x *script) ends(l talk.Life, err error) {
	x.send(came{x.id(), x.chat().reply, talk.Update{Life: l}, err})
}

// done is a life whose answer is complete.
func done() talk.Life {
	l := life(talk.Done)
	l.Ended, l.Beats = at(1520*time.Millisecond), 1
	return l
}

// screen is what is shown, without colours.
func (x *script) screen() string {
	rows := strings.Split(xansi.Strip(x.View().Content), "\n")
	for i, row := range rows {
		rows[i] = strings.TrimRight(strings.ReplaceAll(row, "\u00a0", " "), " ")
		if w := xansi.StringWidth(rows[i]); w > x.width {
			x.t.Errorf("row %d is %d cells wide, of %d: %q", i, w, x.width, rows[i])
		}
	}
	if len(rows) != x.height {
		x.t.Errorf("%d rows are shown, of %d", len(rows), x.height)
	}
	return strings.Join(rows, "\n") + "\n"
}

const reply = "Every **stream** that opens must also `close`, and someone has to notice:\n\n" +
	"1. a timeout that is not zero\n2. release on every end\n\n```go\ndefer sessions.Release(id)\n```\n\n日本語と🎉も。"

// scenes are what golden files hold, at each size.
var scenes = []struct {
	name string
	play func(x *script)
}{
	{"welcome", func(*script) {}},
	{"connecting", func(x *script) { x.asks("How do I let go of a stream?") }},
	{"streaming", func(x *script) {
		x.asks("How do I let go of a stream?")
		l := life(talk.Streaming)
		l.Beat, l.Beats = at(800*time.Millisecond), 1
		x.brings(reply, l)
		x.send(tick(at(1600 * time.Millisecond)))
	}},
	{"overdue", func(x *script) {
		x.asks("hello")
		l := life(talk.Streaming)
		l.Beat, l.Beats = at(1500*time.Millisecond), 1
		x.brings("and then ", l)
		x.send(tick(at(6 * time.Second)))
	}},
	{"reconnecting", func(x *script) {
		x.asks("hello")
		x.brings("It was going so w", life(talk.Streaming))
		l := life(talk.Reconnecting)
		l.Due, l.Reconnects, l.Err = at(4100*time.Millisecond), 1, io.ErrUnexpectedEOF
		x.send(came{x.id(), x.chat().reply, talk.Update{Item: client.Item{Kind: client.KindReconnect, At: at(2 * time.Second), Delay: 2100 * time.Millisecond,
			Err: io.ErrUnexpectedEOF}, Life: l}, nil})
	}},
	{"lost", func(x *script) {
		x.asks("hello")
		x.brings("It was going so w", life(talk.Streaming))
		l := life(talk.Lost)
		l.Ended = at(2 * time.Second)
		x.ends(l, &talk.CannotResumeError{Reason: "the server cannot resume it: its events have no ids", Err: io.ErrUnexpectedEOF})
	}},
	{"done", func(x *script) {
		x.asks("How do I let go of a stream?")
		x.brings(reply, life(talk.Streaming))
		x.ends(done(), io.EOF)
	}},
	{"events", func(x *script) {
		x.asks("hello")
		x.send(came{x.id(), x.chat().reply, talk.Update{Item: client.Item{Kind: client.KindOpen, At: at(20 * time.Millisecond), Head: &client.Head{
			Proto: "HTTP/1.1", Status: 200}}, Life: life(talk.Streaming)}, nil})
		x.brings("one ", life(talk.Streaming))
		x.send(came{x.id(), x.chat().reply, talk.Update{Item: client.Item{Kind: client.KindComment, At: at(3 * time.Second), Comment: "heartbeat"},
			Life: life(talk.Streaming)}, nil})
		x.press("f2")
	}},
	{"leave", func(x *script) {
		x.asks("hello")
		x.brings("one ", life(talk.Streaming))
		x.press("ctrl+l")
	}},
	{"held", func(x *script) {
		vanished(x)
		x.send(tick(at(5200 * time.Millisecond)))
	}},
	{"let go", func(x *script) {
		vanished(x)
		x.send(sessionsCame{live: talk.Live{At: at(6100 * time.Millisecond), Connected: true, Change: &talk.Change{
			Session: talk.Session{Stream: "5bb0e1c2"}, Closed: true, Reason: "write_failed"}}})
	}},
	{"conversations", func(x *script) {
		x.asks("the first thing that was said")
		x.press("ctrl+n")
		x.asks("日本語で")
		x.brings("はい", life(talk.Streaming))
		x.ends(done(), io.EOF)
		x.press("ctrl+g")
	}},
	{"search", func(x *script) {
		x.asks("How do I let go of a stream?")
		x.brings(reply, life(talk.Streaming))
		x.ends(done(), io.EOF)
		x.press("ctrl+f")
		x.write("STREAM")
		x.press("enter")
	}},
	{"edit", func(x *script) {
		x.asks("How do I let go of a stream?")
		x.brings("So.", life(talk.Streaming))
		x.ends(done(), io.EOF)
		x.press("up")
	}},
	{"several lines", func(x *script) {
		x.write("one")
		x.press("ctrl+j")
		x.send(tea.PasteMsg{Content: "two\nthree"})
	}},
	{"model", func(x *script) { models(x); x.press("down") }},
	{"save", func(x *script) { x.press("ctrl+s") }},
	{"help", func(x *script) { x.press("?") }},
}

// vanished is a stream that left by vanishing, 2 s after noon.
func vanished(x *script) {
	x.asks("hello")
	x.brings("It was going so well", life(talk.Streaming))
	s := talk.Session{ID: life("").Session, Stream: "5bb0e1c2", Transport: "sse", Opened: noon}
	x.send(sessionsCame{live: talk.Live{At: at(time.Second), Connected: true, Active: 1, Sessions: []talk.Session{s}}})
	l := life(talk.Left)
	l.Way, l.Ended = loadgen.Vanish, at(2*time.Second)
	x.send(left{answerID: x.id(), departure: talk.Departure{Way: loadgen.Vanish, At: at(2 * time.Second), Session: s.ID, Stream: s.Stream}, at: at(2 * time.Second)})
	x.ends(l, talk.ErrLeft)
}

func TestScreens(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {120, 40}, {40, 10}} {
		for _, s := range scenes {
			t.Run(fmt.Sprintf("%dx%d/%s", size.w, size.h, s.name), func(t *testing.T) {
				x := newScript(t, size.w, size.h)
				s.play(x)
				golden(t, fmt.Sprintf("screens/%dx%d/%s.txt", size.w, size.h, strings.ReplaceAll(s.name, " ", "-")), x.screen())
			})
		}
	}
}

// Any size at any moment: nothing is wider or higher than the terminal, and
// nothing falls over.
func TestScreensOfAnySize(t *testing.T) {
	t.Parallel()
	for _, s := range scenes {
		x := newScript(t, 80, 24)
		s.play(x)
		for _, w := range []int{1, 2, 5, 13, 40, 99, 100, 200} {
			for _, h := range []int{1, 2, 3, 5, 10, 17, 60} {
				x.send(tea.WindowSizeMsg{Width: w, Height: h})
				x.screen()
				if t.Failed() {
					t.Fatalf("%s at %dx%d", s.name, w, h)
				}
			}
		}
	}
}
