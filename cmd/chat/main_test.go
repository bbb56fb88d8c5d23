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
	if *update {
		writeGolden(t, name, got)
	}
	if want := readGolden(t, name); got != want {
		t.Errorf("%s: (go test -update writes it anew)\n%s\nwant\n%s", name, got, want)
	}
}

func readGolden(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeGolden(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
