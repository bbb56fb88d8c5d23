package leakcheck_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if defects, ok := os.LookupEnv(childDefects); ok {
		os.Exit(beChild(defects))
	}
	goleak.VerifyTestMain(m)
}
