package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openPTY returns a pseudo-terminal of 24 lines: whatever is written to tty can
// be read from master.
func openPTY(columns int) (master, tty *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)})
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, master.Close())
	}
	return master, tty, nil
}

// canOpenPTY tells whether this machine gives us one.
func canOpenPTY() bool {
	master, tty, err := openPTY(80)
	if err != nil {
		return false
	}
	master.Close()
	tty.Close()
	return true
}

// drain copies what comes from a pseudo-terminal until its last user has closed
// it.
func drain(to io.Writer, master *os.File) error {
	_, err := io.Copy(to, master)
	if errors.Is(err, syscall.EIO) { // this is how it says so
		return nil
	}
	return err
}
