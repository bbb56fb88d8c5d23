package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// childBase starts the embedded server.
var childBase = []string{"serve", "--addr", "127.0.0.1:0", "--exit-with-stdin"}

// childArgs are its flags: bounds so short that a whole storm takes seconds.
var childArgs = []string{
	"--timeout", "15s", "--heartbeat", "1s", "--write-timeout", "2s", "--user-timeout", "2s",
	"--sweep-every", "5s", "--idle-timeout", "10s", "--reply-rate", "1/s",
}

// child is the reference server as a process of its own: its sessions,
// goroutines and descriptors are not ours. It ends with its standard input, and
// so with us, however we end.
type child struct {
	url   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{} // closed when the process has ended
}

const (
	childStarts = 10 * time.Second
	childStops  = 8 * time.Second
)

// startChild starts the program that we are with the serve subcommand of our
// own tree and these flags, and waits until it accepts.
func startChild(ctx context.Context, cmd *cobra.Command, flags []string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := slices.Concat(strings.Fields(cmd.Parent().CommandPath())[1:], childBase, flags)
	c := &child{cmd: exec.Command(self, args...), done: make(chan struct{})} //nolint:noctx // it outlives ctx: stop ends it
	c.cmd.SysProcAttr = ownGroup()                                           // a Ctrl-C is for us: we stop the child when we have seen enough
	said := &tail{}
	c.cmd.Stderr = said
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	first := make(chan string, 1)
	go func() {
		defer close(c.done)
		r := bufio.NewReader(stdout)
		line, _ := r.ReadString('\n')
		first <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, r)
		_ = c.cmd.Wait() // how it ended shows in what the run finds
	}()
	limit := time.NewTimer(childStarts)
	defer limit.Stop()
	select {
	case c.url = <-first:
		if c.url != "" {
			return c, nil
		}
		err = fmt.Errorf("it ended at once: %s", said)
	case <-limit.C:
		err = fmt.Errorf("it did not accept within %s: %s", childStarts, said)
	case <-ctx.Done():
		err = errInterrupted
	}
	c.stop()
	return nil, err
}

// stop ends the process, politely first, and waits for it.
func (c *child) stop() {
	_ = c.stdin.Close() // it may have ended already
	limit := time.NewTimer(childStops)
	defer limit.Stop()
	select {
	case <-c.done:
		return
	case <-limit.C:
	}
	if err := c.cmd.Process.Kill(); err == nil || errors.Is(err, os.ErrProcessDone) {
		<-c.done
	}
}

// tail keeps the last of what was written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
