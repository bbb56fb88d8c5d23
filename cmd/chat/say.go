package chat

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sse-tool/sse-tool/client"
)

// send asks what is written, or, in an edit, asks it in place of what was asked.
func (m *Model) send() command {
	text := strings.TrimSpace(m.input.Value())
	c := m.chat()
	if text == "" {
		return nil
	}
	if c.busy() {
		m.say("an answer is under way: esc stops it", true)
		return nil
	}
	if c.editing >= 0 {
		c.entries, c.editing = c.entries[:c.editing], -1
	}
	c.entries = append(c.entries, newEntry(client.RoleUser, text))
	m.input.Reset()
	return m.ask(c)
}

func (m *Model) ask(c *chat) command {
	talk := c.conversation()
	return m.work.ask(c.await(), talk)
}

// retry asks the last message again.
func (m *Model) retry() command {
	c := m.chat()
	last := c.lastOf(client.RoleUser)
	if last < 0 {
		return nil
	}
	stop := m.giveUp(c)
	c.entries, c.editing = c.entries[:last+1], -1
	return tea.Batch(stop, m.ask(c))
}

// giveUp ends an answer of which nothing more is wanted.
func (m *Model) giveUp(c *chat) (stop command) {
	if c.reply != nil {
		stop = m.work.stop(c.reply)
	}
	c.answer++
	c.reply, c.asking = nil, false
	return stop
}

// editLast takes the last message back into the input.
func (m *Model) editLast() command {
	c := m.chat()
	last := c.lastOf(client.RoleUser)
	if last < 0 || c.busy() {
		return nil
	}
	c.editing = last
	m.input.SetValue(string(c.entries[last].text))
	return nil
}

// copyAnswer puts the last answer on the terminal's clipboard, as Markdown: what
// is copied is what was shown, and no control character.
func (m *Model) copyAnswer() command {
	c := m.chat()
	last := c.lastOf(client.RoleAssistant)
	if last < 0 {
		m.say("there is no answer to copy", true)
		return nil
	}
	return m.copied("the answer", string(c.entries[last].safe))
}

// copyCode is copyAnswer for the answer's last block of code.
func (m *Model) copyCode() command {
	c := m.chat()
	if last := c.lastOf(client.RoleAssistant); last >= 0 {
		if text, ok := lastCode(string(c.entries[last].safe)); ok {
			return m.copied("the code", text)
		}
	}
	m.say("there is no code to copy", true)
	return nil
}

func (m *Model) copied(what, text string) command {
	m.say(fmt.Sprintf("copied %s, %s", what, size(int64(len(text)))), false)
	return tea.SetClipboard(text)
}

// lastCode is the last block of code of a Markdown text, one that has not ended
// too.
func lastCode(text string) (string, bool) {
	var s splitter
	var found *block
	for line := range strings.SplitSeq(text, "\n") {
		for _, b := range s.line(line) {
			if b.kind == code {
				found = &b
			}
		}
	}
	if s.fence != "" {
		found = &s.open
	}
	if found == nil {
		return "", false
	}
	return found.text, true
}
