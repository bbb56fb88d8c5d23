package chat

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	flag.Parse()
	// The highlighter's regular expressions have a clock, which stops by itself once none has run for a second.
	clock := goleak.IgnoreAnyFunction("github.com/dlclark/regexp2.runClock")
	// The terminal's reader hands over a key without regard to the program's end; see Run.
	key := goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).sendEvents")
	goleak.VerifyTestMain(m, clock, key)
}

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: (go test -update writes it anew)\n%s\nwant\n%s", name, got, want)
	}
}
