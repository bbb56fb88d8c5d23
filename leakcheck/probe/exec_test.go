package probe

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func skipWithoutShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("exec runs sh")
	}
}

func TestExec(t *testing.T) {
	skipWithoutShell(t)
	for command, want := range map[string]leakcheck.Sample{
		"echo 12":                  {Count: 12},
		"echo ' 7 '; echo":         {Count: 7},
		"printf 3":                 {Count: 3},
		"echo 1.2e1":               {Count: 12},
		"printf 'a\\nb\\r\\n\\nc'": {Count: 3, IDs: []string{"a", "b", "c"}},
		"printf '1\\n2\\n'":        {Count: 2, IDs: []string{"1", "2"}},
		"echo one":                 {Count: 1, IDs: []string{"one"}},
		"true":                     {IDs: []string{}},
		"echo 5; echo no >&2":      {Count: 5},
		"seq 1 4 | wc -l":          {Count: 4},
	} {
		got, err := read(t.Context(), t, parse(t, "exec:"+command))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", command, got, err)
		}
	}
}

func TestExecRefuses(t *testing.T) {
	skipWithoutShell(t)
	for command, words := range map[string][]string{
		"exit 3":                    {"command: exit status 3"},
		"grep -c nothing /dev/null": {"grep: exit status 1"},
		"ls /nowhere/at/all":        {"ls: exit status", "it says", "nowhere"},
		"nosuchcommand123":          {"exit status 127", "not found"},
		"echo -5":                   {`prints "-5", which counts nothing`},
		"echo 1.5":                  {"counts nothing"},
		"echo NaN":                  {"counts nothing"},
	} {
		if command == "exit 3" {
			words = []string{"exit: exit status 3"}
		}
		_, err := read(t.Context(), t, parse(t, "exec:"+command))
		told(t, err, words...)
	}
	_, err := Parse("exec: ", Access{})
	told(t, err, "no command", "write it as exec:")
}

// Of a command only its name is told: the rest may be secret.
func TestExecHidesItsWords(t *testing.T) {
	skipWithoutShell(t)
	for command, want := range map[string]string{
		"/usr/bin/curl -u hunter:2rabbit http://h": "exec:curl …",
		"TOKEN=s3cr3t curl http://h":               "exec:command …",
		"true":                                     "exec:true",
		`"$HOME/s3cr3t" x`:                         "exec:command …",
	} {
		p := parse(t, "exec:"+command)
		if got := p.Series()[0].Spec; got != want {
			t.Errorf("%s: %s", command, got)
		}
		hidden(t, command, p.Series()[0].Spec)
	}
}

// A command that hangs is killed, with all that it started.
func TestExecTimeout(t *testing.T) {
	skipWithoutShell(t)
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	c := command{text: "sleep 60 & echo $! >" + file + "; wait", name: "sleep", timeout: 2 * time.Second, limit: 100} // a busy shell is slow to begin
	begun := time.Now()
	_, err := c.read(t.Context())
	if took := time.Since(begun); took > patience {
		t.Errorf("it took %s", took)
	}
	told(t, err, "sleep: not done within 2s")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%#v is no DeadlineExceeded", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(patience); runs(pid); {
		if time.Now().After(until) {
			t.Fatalf("its child %d goes on", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// runs tells whether a process is there and no zombie.
func runs(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	return err == nil && parseStatus(string(text)).state != "Z"
}

func TestExecPrintsTooMuch(t *testing.T) {
	skipWithoutShell(t)
	c := command{text: "yes", name: "yes", timeout: patience, limit: 1 << 16}
	_, err := c.read(t.Context())
	told(t, err, "yes prints more than 65536 bytes")
	loud := command{text: "yes >&2 & sleep 0.1; kill $!; echo 3", name: "yes", timeout: patience, limit: 100}
	if got, err := loud.read(t.Context()); err != nil || got.Count != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestExecEndsWithItsContext(t *testing.T) {
	skipWithoutShell(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	begun := time.Now()
	_, err := read(ctx, t, parse(t, "exec:sleep 60"))
	if took := time.Since(begun); took > patience || !errors.Is(err, context.Canceled) {
		t.Errorf("after %s: %v", took, err)
	}
}
