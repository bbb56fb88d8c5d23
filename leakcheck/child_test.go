package leakcheck_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/server"
)

// childDefects names, in the environment of this test's own program, the defects of the
// reference server that it is to be: workers, descriptors and memory are a process's.
const childDefects = "LEAKCHECK_TEST_DEFECTS"

// beChild serves until its standard input ends, and returns an exit code.
func beChild(defects string) int {
	var row defectRow
	for name := range strings.FieldsFuncSeq(defects, func(r rune) bool { return r == '+' }) {
		row.Defects = append(row.Defects, server.Defect(name))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg := row.limits()
	cfg.Timeout = time.Minute // a check of quick ways is over by then
	s, err := server.New(cfg)
	if err != nil {
		return failChild(err)
	}
	ln, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return failChild(err)
	}
	fmt.Printf("http://%s\n", ln.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := s.Serve(ctx, ln); err != nil {
		return failChild(err)
	}
	return 0
}

func failChild(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// serveChild runs a reference server of a row in a process of its own until the test
// ends.
func serveChild(t *testing.T, row defectRow) (base string) {
	t.Helper()
	names := make([]string, len(row.Defects))
	for i, d := range row.Defects {
		names[i] = string(d)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^$")
	c.Env = append(os.Environ(), childDefects+"="+strings.Join(names, "+"))
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := c.Wait(); err != nil {
			t.Errorf("the server of %s: %v", row.name(), err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
