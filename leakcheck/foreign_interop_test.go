//go:build interop

package leakcheck_test

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// launch runs a server of testdata/servers until the test ends. It returns the URL
// that is its first line.
func launch(t *testing.T, command ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = "testdata/servers"
	stdin, err := c.StdinPipe() // it ends with this
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := c.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("%s: %v\n%s", command, err, &stderr)
		}
	})
	if err != nil {
		t.Fatalf("%s: no URL: %v\n%s", command, err, &stderr)
	}
	return strings.TrimSpace(line)
}

// others are the servers in other languages, by their command; its last word is the
// time between two heartbeats. Streams leave at the age of 1.5 s, which is in the
// middle of a second.
func others() map[string]foreigner {
	hangups := append(leaves, loadgen.HalfClose)
	late := []loadgen.Disconnect{loadgen.Close, loadgen.Refresh}
	return map[string]foreigner{
		"node evented.js 800": {visit: visit{ways: append(ends, loadgen.HalfClose), sockets: true},
			expected: expected{verdict: leakcheck.Clean}},
		"node no_close.js 800": {visit: visit{ways: ends, window: soon, sockets: true},
			expected: expected{leakcheck.Leaking, leakcheck.NoErrorCallback, leaves, []string{"are gone"}}},
		"node no_close.js 500": {visit: visit{ways: leaves, window: soon, sockets: true},
			expected: expected{leakcheck.Leaking, leakcheck.NoErrorCallback, leaves, []string{"a heartbeat came every", "are gone"}}},
		"node no_close.js": {visit: visit{ways: leaves, window: soon, sockets: true},
			expected: expected{leakcheck.Leaking, leakcheck.NoErrorCallback, leaves, []string{"are gone"}}},
		"python3 idle.py": {visit: visit{ways: ends, window: soon, sockets: true},
			expected: expected{leakcheck.Leaking, leakcheck.WritesNothing, leaves, []string{"nothing had come", "still there", "has not read that the clients have left"}}},
		"python3 idle.py alone": {visit: visit{ways: leaves, window: soon},
			expected: expected{leakcheck.Leaking, leakcheck.WritesNothing, leaves, []string{"nothing had come"}}},
		"python3 heartbeats.py 800": {visit: visit{ways: hangups}, expected: expected{verdict: leakcheck.Clean}},
		"python3 heartbeats.py 1000": {visit: visit{ways: []loadgen.Disconnect{loadgen.Close, loadgen.Reset, loadgen.Refresh}, window: 1250 * time.Millisecond},
			expected: expected{leakcheck.Leaking, leakcheck.Late, late, []string{"after a FIN", "after an RST"}}},
	}
}

func TestInteropForeignServers(t *testing.T) {
	bases := map[string]string{}
	for name := range others() {
		language, rest, _ := strings.Cut(name, " ")
		bases[name] = launch(t, append([]string{language}, strings.Fields(map[string]string{"node": "node/", "python3": "python/"}[language]+rest)...)...)
	}
	checkForeigners(t, func(slowness) map[string]foreigner {
		rows := others()
		for name, row := range rows {
			row.base, row.slower = bases[name], 1 // their heartbeats are in their names
			rows[name] = row
		}
		return rows
	})
}
