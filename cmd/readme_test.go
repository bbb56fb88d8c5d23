package cmd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// readme is what the commands of the README come to, in their order. Every
// command there stands here too, or the test fails.
var readme = []documented{
	{"go run ./cmd/sse-tool storm", 0, "clean: all 1,000 sessions"},
	{"go test ./...", running, ""},
	{"go build -o sse-tool ./cmd/sse-tool", 0, ""},
	{"./sse-tool serve --addr 127.0.0.1:8080 --timeout 15s --heartbeat 1s --user-timeout 2s --defect no-remove &", background, ""},
	{"./sse-tool storm http://127.0.0.1:8080", 1, "of 1,000 sessions stayed past their windows"},
	{"sse-tool storm http://127.0.0.1:9000/events --disconnect close,reset --probe 'json:http://127.0.0.1:9000/health#.active'", 0, "clean: the number of sessions is back where it was in time, after 1,000 streams left"},
	{"sse-tool leakcheck http://127.0.0.1:9000/events --probe 'json:http://127.0.0.1:9000/health#.active' --disconnect close,reset,early --window 5s --report junit=leakcheck.xml", 0, "after 150 streams left"},
}

// documented is a command of a document and what it comes to.
type documented struct {
	command string
	code    int
	says    string
}

const (
	running    = -1 // this very test is run by it
	background = -2 // it goes on until the test ends
)

func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("it storms as long as a reader would: about half a minute")
	}
	t.Parallel()
	runDocument(t, "../README.md", readme, newReadmeShell(t))
}

// runDocument runs a document's commands, which have to be those that are wanted:
// first whatever builds and goes on in the background, then the sections side by side.
func runDocument(t *testing.T, file string, want []documented, shell *documentShell) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := sectionsOf(string(text), want)
	for _, s := range sections {
		for i, c := range s.commands {
			if i >= len(s.want) || c != s.want[i].command {
				t.Fatalf("%s has, under %q\n%s\nand the test has\n%+v", file, s.title, c, s.want[min(i, len(s.want)):])
			}
		}
	}
	if last := sections[len(sections)-1]; len(last.want) > len(last.commands) {
		t.Fatalf("%s does not have\n%+v", file, last.want[len(last.commands):])
	}
	for _, c := range want {
		switch {
		case strings.HasPrefix(c.command, "go build "):
			shell.check(t, c)
		case c.code == background:
			shell.background(strings.TrimSuffix(c.command, "&"))
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	for _, s := range sections {
		running.Go(func() { // not in parallel: that would be behind all scripts, and these take longest
			t.Run(s.title, func(t *testing.T) {
				shell := shell.section(t)
				for _, c := range s.want {
					if c.code >= 0 && !strings.HasPrefix(c.command, "go build ") {
						shell.check(t, c)
					}
				}
			})
		})
	}
}

// section is a part of a document under a heading, and its part of what is wanted.
type section struct {
	title    string
	commands []string
	want     []documented
}

func sectionsOf(text string, want []documented) []section {
	var all []section
	for part := range strings.SplitSeq(text, "\n## ") {
		title, _, _ := strings.Cut(part, "\n")
		s := section{title: strings.TrimLeft(title, "# "), commands: commandsOf(part)}
		n := min(len(s.commands), len(want))
		s.want, want = want[:n], want[n:]
		all = append(all, s)
	}
	last := &all[len(all)-1]
	last.want = slices.Concat(last.want, want)
	return all
}

// check runs a command and holds it to what it is to come to. It is run again, as a
// script is, if it does not and the machine stood still meanwhile.
func (s *documentShell) check(t *testing.T, want documented) {
	t.Helper()
	for try := 1; ; try++ {
		clock := newStopwatch(t.Cleanup)
		code, out := s.run(t, want.command)
		if code == want.code && strings.Contains(out, want.says) {
			return
		}
		if stood := clock.stood(); stood < tooLong || try == tries {
			t.Fatalf("$ %s\nexit %d, want %d, and to read %q:\n%s", want.command, code, want.code, want.says, out)
		}
	}
}

var (
	block     = regexp.MustCompile("(?s)```(console|sh)\n(.*?)```")
	continued = regexp.MustCompile(`\\\n\s*`)
)

// commandsOf returns the commands of a document: the lines behind "$ " of its
// console blocks, and all of its sh blocks.
func commandsOf(text string) []string {
	var all []string
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(continued.ReplaceAllString(m[2], "")) {
			line, prompted := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if line != "" && (prompted || m[1] == "sh") {
				all = append(all, line)
			}
		}
	}
	return all
}

// documentShell runs commands in the clone, as a reader does, but for what they
// write and whom they reach: files go into a folder of the test's, and the
// document's addresses are servers of the test's.
type documentShell struct {
	t       *testing.T
	pairs   []string // what stands in a document, and what is taken in its place
	replace *strings.Replacer
	// fresh gives what else is replaced, and before that, made anew for each section:
	// servers whose sessions nobody else may have a part in. It may be nil.
	fresh func(*testing.T) []string
}

// section is the shell of one section.
func (s *documentShell) section(t *testing.T) *documentShell {
	if s.fresh == nil {
		return s
	}
	return &documentShell{t: t, replace: strings.NewReplacer(append(s.fresh(t), s.pairs...)...)}
}

func newReadmeShell(t *testing.T) *documentShell {
	folder := t.TempDir()
	binary := filepath.Join(folder, "sse-tool")
	pairs := []string{
		"./cmd/sse-tool", "./cmd/sse-tool", // not a command of its own
		"-o sse-tool", "-o " + binary,
		"./sse-tool ", binary + " ",
		"sse-tool storm", binary + " storm",
		"leakcheck.xml", filepath.Join(folder, "leakcheck.xml"),
		"127.0.0.1:8080", freeAddress(t),
	}
	return &documentShell{t: t, pairs: pairs, replace: strings.NewReplacer(pairs...), fresh: foreignServers}
}

// foreignServers are those that the documents call the reader's own.
func foreignServers(t *testing.T) []string {
	plain := httptest.NewServer(newHealth())
	secure := httptest.NewUnstartedServer(newForeign(""))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // storm sees whether it accepts, and hangs up
	secure.StartTLS()
	t.Cleanup(func() {
		for _, s := range []*httptest.Server{plain, secure} {
			s.CloseClientConnections()
			s.Close()
		}
	})
	return []string{
		"http://127.0.0.1:9000/health", plain.URL + "/count",
		"http://127.0.0.1:9000", plain.URL,
		"https://chat.example/v1/chat/completions", secure.URL + "/answer",
		"https://chat.example/admin/sessions#.sessions", secure.URL + "/count#.active",
	}
}

func (s *documentShell) command(ctx context.Context, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "bash", "-c", "exec "+s.replace.Replace(line))
	c.Dir = ".."
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE")) // as in scripts
	return c
}

// run runs a command and returns its exit code and what it said.
func (s *documentShell) run(t *testing.T, line string) (code int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := s.command(ctx, line)
	out, err := c.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatalf("$ %s: %v", line, err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// background starts a server, which ends with the test, and waits until it has
// told its address.
func (s *documentShell) background(line string) {
	s.t.Helper()
	c := s.command(context.Background(), line)
	stdout, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	said := &tail{}
	c.Stderr = said
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		s.t.Fatalf("$ %s: %v; it said %s", line, err, said)
	}
}
