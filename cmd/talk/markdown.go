package talk

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// The headings under which the texts of a conversation stand in Markdown.
const (
	headingSystem    = "## System"
	headingUser      = "## User"
	headingAssistant = "## Assistant"
)

// frontMatter is the line above and below what a Markdown file says of itself.
const frontMatter = "---"

// WriteMarkdown returns a conversation as Markdown, which reads well and is read again by ReadMarkdown:
//
//	---
//	sse-tool-chat: 1
//	model: "…"
//	---
//
//	## System
//
//	Be brief.
//
//	## User
//
//	Hello.
//
//	## Assistant
//
//	Hi.
//
// The front matter has what is not empty of WriteJSON's other fields. Every text is kept byte for byte, code fences and
// headings of its own included; a line that is one of the three headings gets a backslash in front, which Markdown does
// not show.
func WriteMarkdown(c client.Conversation) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nsse-tool-chat: %d\n", frontMatter, schema)
	writeField(&b, "model", c.Model, c.Model != "")
	writeField(&b, "session", c.Session, c.Session != "")
	writeField(&b, "max_tokens", c.MaxTokens, c.MaxTokens != 0)
	writeField(&b, "temperature", c.Temperature, c.Temperature != nil)
	b.WriteString(frontMatter + "\n")
	if c.System != "" {
		writeSection(&b, headingSystem, c.System)
	}
	for _, m := range c.Messages {
		heading := headingUser
		if m.Role == client.RoleAssistant {
			heading = headingAssistant
		}
		writeSection(&b, heading, m.Text)
	}
	return []byte(b.String())
}

// writeField writes a field as JSON, which YAML reads as it is.
func writeField(b *strings.Builder, name string, value any, there bool) {
	text, err := json.Marshal(value)
	if there && err == nil {
		fmt.Fprintf(b, "%s: %s\n", name, text)
	}
}

func writeSection(b *strings.Builder, heading, text string) {
	b.WriteString("\n" + heading + "\n\n")
	for line := range strings.Lines(text) {
		if _, ok := headingOf(strings.TrimLeft(line, `\`)); ok {
			b.WriteString(`\`)
		}
		b.WriteString(line)
	}
	b.WriteString("\n")
}

// headingOf is the heading that a line is. Spaces at its end do not count: editors leave some, or take them.
func headingOf(line string) (heading string, ok bool) {
	switch line = strings.TrimRight(line, " \t\r\n"); line {
	case headingSystem, headingUser, headingAssistant:
		return line, true
	}
	return "", false
}

// ReadMarkdown reads what WriteMarkdown returned, or somebody wrote: a text begins behind its heading and the blank line
// below it, and ends before the blank line above the next heading. The front matter may be missing. A file whose lines
// end as on Windows is read as if they did not.
func ReadMarkdown(data []byte) (client.Conversation, error) {
	text := string(data)
	if first, _, _ := strings.Cut(text, "\n"); strings.HasSuffix(first, "\r") {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	m := markdownReader{}
	text, err := m.frontMatter(text)
	for line := range strings.Lines(text) {
		if err == nil {
			err = m.line(line)
		}
	}
	if err == nil {
		err = m.section(1)
	}
	if err != nil {
		return client.Conversation{}, fmt.Errorf("read conversation: %w", err)
	}
	return m.read, nil
}

// markdownReader reads a conversation line by line.
type markdownReader struct {
	read    client.Conversation
	heading string // above the text that is being read; empty before the first
	text    strings.Builder
}

// line takes the next line, with its end.
func (m *markdownReader) line(line string) error {
	if heading, ok := headingOf(line); ok {
		err := m.section(2)
		m.heading = heading
		return err
	}
	if bare := strings.TrimLeft(line, `\`); len(bare) < len(line) {
		if _, ok := headingOf(bare); ok {
			line = line[1:]
		}
	}
	m.text.WriteString(line)
	return nil
}

// section takes the text that is over, less the ends of lines that were written behind it.
func (m *markdownReader) section(ends int) error {
	text := m.text.String()
	m.text.Reset()
	if m.heading != "" {
		text = strings.TrimPrefix(text, "\n")
		for range ends {
			text = strings.TrimSuffix(text, "\n")
		}
	}
	switch m.heading {
	case headingSystem:
		if m.read.System != "" || len(m.read.Messages) > 0 {
			return fmt.Errorf("%q stands once, before the messages", headingSystem)
		}
		m.read.System = text
	case headingUser:
		m.read.Messages = append(m.read.Messages, client.Message{Role: client.RoleUser, Text: text})
	case headingAssistant:
		m.read.Messages = append(m.read.Messages, client.Message{Role: client.RoleAssistant, Text: text})
	default:
		if strings.TrimSpace(text) != "" {
			return fmt.Errorf("text stands before the first heading, which is %q, %q or %q", headingSystem, headingUser, headingAssistant)
		}
	}
	return nil
}

// frontMatter reads what stands at the top, if anything does, and returns the rest.
func (m *markdownReader) frontMatter(text string) (rest string, err error) {
	rest, ok := strings.CutPrefix(text, frontMatter+"\n")
	if !ok {
		return text, nil
	}
	for {
		line, after, more := strings.Cut(rest, "\n")
		switch {
		case strings.TrimSpace(line) == frontMatter:
			return after, nil
		case !more:
			return "", fmt.Errorf("the front matter has no end: a line of %s", frontMatter)
		}
		name, value, _ := strings.Cut(line, ":")
		if err := m.field(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return "", err
		}
		rest = after
	}
}

// field takes a field of the front matter; one that it does not know is left out.
func (m *markdownReader) field(name, value string) (err error) {
	word := func(to *string) {
		if json.Unmarshal([]byte(value), to) != nil {
			*to = value // YAML needs no quotes
		}
	}
	switch name {
	case "sse-tool-chat":
		if value != fmt.Sprint(schema) {
			err = fmt.Errorf("schema %s is not known, only %d", value, schema)
		}
	case "model":
		word(&m.read.Model)
	case "session":
		word(&m.read.Session)
	case "max_tokens":
		err = json.Unmarshal([]byte(value), &m.read.MaxTokens)
	case "temperature":
		err = json.Unmarshal([]byte(value), &m.read.Temperature)
	}
	return err
}
