package chat

// binding is a key, what it does, and how the help tells of it.
type binding struct {
	keys []string // as Bubble Tea names them; the first is the one that is told
	name string   // as people write it
	help string
	do   func(*Model) command
}

// group is bindings that belong together.
type group struct {
	title string
	keys  []binding
}

// bindings are all keys of the chat itself. What is not among them goes to the
// input.
func bindings() []group {
	return []group{
		{"Write", []binding{
			{[]string{"enter"}, "enter", "send", (*Model).send},
			{[]string{"ctrl+j", "alt+enter", "shift+enter"}, "ctrl+j, alt+enter", "new line", (*Model).newline},
			{[]string{"esc"}, "esc", "stop the answer; else close what is open, or drop an edit", (*Model).escape},
			{[]string{"ctrl+r"}, "ctrl+r", "retry: ask the last message again", (*Model).retry},
			{[]string{"up"}, "↑ (nothing written)", "edit the last message, and ask that", (*Model).editLast},
			{[]string{"ctrl+t"}, "ctrl+t", "system prompt", (*Model).promptSystem},
			{[]string{"ctrl+p"}, "ctrl+p", "model: its name, or one that the server has", (*Model).promptModel},
		}},
		{"Read", []binding{
			{[]string{"pgup", "shift+up", "alt+up"}, "pgup, alt+↑", "scroll up; the wheel does too", nil},
			{[]string{"pgdown", "shift+down", "alt+down"}, "pgdn, alt+↓", "scroll down", nil},
			{[]string{"ctrl+home"}, "ctrl+home", "the beginning", (*Model).toTop},
			{[]string{"ctrl+end"}, "ctrl+end", "the end, and follow it", (*Model).toEnd},
			{[]string{"ctrl+f"}, "ctrl+f", "search; enter, then n and N", (*Model).beginSearch},
			{[]string{"ctrl+y"}, "ctrl+y", "copy the last answer", (*Model).copyAnswer},
			{[]string{"alt+y"}, "alt+y", "copy its last code", (*Model).copyCode},
		}},
		{"Conversations", []binding{
			{[]string{"ctrl+n"}, "ctrl+n", "a new one", (*Model).newChat},
			{[]string{"ctrl+pgdown", "alt+n"}, "ctrl+pgdn, alt+n", "the next", (*Model).nextChat},
			{[]string{"ctrl+pgup", "alt+p"}, "ctrl+pgup, alt+p", "the previous", (*Model).previousChat},
			{[]string{"ctrl+g"}, "ctrl+g", "list them", (*Model).listChats},
			{[]string{"ctrl+s"}, "ctrl+s", "save, as .md or .json", (*Model).promptSave},
			{[]string{"ctrl+o"}, "ctrl+o", "open a saved one", (*Model).promptLoad},
		}},
		{"The stream", []binding{
			{[]string{"ctrl+l", "f4"}, "ctrl+l", "leave the stream, in one of five ways", (*Model).leaveMenu},
			{[]string{"f2", "alt+e"}, "f2, alt+e", "its events as they come", (*Model).toggleEvents},
			{[]string{"f3", "alt+s"}, "f3, alt+s", "the server's sessions", (*Model).toggleSessions},
			{[]string{"shift+pgup"}, "shift+pgup", "scroll the panel up", (*Model).panelUp},
			{[]string{"shift+pgdown"}, "shift+pgdn", "scroll the panel down", (*Model).panelDown},
		}},
		{"The rest", []binding{
			{[]string{"f1", "?"}, "?, f1", "this help (? where nothing is written)", (*Model).toggleHelp},
			{[]string{"ctrl+z"}, "ctrl+z", "to the shell; fg comes back", (*Model).suspend},
			{[]string{"ctrl+c"}, "ctrl+c", "end; so does ctrl+d where nothing is written", (*Model).quit},
		}},
	}
}

// table is the bindings by key.
func keyTable() map[string]func(*Model) command {
	table := map[string]func(*Model) command{}
	for _, g := range bindings() {
		for _, b := range g.keys {
			for _, k := range b.keys {
				table[k] = b.do
			}
		}
	}
	half := func(by int) func(*Model) command {
		return func(m *Model) command { m.chat().history.scroll(by * max(1, m.chat().history.height-2)); return nil }
	}
	line := func(by int) func(*Model) command {
		return func(m *Model) command { m.chat().history.scroll(by); return nil }
	}
	table["pgup"], table["pgdown"] = half(-1), half(1)
	table["alt+up"], table["alt+down"] = line(-1), line(1)
	delete(table, "shift+up")
	delete(table, "shift+down")
	table["ctrl+d"] = (*Model).quit
	return table
}

// hint is a key and a word, for the line of help.
type hint struct{ key, text string }

// hints are what fits the moment, the most important first.
func (m *Model) hints() []hint {
	c := m.chat()
	switch {
	case m.help:
		return []hint{{"↑↓", "scroll"}, {"esc", "back"}}
	case m.popup == leaving:
		return []hint{{"r c x s v", "leave so"}, {"esc", "stay"}}
	case m.popup == listing && m.closing != nil:
		return []hint{{"d", "close what is not saved"}, {"↑↓", "keep it"}, {"esc", "back"}}
	case m.popup == listing:
		return []hint{{"enter", "open"}, {"↑↓", "choose"}, {"n", "new"}, {"d", "close"}, {"esc", "back"}}
	case m.popup == asking && len(m.question.choices.all) > 0:
		return []hint{{"enter", m.question.verb}, {"↑↓", "choose"}, {"esc", "back"}}
	case m.popup == asking:
		return []hint{{"enter", m.question.verb}, {"esc", "back"}}
	case m.popup == searching && m.found.walking:
		return []hint{{"n", "next"}, {"N", "previous"}, {"esc", "end"}, {"ctrl+f", "another"}}
	case m.popup == searching:
		return []hint{{"enter", "search"}, {"esc", "back"}}
	case c.editing >= 0:
		return []hint{{"enter", "ask this instead"}, {"esc", "drop the edit"}}
	case c.reply != nil && !c.life.State.Over():
		return []hint{{"esc", "stop"}, {"ctrl+l", "leave"}, {"f2", "events"}, {"f3", "sessions"}, {"pgup", "scroll"}, {"?", "keys"}}
	}
	hints := []hint{{"enter", "send"}, {"ctrl+j", "new line"}}
	if m.input.Value() == "" {
		hints = []hint{{"enter", "send"}, {"?", "keys"}}
		if c.lastOf("user") >= 0 {
			hints = append(hints, hint{"↑", "edit"}, hint{"ctrl+r", "retry"}, hint{"ctrl+y", "copy"})
		}
	}
	if m.panel != noPanel {
		hints = append([]hint{hints[0], {"esc", "close the panel"}}, hints[1:]...)
	}
	return append(hints, hint{"ctrl+n", "new"}, hint{"f2", "events"}, hint{"f3", "sessions"}, hint{"ctrl+c", "end"})
}
