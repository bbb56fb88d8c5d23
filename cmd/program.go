package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// program is a server that is started for a check, in a process group of its own: a
// Ctrl-C is for us, and it is stopped when the check is over. It is stopped by whoever
// started it.
type program struct {
	name   string // of the program
	cmd    *exec.Cmd
	said   *tail
	lines  *prefixed     // what it says, as it is told on
	done   chan struct{} // closed when the process has ended
	err    error         // how it ended; for those who saw done
	untold error         // why not all that it said could be told; for those too
	stops  time.Duration // how long it may take to end before it is killed
}

// started are the commands that run, for [EndCommands].
var started struct {
	mu       sync.Mutex
	programs map[*program]bool
}

// EndCommands kills at once all commands that were started for checks and have not been stopped, with
// all that they started. It is for a process that is about to exit without waiting
// for [Run]; from then on no command is started.
func EndCommands() {
	started.mu.Lock() // for good
	for p := range started.programs {
		_ = endGroup(p.cmd.Process, true) // it may have ended by now
	}
}

const (
	programStops = 8 * time.Second // before it is killed
	programTells = time.Second     // how long what it left behind may hold its output
)

// startProgram starts a command. What it writes is told on to out by another goroutine,
// line by line behind a prefix, and the last of it is kept.
func startProgram(args []string, out io.Writer, prefix string) (*program, error) {
	p := &program{name: filepath.Base(args[0]), said: &tail{}, done: make(chan struct{}), stops: programStops}
	p.lines = &prefixed{to: out, prefix: prefix}
	p.cmd = exec.Command(args[0], args[1:]...) //nolint:noctx // it outlives ctx: stop ends it
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = programTells
	p.cmd.Stdout = io.MultiWriter(p.said, p.lines)
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.start(); err != nil {
		return nil, hinted{fmt.Errorf("start %s: %w", p.name, err), "behind -- stands the program that is to be started, and its arguments"}
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
		p.untold = p.lines.end()
	}()
	return p, nil
}

// start starts the command's process.
func (p *program) start() error {
	started.mu.Lock()
	defer started.mu.Unlock()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	if started.programs == nil {
		started.programs = map[*program]bool{}
	}
	started.programs[p] = true
	return nil
}

// forget is start's counterpart, when nothing of the command is left.
func (p *program) forget() {
	started.mu.Lock()
	defer started.mu.Unlock()
	delete(started.programs, p)
}

// pid is that of the process that listens at a port, as far as that can be known: a
// script, or npm, starts a server as a process of its own. Else it is the command's.
func (p *program) pid(port int) string {
	if listener := listenerIn(p.cmd.Process.Pid, port); listener != 0 {
		return strconv.Itoa(listener)
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

// ended tells whether the command has ended.
func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop ends the command and all that it started and that is still in its group,
// politely first, and waits for it.
func (p *program) stop() {
	defer p.forget()
	defer func() { _ = endGroup(p.cmd.Process, true) }() // what outlives it
	if p.ended() {
		return
	}
	_ = endGroup(p.cmd.Process, false) // it may have ended by now
	limit := time.NewTimer(p.stops)
	defer limit.Stop()
	select {
	case <-p.done:
		return
	case <-limit.C:
	}
	_ = endGroup(p.cmd.Process, true)
	<-p.done
}

// endedError says that the command ended by itself, and what it said last.
type endedError struct {
	program *program
	when    string
}

func (e *endedError) Error() string {
	how := "exit status 0"
	if e.program.err != nil && !errors.Is(e.program.err, exec.ErrWaitDelay) {
		how = e.program.err.Error()
	}
	text := fmt.Sprintf("%s ended %s: %s", e.program.name, e.when, how)
	if last := e.program.last(); last != "" {
		text += "; it said: " + last
	}
	return text
}

// Hint says what to look at.
func (e *endedError) Hint() string {
	return "run it by itself and see that it stays: a script has to wait for the server that it starts (exec)"
}

// lastLines is how many of a command's last lines are quoted.
const lastLines = 3

// last is what the command said last, in one line.
func (p *program) last() string {
	lines := strings.Split(p.said.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-lastLines):], " / ")
}

// ready waits until the command's server answers.
func (p *program) ready(ctx context.Context, wait func(context.Context, <-chan struct{}) error) error {
	err := wait(ctx, p.done)
	if errors.Is(err, errServerGone) {
		return &endedError{p, "before its server answered"}
	}
	return err
}

// pidPlaceholder stands in a probe's specification for the server's process.
const pidPlaceholder = "{{pid}}"

// withPID puts the process that listens at an address into specifications of probes.
func (p *program) withPID(specs []string, address string) []string {
	port := 0 // at which nothing listens
	if u, err := url.Parse(address); err == nil {
		port, _ = strconv.Atoi(cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
	}
	filled := make([]string, len(specs))
	for i, spec := range specs {
		if filled[i] = spec; strings.Contains(spec, pidPlaceholder) {
			filled[i] = strings.ReplaceAll(spec, pidPlaceholder, p.pid(port))
		}
	}
	return filled
}

// prefixed writes whole lines behind a prefix. What a line could do to a terminal is
// spelled out. It is safe for concurrent use.
type prefixed struct {
	to     io.Writer
	prefix string
	mu     sync.Mutex
	rest   []byte // of a line that has not ended
	failed error  // the first line that could not be written
}

// longestLine is where a line without an end is cut.
const longestLine = 8 << 10

func (p *prefixed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, text...)
	for {
		i := bytes.IndexByte(p.rest, '\n')
		switch {
		case i >= 0:
			p.tell(p.rest[:i])
			p.rest = p.rest[i+1:]
		case len(p.rest) >= longestLine:
			p.tell(p.rest)
			p.rest = nil
		default:
			return len(text), nil
		}
	}
}

func (p *prefixed) tell(line []byte) {
	text := strings.ReplaceAll(strings.TrimSuffix(string(line), "\r"), "\t", "    ")
	if _, err := fmt.Fprintf(p.to, "%s%s\n", p.prefix, printable(text)); p.failed == nil {
		p.failed = err
	}
}

// end writes what is left of a line. It returns why a line could not be written.
func (p *prefixed) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rest) > 0 {
		p.tell(p.rest)
		p.rest = nil
	}
	return p.failed
}
