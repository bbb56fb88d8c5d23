package chat

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"charm.land/bubbles/v2/textinput"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// popup is what stands above the input, and takes the keys.
type popup int

const (
	noPopup   popup = iota
	leaving         // the ways to leave
	listing         // the conversations
	asking          // a question
	searching       // the search
)

// question is what a popup asks.
type question struct {
	title string
	verb  string // what enter does
	field textinput.Model
	then  func(*Model, string) command

	choices choices
	models  bool   // it asks for a model
	before  string // what the field had at first
}

// newQuestion opens a popup that asks for a line.
func (m *Model) newQuestion(p popup, title, verb, value string, then func(*Model, string) command) command {
	f := textinput.New()
	f.Prompt = "› "
	f.SetVirtualCursor(false)
	styles := f.Styles()
	styles.Focused.Prompt = in(m.theme.accent).Bold(true)
	styles.Cursor.Color = m.theme.accent
	f.SetStyles(styles)
	f.SetWidth(max(4, m.width-4))
	f.SetValue(value)
	f.CursorEnd()
	m.popup, m.question = p, question{title: title, verb: verb, field: f, then: then, choices: choices{at: -1}, before: value}
	return m.question.field.Focus()
}

func (m *Model) promptSystem() command {
	return m.newQuestion(asking, "System prompt of this conversation", "take it", m.chat().talk.System,
		func(m *Model, text string) command {
			m.chat().talk.System = strings.TrimSpace(text)
			m.say("the system prompt is for the next message on", false)
			return nil
		})
}

func (m *Model) promptModel() command {
	focus := m.newQuestion(asking, "Model of this conversation", "take it", m.chat().talk.Model,
		func(m *Model, text string) command {
			m.chat().talk.Model = strings.TrimSpace(text)
			m.say("the model is for the next message on", false)
			return nil
		})
	m.question.models = true
	return batch([]command{focus, m.work.models(m.chat().talk)})
}

func (m *Model) promptSave() command {
	return m.askWhere(m.chat(), "Save this conversation as (.md or .json)", "save", m.path(), m.chat().file)
}

// askWhere asks where a chat is to be saved. The file in the place of which it
// may come is given: another one that is there is asked about.
func (m *Model) askWhere(c *chat, title, verb, path, replaces string) command {
	return m.newQuestion(asking, title, verb, path, func(m *Model, path string) command {
		if path = strings.TrimSpace(path); path == "" {
			return nil
		}
		m.savePath = path
		return m.work.save(c, path, path == replaces)
	})
}

func (m *Model) promptLoad() command {
	return m.newQuestion(asking, "Open the conversation in (.md or .json)", "open", m.path(),
		func(m *Model, path string) command {
			if path = strings.TrimSpace(path); path == "" {
				return nil
			}
			return m.work.load(path, m.chat().talk)
		})
}

// saved tells that a chat was saved, or why not.
type saved struct {
	chat     *chat
	messages []client.Message
	path     string
	err      error
}

// loaded is a conversation from a file.
type loaded struct {
	path string
	talk client.Conversation
	err  error
}

// save saves a chat. Where it may not replace a file that is there, the error is
// fs.ErrExist.
func (w *work) save(c *chat, path string, replace bool) command {
	all := c.conversation()
	return w.do(func() msg {
		if !replace {
			if _, err := os.Lstat(path); err == nil {
				return saved{chat: c, path: path, err: fs.ErrExist}
			}
		}
		return saved{c, all.Messages, path, talk.Save(path, all)}
	})
}

// load reads a conversation. Where the file names no model, it is that of the
// present one.
func (w *work) load(path string, present client.Conversation) command {
	return w.do(func() msg {
		c, err := talk.Load(path)
		if c.Model == "" {
			c.Model = present.Model
		}
		c.Key = present.Key
		return loaded{path, c, err}
	})
}

// filed takes the end of a saving or a loading.
func (m *Model) filed(msg msg) command {
	switch msg := msg.(type) {
	case saved:
		switch {
		case errors.Is(msg.err, fs.ErrExist) && m.popup == noPopup:
			title := "replace " + msg.path + "? It is there already"
			return m.askWhere(msg.chat, printable.Text(title), "replace", msg.path, msg.path)
		case msg.err != nil:
			m.say(msg.err.Error(), true)
			return nil
		}
		msg.chat.file, msg.chat.kept = msg.path, msg.messages
		m.say("saved in "+msg.path, false)
	case loaded:
		if msg.err != nil {
			m.say(msg.err.Error(), true)
			return nil
		}
		m.show(len(m.chats), func() { m.add(msg.talk) })
		m.savePath, m.chat().file = msg.path, msg.path
	}
	return nil
}

// viewPopup is the popup's rows, its head included.
func (m *Model) viewPopup() []string {
	switch m.popup {
	case leaving:
		return m.viewLeaving()
	case listing:
		return m.viewListing()
	case asking:
		return m.viewAsking(m.question.title)
	case searching:
		return m.viewAsking(m.searchTitle())
	case noPopup:
	}
	return nil
}

func (m *Model) viewAsking(title string) []string {
	q := m.question
	rows := []string{m.panelHead(title, m.width), cut(q.field.View(), m.width)}
	if m.popup == searching {
		return rows
	}
	return append(rows, q.choices.view(m.theme, q.filter())...)
}

// path is the file that a question about one proposes.
func (m *Model) path() string {
	switch {
	case m.savePath != "":
		return m.savePath
	case m.settings.SavePath != "":
		return m.settings.SavePath
	}
	return "chat.md"
}

// filter is what choices have to have in them: what was written, and not the
// answer that was there before.
func (q question) filter() string {
	if q.field.Value() == q.before {
		return ""
	}
	return q.field.Value()
}
