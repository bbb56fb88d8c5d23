package chat

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	m.arrange()
	if m.help {
		m.scrollHelp()
	}
	return m, tea.Batch(cmd, m.pulse())
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.input.SetWidth(max(4, msg.Width))
		m.question.field.SetWidth(max(4, msg.Width-4))
	case tea.BackgroundColorMsg:
		if msg.IsDark() != m.theme.dark {
			m.paint(msg.IsDark())
			m.input.SetStyles(inputStyles(m.theme))
		}
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.typed(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case asked, came, left, windowCame:
		return m.answered(msg)
	case sessionsCame:
		return m.sessionsChanged(msg)
	case saved, loaded:
		return m.filed(msg)
	case awaited:
		if msg.err == nil && msg.parting.gone == nil {
			msg.parting.gone = &msg.gone
		}
	case modelsCame:
		m.modelsTold(msg)
	case tick:
		m.ticking = false
		m.passed(time.Time(msg))
		return m.windows()
	}
	return nil
}

// answered takes what is about an answer. One that was given up since has
// nothing more to say.
func (m *Model) answered(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case asked:
		c := m.byID(msg.answerID)
		if c == nil {
			return m.work.stop(msg.reply)
		}
		m.clock(msg.life.Began)
		c.reply, c.asking, c.life = msg.reply, false, msg.life
		return m.work.next(msg.answerID, msg.reply)
	case came:
		c := m.byID(msg.answerID)
		if c != nil {
			m.clock(msg.update.At)
			c.take(msg)
		}
		switch {
		case msg.err != nil:
			return nil
		case c == nil:
			return m.work.stop(msg.reply)
		}
		return m.work.next(msg.answerID, msg.reply)
	case left:
		return m.departed(msg)
	case windowCame:
		msg.parting.closed, msg.parting.blind = msg.closed, msg.err != nil
	}
	return nil
}

// clock is told of a time that was read.
func (m *Model) clock(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
}

// passed is told that time has passed.
func (m *Model) passed(now time.Time) {
	m.clock(now)
	switch {
	case m.note == "":
	case m.noteEnd.IsZero():
		m.noteEnd = m.now.Add(noteTime)
	case m.now.After(m.noteEnd):
		m.note = ""
	}
}

// noteTime is how long a word about what was done is shown.
const noteTime = 4 * time.Second

// pulse has time told while something is shown that ages.
func (m *Model) pulse() tea.Cmd {
	every := time.Duration(0)
	if m.panel == sessionsPanel && (len(m.live.Sessions) > 0 || !m.live.Connected && m.liveErr == nil) {
		every = time.Second
	}
	if m.note != "" {
		every = pulse
	}
	for _, c := range m.chats {
		if c.busy() {
			every = pulse
		}
	}
	for _, p := range m.parted {
		if p.held() {
			every = pulse / 2
		}
	}
	if every == 0 || m.ticking {
		return nil
	}
	m.ticking = true
	return m.work.after(every)
}

// wheel scrolls what the mouse is over.
func (m *Model) wheel(msg tea.MouseWheelMsg) {
	by := 0
	switch msg.Button {
	case tea.MouseWheelUp:
		by = -3
	case tea.MouseWheelDown:
		by = 3
	}
	a := m.areas().panel
	switch {
	case m.help:
		m.helpTop += by
	case a.width > 0 && msg.X >= a.x && msg.Y >= a.y && msg.Y < a.y+a.height:
		m.scrollPanel(-by)
	default:
		m.chat().history.scroll(by)
	}
}
