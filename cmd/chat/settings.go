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
	// SavePath is where ctrl+s saves if nothing else is said. Default chat.md.
	SavePath string
	// NoColor leaves all colours out. They are left out too where the environment has NO_COLOR.
	NoColor bool
	// In and Out are the terminal.
	In  io.Reader
	Out io.Writer
	// Environ is the terminal's environment, TERM in it. Default: that of the process.
	Environ []string
}

// WithDefaults returns the settings with their defaults filled in.
func (s Settings) WithDefaults() Settings {
	if s.SavePath == "" {
		s.SavePath = "chat.md"
	}
	return s
}

// Validate tells what is wrong with settings whose defaults are filled in.
func (s Settings) Validate() error {
	switch {
	case s.Talk.Target.Dialect == "":
		return errors.New("chat: the server was not resolved")
	case s.In == nil || s.Out == nil:
		return errors.New("chat: no terminal")
	}
	return nil
}
