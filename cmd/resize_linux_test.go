package cmd

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// A terminal that becomes narrower, or wider, in mid-run shows nothing in the
// end but the report.
func TestTerminalIsResized(t *testing.T) {
	if !canOpenPTY() {
		t.Skip("no pseudo-terminal here")
	}
	t.Parallel()
	for _, columns := range []int{40, 160} {
		t.Run(strconv.Itoa(columns), func(t *testing.T) {
			t.Parallel()
			for try := 1; ; try++ {
				clock := newStopwatch(t.Cleanup)
				shown, err := resized(columns, "storm", "-n", "6", "--hold", "1s", "--poll", "50ms", "--disconnect", "close")
				switch busy := errors.Is(err, errRaced) || clock.stood() >= tooLong; {
				case err == nil && onlyTheReport(shown):
					return
				case !busy || try == tries:
					t.Fatalf("%v; the terminal shows\n%s", err, shown)
				}
			}
		})
	}
}

// onlyTheReport tells whether a terminal shows that of a clean storm, and nothing of its
// progress.
func onlyTheReport(shown string) bool {
	return strings.HasPrefix(shown, "http://127.0.0.1:") && strings.Contains(shown, "\nclean: all 6 sessions") &&
		!regexp.MustCompile(`(live|reclaimed) .* of |warming up|opening|holding|watching`).MatchString(shown)
}

// errRaced says that bars were made for the old width and written at the new one:
// the program was stopped between asking for the size and writing. No program
// can help that, and mpb does not make good for it.
var errRaced = errors.New("bars were on their way while the terminal was resized")

// resized runs sse-tool on a terminal of 100 columns, which is given others as
// soon as there are bars on it, and returns what it shows in the end.
func resized(columns int, args ...string) (shown string, err error) {
	master, slave, err := openPTY(100)
	if err != nil {
		return "", err
	}
	defer master.Close()
	cmd := exec.Command("sse-tool", args...)
	cmd.Stdout, cmd.Stderr = slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1} // so that the terminal tells it
	err = cmd.Start()
	slave.Close() // the command has its own
	if err != nil {
		return "", err
	}
	s := newScreen(100)
	buf := make([]byte, 4096)
	justResized, raced := false, false
	for done := false; ; {
		n, err := master.Read(buf)
		s.Write(buf[:n])
		if err != nil {
			break // its last user has closed it
		}
		if justResized {
			raced, justResized = widest(buf[:n]) > columns, false
		}
		// Not before the whole frame is here: what the kernel has yet to hand on is
		// not among the bytes that it counts as waiting.
		if x, _ := s.cursor(); !done && x == 0 && strings.Contains(s.String(), "\nreclaimed ") {
			done, justResized = true, true
			if err := resize(s, master, cmd.Process, columns); err != nil {
				return "", errors.Join(err, cmd.Process.Kill(), cmd.Wait())
			}
		}
	}
	if unknown := s.unread(); len(unknown) > 0 {
		err = errors.New("the terminal did not understand " + strings.Join(unknown, ", "))
	}
	if err = errors.Join(err, cmd.Wait()); err == nil && raced {
		err = errRaced
	}
	return s.String(), err
}

// widest is the number of columns that the longest line of a text asks for.
func widest(written []byte) int {
	shown := newScreen(1000)
	shown.Write(written)
	most := 0
	for line := range strings.Lines(shown.String()) {
		most = max(most, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return most
}

// resize gives a terminal, and the screen that shows it, other columns while
// nothing is under way between its user and the screen.
func resize(s *screen, master *os.File, user *os.Process, columns int) error {
	if err := user.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); !stopped(user.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("it does not stop")
		}
	}
	fd := int(master.Fd())
	waiting, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err == nil {
		_, err = io.CopyN(s, master, int64(waiting))
	}
	s.resize(columns)
	return errors.Join(err,
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}),
		user.Signal(syscall.SIGCONT))
}

// stopped tells whether a process has taken a SIGSTOP.
func stopped(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(text), ") T ")
}
