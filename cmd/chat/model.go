package chat

import (
	"net/url"
	"strings"
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// command is a tea.Cmd: what waits, or looks at the world.
type command = tea.Cmd

// Model is the screen: what it shows, and what it waits for. Its update and its
// view do no more than that; all else is a command of work.
type Model struct {
	settings Settings
	work     *work
	keys     map[string]func(*Model) command

	width, height int
	now           time.Time
	ticking       bool
	theme         theme
	md            *markdown
	arranged      int       // the history's width when it was arranged last
	arrangedBy    *markdown // and by what

	chats []*chat
	at    int
	made  int // chats so far

	input    textarea.Model
	popup    popup
	question question
	savePath string // as it was given last
	choice   int    // in the list of chats
	closing  *chat  // of which it was asked whether it is to be closed
	found    found
	help     bool
	helpTop  int

	panel    panel
	panelTop int // rows up from its end
	live     talk.Live
	liveErr  error
	listed   talk.Live   // the newest list
	recent   []talk.Live // the newest closings
	parted   []*parting

	note    string // what was done last
	noteBad bool
	noteEnd time.Time
}

func newModel(s Settings, w *work) *Model {
	m := &Model{settings: s, work: w, keys: keyTable(), width: 80, height: 24}
	m.paint(true)
	m.input = newInput(m.theme)
	m.add(s.Conversation)
	m.chat().file = s.SavePath
	return m
}

// paint takes the colours for a dark or a light background.
func (m *Model) paint(dark bool) {
	m.theme = newTheme(dark)
	m.md = newMarkdown(m.theme)
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor, m.input.Focus()}
	if m.settings.Talk.Target.Sessions != "" {
		cmds = append(cmds, m.work.watch())
	}
	return tea.Batch(cmds...)
}

// newInput is the field in which one writes.
func newInput(t theme) textarea.Model {
	input := textarea.New()
	input.Prompt = "› "
	input.Placeholder = "Say something"
	input.ShowLineNumbers = false
	input.CharLimit, input.MaxWidth = 0, 0
	input.DynamicHeight, input.MinHeight, input.MaxHeight, input.MaxContentHeight = true, 1, 6, 1<<20
	input.SetVirtualCursor(false)
	input.KeyMap.InsertNewline.SetKeys("ctrl+j", "alt+enter", "shift+enter")
	input.SetStyles(inputStyles(t))
	return input
}

func inputStyles(t theme) textarea.Styles {
	s := textarea.DefaultStyles(t.dark)
	for _, state := range []*textarea.StyleState{&s.Focused, &s.Blurred} {
		state.CursorLine = lipgloss.NewStyle()
		state.Prompt = in(t.you).Bold(true)
		state.Placeholder = in(t.faint)
		state.Text = lipgloss.NewStyle()
	}
	s.Cursor.Color, s.Cursor.Shape, s.Cursor.Blink = t.accent, tea.CursorBar, true
	return s
}

// chat is the one that is shown.
func (m *Model) chat() *chat { return m.chats[m.at] }

// add adds a conversation, and shows it.
func (m *Model) add(c client.Conversation) {
	m.made++
	m.chats = append(m.chats, newChat(m.made, c))
	m.at = len(m.chats) - 1
}

// byID is the chat that a message is about; nil where it was closed.
func (m *Model) byID(id answerID) *chat {
	for _, c := range m.chats {
		if c.id == id.chat && c.answer == id.answer {
			return c
		}
	}
	return nil
}

func printableModel(name string) string { return cut(printable.Text(name), 32) }

// say shows a word about what was done, for a moment.
func (m *Model) say(text string, bad bool) {
	m.note, m.noteBad, m.noteEnd = printable.Text(text), bad, time.Time{}
}

// server is whom it talks to, without a secret.
func (m *Model) server() string {
	address := client.Redact(m.settings.Talk.URL)
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		address = u.Host + strings.TrimSuffix(u.Path, "/")
	}
	return printable.Text(address) + " · " + string(m.settings.Talk.Target.Dialect)
}
