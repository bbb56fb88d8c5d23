package chat

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// chat is one conversation: what was said, the answer under way, and what its
// stream has brought.
type chat struct {
	id      int
	talk    client.Conversation // but for the messages
	entries []*entry
	history history
	draft   string           // what stood in the input when another chat was shown
	file    string           // where it was saved, or opened
	kept    []client.Message // what that file has
	editing int              // the entry whose text is being edited; -1 is none

	answer int         // counts the answers asked for
	asking bool        // one was asked for, and is not under way yet
	reply  *talk.Reply // under way; nil else
	life   talk.Life
	events events
}

func newChat(id int, c client.Conversation) *chat {
	n := &chat{id: id, editing: -1, history: history{follow: true}, kept: c.Messages}
	for _, m := range c.Messages {
		e := newEntry(m.Role, m.Text)
		e.end("", false)
		if m.Role == client.RoleAssistant {
			e.model = printable.Text(c.Model)
		}
		n.entries = append(n.entries, e)
	}
	c.Messages = nil
	n.talk = c
	return n
}

// conversation is all of it, as it is asked or saved.
func (c *chat) conversation() client.Conversation {
	all := c.talk
	for _, e := range c.entries {
		if len(e.text) > 0 {
			all.Messages = append(all.Messages, client.Message{Role: e.role, Text: string(e.text)})
		}
	}
	return all
}

// unsaved tells whether something was said that no file has, or is about to be.
func (c *chat) unsaved() bool {
	said := c.conversation().Messages
	return len(said) > 0 && !slices.Equal(said, c.kept) || c.draft != ""
}

// title is its first words.
func (c *chat) title() string {
	for _, e := range c.entries {
		if e.role == client.RoleUser {
			return strings.Join(strings.Fields(printable.Text(string(e.safe[:min(len(e.safe), 200)]))), " ")
		}
	}
	return "new conversation"
}

// lastOf is the last entry of a role; -1 where there is none.
func (c *chat) lastOf(role client.Role) int {
	for i, e := range slices.Backward(c.entries) {
		if e.role == role {
			return i
		}
	}
	return -1
}

// busy tells whether an answer is under way.
func (c *chat) busy() bool { return c.reply != nil || c.asking }

// await makes room for the next answer.
func (c *chat) await() answerID {
	c.answer++
	c.asking, c.reply = true, nil
	c.life = talk.Life{State: talk.Connecting}
	e := newEntry(client.RoleAssistant, "")
	e.model = printable.Text(c.talk.Model)
	c.entries = append(c.entries, e)
	c.history.follow = true
	return answerID{c.id, c.answer}
}

// current is the answer that grows.
func (c *chat) current() *entry {
	if n := len(c.entries); n > 0 && !c.entries[n-1].done {
		return c.entries[n-1]
	}
	return nil
}

// take takes what an answer brought.
func (c *chat) take(m came) {
	c.life = m.update.Life
	c.events.add(m)
	e := c.current()
	if e == nil {
		return
	}
	e.add(m.update.Text)
	if m.update.Reasoning != "" {
		e.think(m.update.Reasoning)
	}
	switch {
	case m.err == nil && c.life.State == talk.Done: // the stream's end may take a moment more
		m.err = io.EOF
	case m.err == nil:
		return
	}
	c.reply = nil
	note, bad := ending(m)
	e.end(note, bad)
	if len(e.text) == 0 && len(e.thought) == 0 && !bad {
		e.note = strings.TrimSpace(note + " before any text")
	}
	if way := m.update.Life.Way; way == loadgen.Stall || way == loadgen.Vanish {
		c.talk.Session = "" // the server may still hold it: the next message must not take it over
	} else {
		c.talk.Session = m.update.Life.Session
	}
}

// ending says how an answer ended.
func ending(m came) (note string, bad bool) {
	l := m.update.Life
	switch {
	case errors.Is(m.err, io.EOF):
		return doneNote(l), false
	case errors.Is(m.err, talk.ErrLeft) && l.Way != "":
		return "left by " + string(l.Way), false
	case errors.Is(m.err, talk.ErrLeft):
		return "stopped", false
	}
	text := m.err.Error()
	var hinted interface{ Hint() string }
	if errors.As(m.err, &hinted) && hinted.Hint() != "" {
		text += "\n" + hinted.Hint()
	}
	return printable.Prose(text), true
}

// doneNote tells what an answer was: how long, how fast, and why it ended where
// that is not the usual.
func doneNote(l talk.Life) string {
	tokens := l.Deltas
	if l.Usage.CompletionTokens > 0 {
		tokens = l.Usage.CompletionTokens
	}
	parts := []string{fmt.Sprintf("%d tokens", tokens), brief(l.Took(time.Time{}))}
	if rate := l.Rate(time.Time{}); rate > 0 {
		parts = append(parts, fmt.Sprintf("%.1f tok/s", rate))
	}
	if f := l.Finish; f != "" && f != "stop" && f != "end_turn" {
		parts = append(parts, printable.Text(f))
	}
	if l.Reconnects > 0 {
		parts = append(parts, fmt.Sprintf("reconnected %d×", l.Reconnects))
	}
	return strings.Join(parts, " · ")
}
