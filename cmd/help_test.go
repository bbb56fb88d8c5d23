package cmd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"root":        {"--help"},
		"serve":       {"serve", "--help"},
		"storm":       {"storm", "--help"},
		"leakcheck":   {"leakcheck", "--help"},
		"report":      {"report", "--help"},
		"judge":       {"judge", "--help"},
		"probe":       {"probe", "--help"},
		"listen":      {"listen", "--help"},
		"chat":        {"chat", "--help"},
		"conformance": {"conformance", "--help"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut strings.Builder
			code := Run(t.Context(), New("test"), args, strings.NewReader(""), &out, &errOut)
			if code != ExitClean || errOut.Len() > 0 {
				t.Errorf("exit code %d, on stderr %q", code, errOut.String())
			}
			golden(t, filepath.Join("testdata", "help", name+".txt"), out.String())
		})
	}
}

// golden compares a text with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s (go test ./cmd -run %s -update writes it anew):\n%s", path, t.Name(), got)
	}
}
