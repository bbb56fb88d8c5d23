package leakcheck_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// quickWays are those of which a server learns at once.
var quickWays = []loadgen.Disconnect{loadgen.Complete, loadgen.Close, loadgen.Reset, loadgen.Early, loadgen.Refresh}

// ofQuickWays is the row of a check that takes no others.
func (d defectRow) ofQuickWays() defectRow {
	slow := func(w loadgen.Disconnect) bool { return !slices.Contains(quickWays, w) }
	d.Ways = slices.DeleteFunc(slices.Clone(d.Ways), slow)
	d.Without = slices.DeleteFunc(loadgen.Disconnects(), func(w loadgen.Disconnect) bool { return !slow(w) })
	return d
}

// Each defect whose sessions come back is found by what else stays, in three rounds of
// all roles; and what is found by its sessions is found as that, whatever else is read.
func TestDefectsOfAProcess(t *testing.T) {
	t.Parallel()
	var rows []defectRow
	for _, row := range readDefects(t) {
		if row.ofProcess() || len(row.Defects) == 0 || row.has(server.NoRemove) || row.has(server.NoUpstreamCancel) || row.has(server.NoCallbacks) {
			rows = append(rows, row.ofQuickWays())
		}
	}
	for attempt := 1; ; attempt++ {
		faults, slowest := checkProcesses(t, rows)
		rows = slices.DeleteFunc(rows, func(d defectRow) bool { return len(faults[d.name()]) == 0 })
		if len(rows) == 0 {
			return
		}
		for _, row := range rows {
			t.Logf("%s:\n%s", row.name(), strings.Join(faults[row.name()], "\n"))
		}
		if slowest < tooSlow || attempt == tries {
			t.Fatalf("of these %d rows reports say otherwise (at most %s between two readings)", len(rows), slowest)
		}
	}
}

// checkProcesses is as checkDefects, with a process for each server, and all roles.
func checkProcesses(t *testing.T, rows []defectRow) (faults map[string][]string, slowest time.Duration) {
	t.Helper()
	faults = map[string][]string{}
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, row := range rows {
		base := serveChild(t, row)
		running.Go(func() {
			c := row.check(base)
			c.Plan.Streams = 8 * len(c.Plan.Mix)
			c.Windows = leakcheck.Windows{All: 1500 * time.Millisecond}
			readings := &timed{Probe: probe.NewOwn(base, probe.Access{}).All()}
			c.Probes, c.Rounds = []leakcheck.Probe{readings}, leakcheck.SlopeRounds
			report, err := leakcheck.Run(t.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%s: %v", row.name(), err)
				return
			}
			faults[row.name()] = row.faults(report)
			if len(faults[row.name()]) > 0 {
				t.Logf("%s", report)
			}
			slowest = max(slowest, readings.longest())
		})
	}
	running.Wait()
	return faults, slowest
}
