package cmd

import (
	"fmt"
	"io"
	"os"
)

// stdinPath is the standard input where a file is read.
const stdinPath = "-"

// readSaved reads what a run has saved at a path.
func readSaved[T any](stdin io.Reader, path string, read func(io.Reader) (T, error)) (saved T, err error) {
	in, name := stdin, "the standard input"
	if path != stdinPath {
		f, err := os.Open(path)
		if err != nil {
			return saved, err
		}
		defer f.Close() // it was only read
		in, name = f, path
	}
	saved, err = read(in)
	if err != nil {
		return saved, fmt.Errorf("%s: %w", name, err)
	}
	return saved, nil
}
