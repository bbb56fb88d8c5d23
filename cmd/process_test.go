package cmd

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is sse-tool in the background of a script.
type process struct {
	cmd            *exec.Cmd
	stdin          io.Closer
	stdout, stderr output
	ready          string        // the path of a file that is there once it takes signals
	done           chan struct{} // closed when it has ended, at that moment, for that reason
	ended          time.Time
	err            error
	children       []string // its children's /proc folders, with the times at which they started
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start NAME ARGS...: sse-tool runs in the background, to the script's end at
// the latest. Its standard input stays open.
func start(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "start NAME ARGS...")
	startProcess(ts, args[0], args[1:])
}

func startProcess(ts *testscript.TestScript, name string, args []string) *process {
	p := &process{cmd: command(ts, args...), done: make(chan struct{}), ready: ts.MkAbs(".ready-" + name)}
	_ = os.Remove(p.ready) // of another process of that name
	p.cmd.Env = append(p.cmd.Env, readyFile+"="+p.ready)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	stdin, err := p.cmd.StdinPipe()
	ts.Check(err)
	p.stdin = stdin
	ts.Check(p.cmd.Start())
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
		p.ended = time.Now()
	}()
	ts.Defer(func() {
		_ = p.cmd.Process.Kill() // it may have ended as it should
		<-p.done
	})
	worldOf(ts).processes[name] = p
	return p
}

// serve VAR ARGS...: a reference server runs in the background. Its base URL
// goes into VAR, and host and port into VAR_ADDR.
func serveInBackground(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1, "serve VAR ARGS...")
	p := startProcess(ts, args[0], append([]string{"serve", "--addr", "127.0.0.1:0"}, args[1:]...))
	line := ""
	p.wait(ts, "its first line", func() bool {
		first, _, whole := strings.Cut(p.stdout.String(), "\n")
		line = first
		return whole
	})
	setURL(ts, args[0], line)
}

// until NAME stdout|stderr PATTERN: the process has written that.
func until(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3 && (args[1] == "stdout" || args[1] == "stderr"), "until NAME stdout|stderr PATTERN")
	p := processOf(ts, args[0])
	from := &p.stdout
	if args[1] == "stderr" {
		from = &p.stderr
	}
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	p.wait(ts, fmt.Sprintf("%q on its %s", args[2], args[1]), func() bool { return pattern.MatchString(from.String()) })
}

// wait waits until something is true of a process that runs.
func (p *process) wait(ts *testscript.TestScript, what string, is func() bool) {
	deadline := time.Now().Add(patience)
	for !is() {
		select {
		case <-p.done:
			if is() {
				return
			}
			ts.Fatalf("it ended (%v) before %s; it said %q and %q", p.err, what, p.stdout.String(), p.stderr.String())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %v: %s; it said %q and %q", patience, what, p.stdout.String(), p.stderr.String())
		}
	}
}

// signal NAME INT|TERM|KILL [DELAY]: sends it when the process takes signals, or so long after.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	usage(ts, !neg && (len(args) == 2 || len(args) == 3), "signal NAME INT|TERM|KILL [DELAY]")
	p := processOf(ts, args[0])
	p.wait(ts, "it takes signals", func() bool {
		_, err := os.Stat(p.ready)
		return err == nil
	})
	if len(args) == 3 {
		delay, err := time.ParseDuration(args[2])
		ts.Check(err)
		time.Sleep(delay)
	}
	worldOf(ts).sinceSignal = newStopwatch(ts.Defer)
	ts.Check(p.cmd.Process.Signal(signals[args[1]]))
}

// close-stdin NAME
func closeStdin(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "close-stdin NAME")
	worldOf(ts).sinceSignal = newStopwatch(ts.Defer)
	ts.Check(processOf(ts, args[0]).stdin.Close())
}

// ends NAME CODE [LIMIT]: the process ends with exactly that code, and no later
// after the last signal (or close-stdin) of the script than the limit. What it
// wrote is then in stdout and stderr.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 2 || len(args) == 3), "ends NAME CODE [LIMIT]")
	p := processOf(ts, args[0])
	p.wait(ts, "its end", func() bool {
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
	io.WriteString(ts.Stdout(), p.stdout.String())
	io.WriteString(ts.Stderr(), p.stderr.String())
	wantCode(ts, args[1], p.err)
	if len(args) < 3 {
		return
	}
	limit, err := time.ParseDuration(args[2])
	ts.Check(err)
	took := worldOf(ts).sinceSignal.until(p.ended)
	ts.Logf("[%s ended %v after the signal]", args[0], took.Round(time.Millisecond))
	if took > limit {
		ts.Fatalf("it took %v to end, more than %v", took, limit)
	}
}

// children NAME: remembers the child processes that there are, at least one.
func children(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "children NAME")
	p := processOf(ts, args[0])
	p.wait(ts, "its child", func() bool {
		p.children = childrenOf(p.cmd.Process.Pid)
		return len(p.children) > 0
	})
}

// gone NAME [LIMIT]: of the children that were remembered none is left.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 1 || len(args) == 2), "gone NAME [LIMIT]")
	p := processOf(ts, args[0])
	usage(ts, len(p.children) > 0, "children NAME, while it runs; gone NAME")
	var limit time.Duration
	if len(args) == 2 {
		var err error
		limit, err = time.ParseDuration(args[1])
		ts.Check(err)
	}
	for since := newStopwatch(ts.Defer); ; time.Sleep(5 * time.Millisecond) {
		left := stillThere(p.children)
		if len(left) == 0 {
			return
		}
		if since.until(time.Now()) > limit {
			ts.Fatalf("of its children %v still run", left)
		}
	}
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := worldOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("no process was started as %q", name)
	}
	return p
}

// procStatus is the part of /proc/PID/stat that is looked at.
type procStatus struct {
	parent   string
	identity string // "PID started": a number is used again, with another start
}

// statusOf tells of a process that runs; one that only waits to be waited for
// does not.
func statusOf(pid string) (procStatus, bool) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return procStatus{}, false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which has no such sign here
	fields := strings.Fields(rest)                // from the third on (proc_pid_stat(5))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return procStatus{}, false
	}
	return procStatus{parent: fields[1], identity: pid + " " + fields[19]}, true
}

// stillThere are those of some processes that run.
func stillThere(identities []string) []string {
	return slices.DeleteFunc(slices.Clone(identities), func(id string) bool {
		s, ok := statusOf(id[:strings.Index(id, " ")])
		return !ok || s.identity != id
	})
}

// childrenOf are the identities of a process's children, where /proc tells.
func childrenOf(pid int) []string {
	if runtime.GOOS != "linux" {
		return nil
	}
	folders, _ := os.ReadDir("/proc")
	var found []string
	for _, f := range folders {
		if s, ok := statusOf(f.Name()); ok && s.parent == strconv.Itoa(pid) {
			found = append(found, s.identity)
		}
	}
	return found
}
