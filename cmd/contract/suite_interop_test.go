//go:build interop

package contract

import (
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestInteropSuite runs the public suite itself, whose program SSE_CONTRACT_TESTS names. All of it has to pass, and none
// of it may be left out for a capability that is not offered.
func TestInteropSuite(t *testing.T) {
	program := os.Getenv("SSE_CONTRACT_TESTS")
	if program == "" {
		t.Skip("SSE_CONTRACT_TESTS does not name the program of github.com/launchdarkly/sse-contract-tests")
	}
	s := newSuite(t)
	out, err := exec.CommandContext(t.Context(), program, "--url", s.service, "--host", "127.0.0.1", "--port", freePort(t)).CombinedOutput()
	text := string(out)
	if err != nil || !strings.Contains(text, "All tests passed") || regexp.MustCompile(`(?i)skipped`).MatchString(text) {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Logf("%d tests passed", len(regexp.MustCompile(`(?m)^\[`).FindAllString(text, -1)))
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
