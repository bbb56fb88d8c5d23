package chat

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sse-tool/sse-tool/cmd/talk"
)

// SaveError tells that a conversation could not be saved at the end where it was
// to be.
type SaveError struct {
	// Rescued is the file that has it instead; empty where none could be made.
	Rescued string
	Err     error
}

func (e *SaveError) Error() string { return e.Err.Error() }

func (e *SaveError) Unwrap() error { return e.Err }

// Hint is where the conversation is.
func (e *SaveError) Hint() string {
	if e.Rescued == "" {
		return ""
	}
	return "the conversation is in " + e.Rescued
}

// keep saves the conversation at the end, where that is wanted. One in which
// nothing was said takes no other's place.
func (m *Model) keep() error {
	c := m.lastSaid()
	if m.settings.SavePath == "" || c == nil {
		return nil
	}
	err := talk.Save(m.settings.SavePath, c.conversation())
	if err == nil {
		return nil
	}
	rescued, other := rescue(m.settings.SavePath, c)
	return &SaveError{Rescued: rescued, Err: errors.Join(err, other)}
}

// lastSaid is the chat that is shown, or the newest other where nothing was said
// in that; nil where nothing was said at all.
func (m *Model) lastSaid() *chat {
	if len(m.chat().entries) > 0 {
		return m.chat()
	}
	for i := len(m.chats) - 1; i >= 0; i-- {
		if len(m.chats[i].entries) > 0 {
			return m.chats[i]
		}
	}
	return nil
}

// rescue saves a chat in a new folder among the temporary files.
func rescue(path string, c *chat) (string, error) {
	dir, err := os.MkdirTemp("", "sse-tool-chat-")
	if err != nil {
		return "", fmt.Errorf("rescue the conversation: %w", err)
	}
	path = filepath.Join(dir, "chat"+filepath.Ext(path))
	if err := talk.Save(path, c.conversation()); err != nil {
		return "", fmt.Errorf("rescue the conversation: %w", err)
	}
	return path, nil
}
