package chat

import (
	"errors"
	"io"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// Settings say what the screen talks to, and where it is shown.
type Settings struct {
	// Talk is the server, resolved (see talk.Config.Resolve).
	Talk talk.Config
	// Conversation is gone on with: a loaded one, or one with no more than a model or a system prompt.
	Conversation client.Conversation
	// SavePath is where ctrl+s saves if nothing else is said, and where the conversation that is shown last is saved at
	// the end. Empty: ctrl+s proposes chat.md, and at the end nothing is saved.
	SavePath string
	// NoColor leaves all colours out. They are left out too where the environment has NO_COLOR.
	NoColor bool
	// In and Out are the terminal.
	In  io.Reader
	Out io.Writer
	// Hint tells the way out of an error, empty where there is none. Nil knows none; an error may have its own (a Hint
	// method).
	Hint func(error) string
	// Environ is the terminal's environment, TERM in it. Default: that of the process.
	Environ []string
}

// Validate tells what is wrong with settings.
func (s Settings) Validate() error {
	switch {
	case s.Talk.Target.Dialect == "":
		return errors.New("the server was not resolved")
	case s.In == nil || s.Out == nil:
		return errors.New("there is no terminal")
	}
	return nil
}
