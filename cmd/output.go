package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// unwritten says that a command could not write what it was asked for; nil is that it
// could.
func unwritten(command string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: write to stdout: %w", command, err)
	}
	return nil
}

// outputFlag is the path of a file that is written when a run is over; empty is
// none.
type outputFlag string

func (o *outputFlag) Set(path string) error {
	if path == "" {
		return errors.New("no path")
	}
	*o = outputFlag(path)
	return nil
}

func (o *outputFlag) String() string { return string(*o) }

// Type names the flag's kind in a help text.
func (*outputFlag) Type() string { return "path" }

// check sees, before anything is measured, that the file that a flag asks for can
// be written.
func (o outputFlag) check(flag string) error {
	if o == "" {
		return nil
	}
	info, before := os.Stat(string(o))
	if before == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil // to open one is to wait for its reader
	}
	f, err := os.OpenFile(string(o), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return hinted{fmt.Errorf("%s: %w", flag, err), "give the path of a file that can be written, in a folder that exists"}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if errors.Is(before, fs.ErrNotExist) {
		_ = os.Remove(string(o)) // an empty one would be taken for a whole one; it is made again
	}
	return nil
}

// write makes the file of what write puts into it; what is what it is.
func (o outputFlag) write(what string, write func(io.Writer) error) error {
	if o == "" {
		return nil
	}
	f, err := os.Create(string(o))
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
