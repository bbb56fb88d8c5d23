package talk

import (
	"fmt"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// Dialect names how a server is talked to. *Dialect is a flag value.
type Dialect string

const (
	Auto      Dialect = "auto"      // by the URL, by what the server tells of itself, by how it answers
	Own       Dialect = "sse-tool"  // our own server's /sse/chat: it takes the last message, and resumes
	OpenAI    Dialect = "openai"    // chat completions, which most servers of language models speak
	Anthropic Dialect = "anthropic" // messages
	Text      Dialect = "text"      // a GET with ?message=, answered by events whose data is the text
)

// Dialects returns every one.
func Dialects() []Dialect { return []Dialect{Auto, Own, OpenAI, Anthropic, Text} }

// UnknownDialectError is the answer to the name of a dialect that does not exist.
type UnknownDialectError struct{ Name string }

func (e *UnknownDialectError) Error() string { return fmt.Sprintf("unknown dialect %q", e.Name) }

// Hint names those that there are.
func (*UnknownDialectError) Hint() string {
	var names []string
	for _, d := range Dialects() {
		names = append(names, string(d))
	}
	return "the dialects are " + strings.Join(names, ", ")
}

func (d Dialect) validate() error {
	for _, known := range Dialects() {
		if d == known {
			return nil
		}
	}
	return &UnknownDialectError{Name: string(d)}
}

// Set reads a dialect from a flag.
func (d *Dialect) Set(text string) error {
	if err := Dialect(text).validate(); err != nil {
		return err
	}
	*d = Dialect(text)
	return nil
}

func (d *Dialect) String() string { return string(*d) }

// Type names the flag's kind in a help text.
func (*Dialect) Type() string { return "dialect" }

// spoken is the dialect as package client has it.
func (d Dialect) spoken() (client.Dialect, error) {
	name := string(d)
	if d == Own {
		name = "chat"
	}
	return client.DialectByName(name)
}

// dialectOf is the name here of one of package client.
func dialectOf(d client.Dialect) Dialect {
	if d.Name() == "chat" {
		return Own
	}
	return Dialect(d.Name())
}
