package talk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// maxFile is how large a conversation on disk may be, in bytes.
const maxFile = 64 << 20

// Format is how a conversation stands in a file.
type Format string

const (
	JSON     Format = "json"     // see WriteJSON
	Markdown Format = "markdown" // see WriteMarkdown
)

// FormatError is the answer to the name of a file that tells no format.
type FormatError struct{ Path string }

func (e *FormatError) Error() string { return fmt.Sprintf("%s: its name tells no format", e.Path) }

// Hint names the endings that there are.
func (*FormatError) Hint() string { return "a conversation's file ends in .json, .md or .markdown" }

// FormatOf is the format that a file's name tells. The error is a *FormatError.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return JSON, nil
	case ".md", ".markdown":
		return Markdown, nil
	}
	return "", &FormatError{Path: path}
}

// Load reads a conversation from a file, whose name tells the format. It has no key: none is ever saved.
func Load(path string) (client.Conversation, error) {
	format, err := FormatOf(path)
	if err != nil {
		return client.Conversation{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return client.Conversation{}, err
	}
	defer f.Close()
	c, err := format.Read(f)
	if err != nil {
		return client.Conversation{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Save writes a conversation to a file, whose name tells the format, for its owner alone. The file is there whole, or as
// it was before.
func Save(path string, c client.Conversation) error {
	format, err := FormatOf(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // readable by its owner alone
	if err != nil {
		return fmt.Errorf("save the conversation: %w", err)
	}
	err = errors.Join(format.Write(f, c), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("save the conversation: %w", err)
	}
	return nil
}

// Read reads a conversation.
func (f Format) Read(r io.Reader) (client.Conversation, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return client.Conversation{}, err
	case len(data) > maxFile:
		return client.Conversation{}, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	case f == JSON:
		return ReadJSON(data)
	case f == Markdown:
		return ReadMarkdown(data)
	}
	return client.Conversation{}, fmt.Errorf("format %q is unknown", f)
}

// Write writes a conversation.
func (f Format) Write(w io.Writer, c client.Conversation) error {
	var data []byte
	switch f {
	case JSON:
		data = WriteJSON(c)
	case Markdown:
		data = WriteMarkdown(c)
	default:
		return fmt.Errorf("format %q is unknown", f)
	}
	_, err := w.Write(data)
	return err
}
