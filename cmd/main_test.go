package cmd

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain runs the tests or, when the test binary was started under the name
// sse-tool (by a script, or by storm as its server), the command itself.
func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"sse-tool": sseTool})
}

// sseTool does what main.go does; TestBinary holds main.go itself to it.
func sseTool() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	if path := os.Getenv(readyFile); path != "" {
		_ = os.WriteFile(path, nil, 0o600) // whoever waits for it tells
		_ = os.Unsetenv(readyFile)         // a server that we start is not who is waited for
	}
	os.Exit(Run(ctx, New("test"), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// readyFile is the variable with the path of a file that is there once signals end the
// command in its own way.
const readyFile = "SSE_TOOL_TEST_READY"

// tidy are tests that may leave no goroutine behind.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	// Who is started by these tests takes a hang-up as it comes, also where they were
	// started with it ignored, as nohup does.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	// Scripts mostly wait: four times as many of them as there are processors.
	flag.Parse()
	if n := flag.Lookup("test.parallel"); n.Value.String() == n.DefValue {
		_ = n.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0))) // it takes every number above zero
	}
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"} { // the tests may run there
		_ = os.Unsetenv(name)
	}
	code := t.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines are left:", err)
			return 1
		}
	}
	return code
}
