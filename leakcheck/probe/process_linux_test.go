package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// sleeping is a process that does nothing, with files besides those that every
// one here has.
func sleeping(t *testing.T, more ...*os.File) (pid int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	cmd.ExtraFiles = more
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	return cmd.Process.Pid
}

// What a process holds is read from one that holds what it was given.
func TestProcess(t *testing.T) {
	const files, conns = 15, 20
	var more []*os.File
	for i := range files + conns {
		f, err := os.Open(os.DevNull)
		if i < conns {
			conn, listenErr := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if listenErr != nil {
				t.Fatal(listenErr)
			}
			defer conn.Close()
			_ = f.Close()
			f, err = conn.File()
		}
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		more = append(more, f)
	}
	holder, other := sleeping(t, more...), sleeping(t)
	count := func(pid int, what string) int {
		t.Helper()
		got, err := read(t.Context(), t, parse(t, fmt.Sprintf("process:%d#%s", pid, what)))
		if err != nil || got.IDs != nil {
			t.Fatalf("%s: %+v, %v", what, got, err)
		}
		return got.Count
	}
	// Until it is what it is to be, a new process holds what the test does.
	for deadline := time.Now().Add(patience); ; {
		listed, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", holder)) // what it was given, and what every child here is
		if err != nil {
			t.Fatal(err)
		}
		fds, sockets := count(holder, "fds"), count(holder, "sockets")-count(other, "sockets")
		threads, rss := count(holder, "threads"), count(holder, "rss")
		if fds == len(listed) && fds >= 3+files+conns && sockets == conns && threads == 1 && rss > 100<<10 && rss < 1<<30 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors of %d, %d sockets more of %d; %d threads, %d bytes", fds, len(listed), sockets, conns, threads, rss)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A process that has ended holds nothing, which is no count: its server is dead.
func TestProcessEnded(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	for runs(pid) { // until it is a zombie: nobody has waited for it
		continue
	}
	for range 2 {
		for _, what := range []string{"fds", "sockets", "threads", "rss"} {
			_, err := read(t.Context(), t, parse(t, fmt.Sprintf("process:%d#%s", pid, what)))
			told(t, err, fmt.Sprintf("process %d is not there", pid), "pgrep")
			if !errors.Is(err, leakcheck.ErrUnreachable) {
				t.Errorf("%s: %#v is no ErrUnreachable", what, err)
			}
		}
		_ = cmd.Wait() // there is nothing of it any more
	}
}
