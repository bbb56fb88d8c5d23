package leakcheck_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// A probe that answers at once, and wrongly, is not waited for when the windows have passed.
func TestWatchDoesNotWaitForAProbeThatFails(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	c := config(base)
	probe := &failing{Probe: c.Probes[0]}
	c.Probes = []leakcheck.Probe{probe}
	c.Progress = func(p leakcheck.Progress) {
		if p.Phase == leakcheck.Leaving {
			probe.left.Store(1 << 40) // for ever
		}
	}
	e, err := leakcheck.Gather(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var passed time.Duration
	for _, r := range e.Records {
		if r.End == loadgen.Left {
			passed = max(passed, r.Ended+2*c.Windows.All)
		}
	}
	if more := e.Took - passed; more > 10*time.Second {
		t.Errorf("after all windows had passed it was read for another %s", more)
	}
	if found := codes(leakcheck.Judge(e)); !slices.Contains(found, leakcheck.ProbeFailed) {
		t.Errorf("%s", found)
	}
}
