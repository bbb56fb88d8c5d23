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

// Save writes a conversation to a file, whose name tells the format, for its owner alone. A link is followed. The file is
// there whole, or as it was before; one that is no regular file, or stands in a folder that takes no other, is written in
// its place.
func Save(path string, c client.Conversation) error {
	format, err := FormatOf(path)
	if err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := format.save(path, c); err != nil {
		return fmt.Errorf("save the conversation: %w", err)
	}
	return nil
}

func (f Format) save(path string, c client.Conversation) error {
	info, missing := os.Stat(path)
	if missing == nil && !info.Mode().IsRegular() {
		return f.overwrite(path, c)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // readable by its owner alone
	if err != nil {
		if missing == nil {
			return f.overwrite(path, c)
		}
		return err
	}
	err = errors.Join(f.Write(file, c), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// overwrite writes to a file that is there.
func (f Format) overwrite(path string, c client.Conversation) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Write(file, c), file.Close())
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
