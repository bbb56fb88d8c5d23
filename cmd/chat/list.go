package chat

import (
	"fmt"
)

// show shows another chat, which make may add: what is written stays with its
// own.
func (m *Model) show(at int, make func()) {
	m.chat().draft = m.input.Value()
	if make != nil {
		make()
	}
	m.at = max(0, min(at, len(m.chats)-1))
	m.input.SetValue(m.chat().draft)
	m.panelTop = 0
}

func (m *Model) newChat() command {
	present := m.chat().talk
	present.Session = "" // the server's, of the other conversation
	m.show(len(m.chats), func() { m.add(present) })
	m.closePopup()
	return nil
}

func (m *Model) nextChat() command     { return m.turn(1) }
func (m *Model) previousChat() command { return m.turn(-1) }

func (m *Model) turn(by int) command {
	n := len(m.chats)
	m.show((m.at+by+n)%n, nil)
	return nil
}

func (m *Model) listChats() command {
	m.popup, m.choice = listing, m.at
	return nil
}

func (m *Model) pressListing(key string) command {
	asked := m.closing
	m.closing = nil
	switch key {
	case "up", "k":
		m.choice = max(0, m.choice-1)
	case "down", "j":
		m.choice = min(len(m.chats)-1, m.choice+1)
	case "enter":
		m.show(m.choice, nil)
		m.closePopup()
	case "n":
		return m.newChat()
	case "d":
		m.chat().draft = m.input.Value()
		if c := m.chats[m.choice]; c.unsaved() && c != asked {
			m.closing = c
			return nil
		}
		return m.closeChat()
	}
	return nil
}

// closeChat forgets the chosen conversation. There is always one.
func (m *Model) closeChat() command {
	c := m.chats[m.choice]
	stop := m.giveUp(c)
	if len(m.chats) == 1 {
		present := c.talk
		present.Session = ""
		m.add(present)
	}
	shown := m.chat()
	m.chats = append(m.chats[:m.choice:m.choice], m.chats[m.choice+1:]...)
	m.choice = min(m.choice, len(m.chats)-1)
	m.at = m.choice
	for i, other := range m.chats {
		if other == shown {
			m.at = i
		}
	}
	m.input.SetValue(m.chat().draft)
	return stop
}

// maxListed is how many conversations are in sight.
const maxListed = 8

func (m *Model) viewListing() []string {
	t := m.theme
	rows := []string{m.panelHead("conversations", m.width)}
	first := max(0, min(m.choice-maxListed/2, len(m.chats)-maxListed))
	for i := first; i < len(m.chats) && i < first+maxListed; i++ {
		c := m.chats[i]
		mark, style := "  ", in(t.muted)
		if i == m.choice {
			mark, style = "› ", in(t.accent).Bold(true)
		}
		state := fmt.Sprintf("%d messages", len(c.entries))
		if c.busy() {
			state = "● answering"
		}
		if c == m.closing {
			state = "not saved: close it? d"
			style = in(t.warn).Bold(true)
		}
		left := style.Render(mark+fmt.Sprintf("%d ", i+1)) + style.Render(c.title())
		room := m.width - len([]rune(state)) - 2
		rows = append(rows, pad(cut(left, room), room)+" "+in(t.faint).Render(state))
	}
	return rows
}
