package chat

import (
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/printable"
)

// choices are answers that a question proposes: those with what is written in
// them, as many as are in sight.
type choices struct {
	all []string
	at  int // the one that is chosen; -1 is what is written
}

// maxChoices is how many are in sight.
const maxChoices = 6

// fitting are those that have the text in them.
func (c choices) fitting(text string) []string {
	var names []string
	for _, name := range c.all {
		if strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(text))) {
			names = append(names, name)
		}
	}
	return names
}

// walk chooses the next, or what is written above the first.
func (c *choices) walk(text string, by int) {
	c.at = max(-1, min(c.at+by, len(c.fitting(text))-1))
}

// answer is the chosen one, or what is written.
func (c choices) answer(text string) string {
	if names := c.fitting(text); c.at >= 0 && c.at < len(names) {
		return names[c.at]
	}
	return text
}

// view is the choices, the chosen one marked.
func (c choices) view(t theme, text string) []string {
	names := c.fitting(text)
	first := max(0, min(c.at-maxChoices/2, len(names)-maxChoices))
	var rows []string
	for i := first; i < len(names) && i < first+maxChoices; i++ {
		if i == c.at {
			rows = append(rows, in(t.accent).Bold(true).Render("▸ "+printable.Text(names[i])))
			continue
		}
		rows = append(rows, in(t.muted).Render("  "+printable.Text(names[i])))
	}
	return rows
}

// modelsCame is which models the server has.
type modelsCame struct {
	names []string
	err   error
}

// models asks for them, with the key that the conversation is asked with.
func (w *work) models(c client.Conversation) command {
	config := w.config
	if c.Key != "" {
		config.Key = c.Key
	}
	return w.do(func() msg {
		names, err := config.Models(w.ctx)
		return modelsCame{names, err}
	})
}

// modelsTold puts the models into the question for one. A server that tells none
// leaves the name to be written.
func (m *Model) modelsTold(msg modelsCame) {
	if m.popup == asking && m.question.models && msg.err == nil {
		m.question.choices.all = msg.names
	}
}
