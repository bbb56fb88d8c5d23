package chat

import (
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
)

// entry is one message as the history shows it.
type entry struct {
	role client.Role
	text []byte // as it came
	safe []byte // what is shown of it
	held string // the end of text that may be the half of a line's end

	thought []byte // what the model thought before, made harmless
	done    bool   // nothing more comes
	note    string // below it: how it ended
	bad     bool   // the note tells of trouble
	model   string

	flows  []*flow  // of safe, by width and theme; a few
	said   *wrapped // safe of a user
	thinks *wrapped // thought
	laid   laid
}

// laid is an entry that is done as it was laid out last, and for what.
type laid struct {
	md      *markdown
	width   int
	compact bool
	piece   piece
}

func newEntry(role client.Role, text string) *entry {
	e := &entry{role: role, done: role == client.RoleUser}
	e.add(text)
	return e
}

// add adds text as the server sent it.
func (e *entry) add(text string) {
	e.text = append(e.text, text...)
	text = e.held + text
	e.held = ""
	if strings.HasSuffix(text, "\r") {
		text, e.held = text[:len(text)-1], "\r"
	}
	e.safe = append(e.safe, printable.Prose(text)...)
}

// think adds what the model thinks.
func (e *entry) think(text string) {
	e.thought = append(e.thought, printable.Prose(text)...)
}

// end says that nothing more comes, and why.
func (e *entry) end(note string, bad bool) {
	e.done, e.note, e.bad = true, note, bad
	e.safe = append(e.safe, printable.Prose(e.held)...)
	e.held = ""
}

// again begins the text anew.
func (e *entry) again() {
	*e = entry{role: e.role, model: e.model}
}

// wrap is text on rows of that width, after w, which is nil at first.
func wrap(w *wrapped, text []byte, width int) *wrapped {
	if w == nil || w.width != width {
		w = &wrapped{width: width}
	}
	w.take(text)
	return w
}

// maxFlows is how many widths of one text are kept: with a panel and without.
const maxFlows = 2

// flow is the text on rows of that width.
func (e *entry) flow(md *markdown, width int) *flow {
	for _, f := range e.flows {
		if f.md == md && f.width == width {
			f.take(e.safe, e.done)
			return f
		}
	}
	f := newFlow(md, width)
	if len(e.flows) >= maxFlows {
		e.flows = e.flows[1:]
	}
	e.flows = append(e.flows, f)
	f.take(e.safe, e.done)
	return f
}
