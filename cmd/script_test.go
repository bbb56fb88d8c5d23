package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sse-tool/sse-tool/loadgen"
)

// TestScript runs testdata/script/*.txtar, one a subject, against the command
// as a process.
func TestScript(t *testing.T) {
	t.Parallel() // or whatever else is parallel waits for all scripts
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runScript(t, file)
		})
	}
}

// runScript runs a script. One that fails is run again if the machine stood still for a
// while meanwhile: then it was no test, for its probes may not have been read in time.
func runScript(t *testing.T, file string) {
	for try := 1; ; try++ {
		a := &attempt{T: t}
		clock := newStopwatch(t.Cleanup)
		testscript.RunT(a, scriptParams(t, file))
		stood := clock.stood()
		switch {
		case a.skipped != "":
			t.Skip(a.skipped)
		case !a.failed:
			return
		case stood < tooLong || try == tries:
			t.Fatalf("it failed at try %d, in which the machine stood still for %v at the most", try, stood)
		}
		t.Logf("once more: the machine stood still for %v", stood)
	}
}

const (
	tries = 4
	// tooLong is a good part of the time for which most scripts hold their streams.
	tooLong = 100 * time.Millisecond
)

// attempt is a run of a script that may fail without the test.
type attempt struct {
	*testing.T
	failed  bool
	skipped string
}

func (a *attempt) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() { // which it may leave on the way
		defer close(done)
		f(a)
	}()
	<-done
}

func (a *attempt) Parallel()     {} // the test is
func (a *attempt) Verbose() bool { return testing.Verbose() }

func (a *attempt) FailNow() {
	a.failed = true
	runtime.Goexit()
}

func (a *attempt) Fatal(args ...any) {
	a.Log(args...)
	a.FailNow()
}

func (a *attempt) Skip(args ...any) {
	a.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func scriptParams(t *testing.T, file string) testscript.Params {
	deadline, _ := t.Deadline()
	return testscript.Params{
		Files:               []string{file},
		Deadline:            deadline,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true, // one run shows everything that is wrong
		Setup: func(e *testscript.Env) error {
			e.Values[worldKey{}] = &world{processes: map[string]*process{}}
			// A process under the race detector sleeps a second before it ends
			// unless it is told otherwise.
			e.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "pty":
				return canOpenPTY(), nil
			case "vanish":
				return loadgen.Vanish.Able() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":         exits,
			"refused":       refused,
			"closed-stdout": closedStdout,
			"contract":      contractCommand,
			"tty":           tty,
			"jq":            jq,
			"schema":        schema,
			"site":          site,
			"open":          openStreams,
			"free":          free,
			"proxy":         proxy,
			"serve":         serveInBackground,
			"start":         start,
			"until":         until,
			"children":      children,
			"signal":        sendSignal,
			"close-stdin":   closeStdin,
			"ends":          ends,
			"gone":          gone,
		},
	}
}

// world is what a script's commands share.
type world struct {
	processes   map[string]*process
	sinceSignal *stopwatch // the last that was sent
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// patience is how long a script waits for what must happen. It is long, because
// the machine may be busy; nothing waits for all of it unless it fails.
const patience = 20 * time.Second

// exits CODE PROGRAM ARGS...: the program ends with exactly that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "exits CODE PROGRAM ARGS...")
	wantCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func wantCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s (%v)", code, want, err)
	}
}

// refused ARGS...: sse-tool does not begin: code 2, nothing on stdout, and on
// stderr one line that says what is wrong and one with a way out.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg, "refused ARGS...")
	wantCode(ts, "2", ts.Exec("sse-tool", args...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("something on stdout: %q", out)
	}
	lines := strings.SplitAfter(ts.ReadFile("stderr"), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "sse-tool: ") || !strings.HasPrefix(lines[1], "hint: ") || lines[2] != "" {
		ts.Fatalf("not a line `sse-tool: …` and a line `hint: …` on stderr: %q", lines)
	}
}

// closed-stdout CODE ARGS...: sse-tool ends with that code although nobody reads
// its standard output.
func closedStdout(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "closed-stdout CODE ARGS...")
	r, w, err := os.Pipe()
	ts.Check(err)
	ts.Check(r.Close())
	defer w.Close()
	cmd := command(ts, args[1:]...)
	cmd.Stdout = w
	cmd.Stderr = ts.Stderr()
	wantCode(ts, args[0], cmd.Run())
}

// command is sse-tool, in the script's folder and environment.
func command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	cmd := exec.Command("sse-tool", args...) // Main has put it into our PATH
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = os.Environ()
	for _, name := range []string{"GORACE", "NO_COLOR", "TMPDIR"} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

func usage(ts *testscript.TestScript, ok bool, text string) {
	if !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func skipUnlessLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("opens a pseudo-terminal by /dev/ptmx as Linux has it")
	}
}
