package chat

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/sse-tool/sse-tool/cmd/printable"
	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/loadgen"
)

// way is a way to leave, as the menu has it.
type way struct {
	key  string
	way  loadgen.Disconnect
	does string
}

var ways = []way{
	{"r", loadgen.Refresh, "reload the page: a new stream, the same session"},
	{"c", loadgen.Close, "close the tab: the server sees a FIN"},
	{"x", loadgen.Reset, "kill the client: the server sees an RST"},
	{"s", loadgen.Stall, "freeze the tab: connected, and reading nothing"},
	{"v", loadgen.Vanish, "lose the network: the server sees nothing at all"},
}

// parting is a stream that left, and what the server makes of it.
type parting struct {
	departure talk.Departure
	reply     *talk.Reply
	watched   bool // the server shows its sessions
	gone      *talk.Gone
	due       time.Duration // how long the server may take; zero is not known

	closed time.Time // since when a stalled stream's window is
	blind  bool      // the system does not tell
	asked  bool      // the list is looked at besides
}

// from is when the server could begin to notice.
func (p *parting) from() time.Time {
	if p.closed.After(p.departure.At) {
		return p.closed
	}
	return p.departure.At
}

// held tells whether the server still has to let go.
func (p *parting) held() bool { return p.watched && p.gone == nil }

func (m *Model) leaveMenu() command {
	if m.chat().reply == nil {
		m.say("no stream is open: ask something, and leave while it answers", true)
		return nil
	}
	m.popup = leaving
	return nil
}

func (m *Model) pressLeaving(key string) command {
	for _, w := range ways {
		if w.key != key {
			continue
		}
		m.closePopup()
		c := m.chat()
		if c.reply == nil {
			m.say("the stream has ended meanwhile", true)
			return nil
		}
		return m.work.leave(answerID{c.id, c.answer}, c.reply, w.way)
	}
	return nil
}

// departed takes the leaving of a stream.
func (m *Model) departed(msg left) command {
	m.clock(msg.at)
	c := m.byID(msg.answerID)
	if msg.err != nil {
		text := msg.err.Error()
		var unable *talk.UnableError
		if errors.As(msg.err, &unable) && unable.Hint() != "" {
			text += "; " + unable.Hint()
		}
		m.say(text, true)
		return nil
	}
	p := &parting{departure: msg.departure, watched: m.settings.Talk.Target.Sessions != "" && m.liveErr == nil}
	if c != nil {
		p.reply = c.reply
		p.due, _ = m.settings.Talk.Target.Window(msg.departure, msg.departure.At.Sub(c.life.Opened))
	}
	m.parted = append(m.parted, p)
	for _, live := range m.recent {
		m.judge(p, live)
	}
	m.judge(p, m.listed)
	if p.watched {
		m.panel, m.panelTop = sessionsPanel, 0
	}
	if msg.successor == nil {
		return nil
	}
	if c == nil {
		return m.work.stop(msg.successor)
	}
	return m.refreshed(c, msg)
}

// refreshed goes on with the successor of a stream: the answer begins anew, as
// on a page that is loaded again.
func (m *Model) refreshed(c *chat, msg left) command {
	if last := len(c.entries) - 1; last >= 0 {
		c.entries[last].again()
	}
	c.answer++
	c.reply, c.asking = msg.successor, false
	c.life = talk.Life{State: talk.Connecting, Session: msg.departure.Session, Began: msg.at}
	c.events.push(eventLine{name: "refresh", text: "the same session, on a new stream"})
	return m.work.next(answerID{c.id, c.answer}, msg.successor)
}

// windowCame tells since when the receive window of a stalled stream is closed.
type windowCame struct {
	parting *parting
	closed  time.Time
	err     error
}

// windows asks for the windows of the streams that stalled.
func (m *Model) windows() command {
	var cmds []command
	for _, p := range m.parted {
		if p.departure.Way == loadgen.Stall && p.reply != nil && p.held() && p.closed.IsZero() && !p.blind {
			cmds = append(cmds, m.work.window(p))
		}
	}
	for _, p := range m.parted {
		if p.held() && !p.asked && m.now.Sub(p.departure.At) > doubt {
			p.asked = true
			cmds = append(cmds, m.work.await(p))
		}
	}
	return batch(cmds)
}

// doubt is after how long the list itself is asked whether a session is still
// held: a server may leave a change out of its feed, and the next one, which
// would tell, may not come.
const doubt = 3 * time.Second

// awaited tells that a session is gone.
type awaited struct {
	parting *parting
	gone    talk.Gone
	err     error
}

func (w *work) await(p *parting) command {
	return w.do(func() msg {
		gone, err := p.departure.Await(w.ctx, w.config)
		return awaited{p, gone, err}
	})
}

func (w *work) window(p *parting) command {
	reply := p.reply
	return w.do(func() msg {
		closed, err := reply.WindowClosed(time.Now())
		return windowCame{p, closed, err}
	})
}

// story is a parting in words: what was done, and what became of the session.
func (p *parting) story(now time.Time) (did, became string) {
	d := p.departure
	who := "a session" // it left before its id came
	if d.Session != "" {
		who = "session " + shortID(d.Session)
	}
	did = who + " left by " + string(d.Way)
	since := max(0, now.Sub(d.At))
	overdue := p.due > 0 && now.Sub(p.from()) > p.due
	switch {
	case p.gone != nil:
		became = "let go after " + exact(p.gone.After)
		if p.gone.Reason == "replaced" {
			became = "its new stream took over after " + exact(p.gone.After)
		} else if p.gone.Reason != "" {
			became += " (" + printable.Text(p.gone.Reason) + ")"
		}
	case !p.watched:
		became = "the server shows no list of its sessions"
	case d.Way == loadgen.Stall && p.closed.IsZero() && !p.blind:
		became = seconds(since) + " ago: our window is still open, nobody can notice yet"
	default:
		became = seconds(since) + " ago: still held"
		if overdue {
			became += ", and was due after " + whole(p.due)
		} else if p.due > 0 {
			became += ", due after " + whole(p.due)
		}
	}
	return did, became
}

// whole is a bound that was set.
func whole(d time.Duration) string { return d.Round(time.Second / 10).String() }

// exact is a time that was taken.
func exact(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// viewLeaving is the menu.
func (m *Model) viewLeaving() []string {
	t := m.theme
	if m.height < 16 {
		var parts []string
		for _, w := range ways {
			parts = append(parts, in(t.accent).Bold(true).Render(w.key)+" "+string(w.way))
		}
		rows := []string{m.panelHead("leave by", m.width)}
		for _, row := range fit(strings.Join(parts, "   "), m.width-2) {
			rows = append(rows, " "+row)
		}
		return rows
	}
	rows := []string{m.panelHead("leave the stream", m.width)}
	for _, w := range ways {
		key := in(t.accent).Bold(true).Render("  " + w.key + "  ")
		name := lipgloss.NewStyle().Bold(true).Render(fmt.Sprintf("%-9s", w.way))
		rows = append(rows, cut(key+name+in(t.muted).Render(w.does), m.width))
	}
	return rows
}
