package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBinary holds main.go to what the scripts, which run without it, take for
// granted: its version is the linker's, it ends in the command's code, a signal
// ends the command, and a reader that has gone does not.
func TestBinary(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sends signals")
	}
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "sse-tool")
	args := []string{"build", "-ldflags", "-X main.version=1.2.3", "-o", binary, "./sse-tool"}
	if raceEnabled { // with the packages that are built already
		args = append([]string{"build", "-race"}, args[1:]...)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	t.Run("version", func(t *testing.T) {
		out, err := exec.Command(binary, "--version").Output()
		if err != nil || string(out) != "sse-tool 1.2.3\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
	t.Run("code", func(t *testing.T) {
		err := exec.Command(binary, "storm", "--hold", "long").Run()
		if code := codeOf(err); code != 2 {
			t.Errorf("exit code %d (%v)", code, err)
		}
	})
	t.Run("signals", func(t *testing.T) { endsOnSignals(t, binary) })
	for name, check := range map[string]func(*testing.T){
		"a second SIGINT":       func(t *testing.T) { secondSignal(t, binary, syscall.SIGINT) },
		"a second SIGTERM":      func(t *testing.T) { secondSignal(t, binary, syscall.SIGTERM) },
		"a stubborn command":    func(t *testing.T) { stubbornCommand(t, binary) },
		"SIGTERM twice at once": func(t *testing.T) { twiceAtOnce(t, binary, syscall.SIGTERM) },
		"SIGHUP twice at once":  func(t *testing.T) { twiceAtOnce(t, binary, syscall.SIGHUP) },
		"nohup":                 func(t *testing.T) { ignoresHangUp(t, binary) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t)
		})
	}
	t.Run("closed stdout", func(t *testing.T) { writesItsFiles(t, binary) })
}

// endsOnSignals has each signal end a server at once.
func endsOnSignals(t *testing.T, binary string) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, "serve", "--addr", "127.0.0.1:0")
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
			t.Errorf("%q, %v", line, err)
		}
		sent := newStopwatch(t.Cleanup)
		_ = cmd.Process.Signal(signal) // that it had ended shows in Wait
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
		if took := sent.until(time.Now()); took > 2*time.Second {
			t.Errorf("%v: it took %v to end", signal, took)
		}
	}
}

// writesItsFiles has a storm write its report where it is to go although nobody reads its
// standard output. (Which code it ends in is held by a script.)
func writesItsFiles(t *testing.T, binary string) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	report := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), binary, "storm", "-n", "3", "--hold", "300ms", "--poll", "50ms", "--disconnect", "close",
		"--report", "json="+report)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = w, &said
	err = cmd.Run()
	if codeOf(err) < 0 || !strings.Contains(said.String(), "\nsse-tool: report to stdout: ") {
		t.Errorf("%v; it said %q", err, said.String())
	}
	if text, err := os.ReadFile(report); err != nil || !strings.HasSuffix(string(text), "}\n") {
		t.Errorf("the report: %q, %v", text, err)
	}
}

// secondSignal has a storm wait for ever for somebody to take its report: the
// first signal ends the run, and the second the process with its server.
func secondSignal(t *testing.T, binary string, signal os.Signal) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fill(t, w)
	cmd := exec.CommandContext(t.Context(), binary, "storm", "-n", "3", "--hold", "10s", "--disconnect", "close")
	cmd.Stdout = w
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && said.Text() != "holding" {
	}
	children := childrenOf(cmd.Process.Pid)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for said.Scan() {
		}
		err = cmd.Wait()
	}()
	_ = cmd.Process.Signal(signal) // that it had ended shows in Wait
	select {
	case <-ended:
		t.Fatalf("%v: it ended although nobody took its report: %v", signal, err)
	case <-time.After(2 * time.Second):
	}
	sent := newStopwatch(t.Cleanup)
	_ = cmd.Process.Signal(signal)
	<-ended
	if took := sent.until(time.Now()); codeOf(err) != ExitInterrupted || took > 2*time.Second {
		t.Errorf("a second %v: %v after %v", signal, err, took)
	}
	for left := children; len(left) > 0; time.Sleep(5 * time.Millisecond) {
		left = stillThere(children)
		if sent.until(time.Now()) > patience {
			t.Fatalf("a second %v: %v is left", signal, left)
		}
	}
}

// stubbornCommand has a check start a command that no signal moves, nor what it started: of both
// nothing is left when a second signal ends the check at once.
func stubbornCommand(t *testing.T, binary string) {
	address := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), binary, "leakcheck", "http://"+address+"/events", "--wait", "1m", "--config=",
		"--", "sh", "-c", `trap "" TERM INT HUP; sleep 61 & echo up; wait; sleep 62`)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && said.Text() != "sh | up" {
	}
	family := childrenOf(cmd.Process.Pid)
	for _, identity := range family {
		pid, err := strconv.Atoi(identity[:strings.Index(identity, " ")])
		if err != nil {
			t.Fatal(err)
		}
		family = append(family, childrenOf(pid)...)
	}
	if want := 2; runtime.GOOS == "linux" && len(family) != want {
		t.Errorf("there are %v, not %d processes", family, want)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // that it had ended shows in Wait
	time.Sleep(500 * time.Millisecond)      // one that comes at once is the same
	_ = cmd.Process.Signal(syscall.SIGINT)
	for said.Scan() {
	}
	if code := codeOf(cmd.Wait()); code != ExitInterrupted {
		t.Errorf("exit code %d", code)
	}
	deadline := time.Now().Add(patience)
	for left := family; len(left) > 0; time.Sleep(5 * time.Millisecond) {
		if left = stillThere(family); time.Now().After(deadline) {
			t.Fatalf("%v is left", left)
		}
	}
}

// twiceAtOnce sends a storm the same signal two times in a row, as timeout(1)
// does: it ends as by one, with its report.
func twiceAtOnce(t *testing.T, binary string, signal os.Signal) {
	for try := 1; ; try++ {
		apart, err := signalTwice(t, binary, signal)
		if err == nil {
			return
		}
		if apart < 100*time.Millisecond || try == 5 { // else they were not at once: the machine was busy
			t.Fatal(err)
		}
	}
}

// signalTwice says how long there was between the signals, and how the storm did not
// end as it was to.
func signalTwice(t *testing.T, binary string, signal os.Signal) (apart time.Duration, err error) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), binary, "storm", "-n", "3", "--hold", "10s", "--disconnect", "close", "--report", "json="+report)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && said.Text() != "holding" {
	}
	began := time.Now()
	_ = cmd.Process.Signal(signal) // that it had ended shows in Wait
	time.Sleep(20 * time.Millisecond)
	_ = cmd.Process.Signal(signal)
	apart = time.Since(began)
	for said.Scan() {
	}
	err = cmd.Wait()
	if code := codeOf(err); code != ExitInterrupted {
		return apart, fmt.Errorf("exit code %d (%w)", code, err)
	}
	if text, err := os.ReadFile(report); err != nil || !strings.HasSuffix(string(text), "}\n") {
		return apart, fmt.Errorf("the report: %q, %w", text, err)
	}
	return apart, nil
}

// ignoresHangUp starts a server as nohup does, which goes on when its terminal
// is closed.
func ignoresHangUp(t *testing.T, binary string) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP; exec "$0" serve --addr 127.0.0.1:0`, binary)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Errorf("%q, %v", line, err)
	}
	_ = cmd.Process.Signal(syscall.SIGHUP)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("it ended: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := w.Write(make([]byte, 4096)); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// codeOf is the code in which a command ended, -1 where a signal ended it.
func codeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	default:
		return -1
	}
}
