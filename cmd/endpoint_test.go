package cmd

import (
	"os"
	"strings"
	"testing"
)

// What is told of a session endpoint stands in the document too, as it is told.
func TestEndpointsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/probes.md")
	if err != nil {
		t.Fatal(err)
	}
	told := howToShow()
	for _, e := range endpoints {
		if code := "\n" + e.show + "\n\n" + e.keep + "\n```\n"; !strings.Contains(string(text), e.framework+":\n\n```") || !strings.Contains(string(text), code) {
			t.Errorf("docs/probes.md does not have what is told for %s", e.framework)
		}
		if !strings.Contains(told, e.framework+":\n    ") {
			t.Errorf("%s is not told of:\n%s", e.framework, told)
		}
		if lines := strings.Count(strings.TrimSpace(e.show+"\n"+e.keep), "\n"); lines > 10 {
			t.Errorf("%s: %d lines are not about five", e.framework, lines)
		}
	}
	for line := range strings.Lines(told) {
		if len(line) > 100 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
