package chat

import (
	tea "charm.land/bubbletea/v2"
)

// press is a key.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	key := msg.String()
	switch {
	case key == "ctrl+c":
		return m.quit()
	case m.help:
		m.pressHelp(key)
		return nil
	case m.popup != noPopup:
		return m.pressPopup(key, msg)
	}
	if do := m.keys[key]; do != nil && (m.input.Value() == "" || !onlyEmpty[key]) {
		return do(m)
	}
	return m.typed(msg)
}

// onlyEmpty are the keys that mean something else once something is written.
var onlyEmpty = map[string]bool{"?": true, "up": true, "ctrl+d": true}

// typed goes to where one writes.
func (m *Model) typed(msg tea.Msg) (cmd tea.Cmd) {
	switch m.popup {
	case asking, searching:
		if !m.found.walking {
			m.question.field, cmd = m.question.field.Update(msg)
		}
		return cmd
	case noPopup:
		m.input, cmd = m.input.Update(msg)
	}
	return cmd
}

// pressPopup is a key while a popup is open.
func (m *Model) pressPopup(key string, msg tea.KeyPressMsg) tea.Cmd {
	if key == "esc" {
		m.closePopup()
		return nil
	}
	switch m.popup {
	case leaving:
		return m.pressLeaving(key)
	case listing:
		return m.pressListing(key)
	case searching:
		return m.pressSearching(key, msg)
	case asking:
		return m.pressAsking(key, msg)
	}
	return nil
}

// pressAsking is a key while a question is open.
func (m *Model) pressAsking(key string, msg tea.KeyPressMsg) tea.Cmd {
	q := &m.question
	switch key {
	case "enter":
		answer, then := q.field.Value(), q.then
		if len(q.choices.all) > 0 {
			if chosen := q.choices.answer(q.filter()); chosen != "" {
				answer = chosen
			}
		}
		m.closePopup()
		return then(m, answer)
	case "down":
		q.choices.walk(q.filter(), 1)
		return nil
	case "up":
		q.choices.walk(q.filter(), -1)
		return nil
	}
	q.choices.at = -1
	return m.typed(msg)
}

func (m *Model) closePopup() {
	m.popup = noPopup
	m.found, m.closing = found{}, nil
}

func (m *Model) quit() command    { return tea.Quit }
func (m *Model) suspend() command { return tea.Suspend }

// newline goes to the input, which knows the key.
func (m *Model) newline() command {
	m.input.InsertString("\n")
	return nil
}

// escape ends what is under way, the nearest first.
func (m *Model) escape() command {
	c := m.chat()
	switch {
	case c.editing >= 0:
		c.editing = -1
		m.input.Reset()
	case c.reply != nil:
		return m.work.stop(c.reply)
	case m.panel != noPanel:
		m.panel = noPanel
	}
	return nil
}

func (m *Model) toTop() command {
	h := &m.chat().history
	h.follow, h.top = false, 0
	return nil
}

func (m *Model) toEnd() command {
	m.chat().history.follow = true
	return nil
}
