package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// What a process holds is read from this very one.
func TestProcess(t *testing.T) {
	count := func(what string) int {
		t.Helper()
		got, err := read(t.Context(), t, parse(t, fmt.Sprintf("process:%d#%s", os.Getpid(), what)))
		if err != nil || got.IDs != nil {
			t.Fatalf("%s: %+v, %v", what, got, err)
		}
		return got.Count
	}
	fds, open := count("fds"), count("sockets")
	const more = 20
	for range more {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for range more {
		f, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	// The reading itself, and the runtime's poller, may hold a few.
	if got := count("fds") - fds; got < 2*more-2 || got > 2*more+5 {
		t.Errorf("%d descriptors more, %d were opened", got, 2*more)
	}
	if got := count("sockets") - open; got < more-5 || got > more+5 { // what other tests left may go meanwhile
		t.Errorf("%d sockets more, %d were opened", got, more)
	}
	if got := count("threads"); got < 2 || got > 1000 {
		t.Errorf("%d threads", got)
	}
	if got := count("rss"); got < 1<<20 || got > 1<<36 {
		t.Errorf("%d bytes", got)
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
