//go:build !linux

package cmd

import (
	"errors"
	"io"
	"os"
)

func openPTY(int) (master, tty *os.File, err error) {
	return nil, nil, errors.ErrUnsupported
}

func canOpenPTY() bool { return false }

func drain(io.Writer, *os.File) error { return errors.ErrUnsupported }
