package leakcheck_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if defects, ok := os.LookupEnv(childDefects); ok {
		os.Exit(beChild(defects))
	}
	// Runs mostly wait: all of them together take a few seconds of a processor.
	flag.Parse()
	if n := flag.Lookup("test.parallel"); n.Value.String() == n.DefValue {
		_ = n.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0))) // it takes every number above zero
	}
	goleak.VerifyTestMain(m)
}
