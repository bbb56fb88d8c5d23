package leakcheck_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// defectRow says what a server with some defects shows: the one error among the
// findings, and its ways. testdata/defects.json has one for each defect; the
// heavy suite of package cmd holds the program to the same rows.
// The last three are clean to whom only sessions and upstreams are shown: here, where
// every server is in the test's own process. TestDefectsOfAProcess finds them.
type defectRow struct {
	Defects []server.Defect      `json:"defects"`
	Verdict leakcheck.Verdict    `json:"verdict"`
	Finding leakcheck.Code       `json:"finding"` // none where it is clean
	Ways    []loadgen.Disconnect `json:"ways"`
	AnyWays bool                 `json:"any_ways"` // which of them depends on the load
	Without []loadgen.Disconnect `json:"without"`  // ways that take too long with its limits

	// alone is the only way that a check takes; all of them where it is empty.
	alone loadgen.Disconnect
}

func readDefects(t *testing.T) []defectRow {
	t.Helper()
	text, err := os.ReadFile("testdata/defects.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []defectRow
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (d defectRow) name() string {
	if len(d.Defects) == 0 {
		return "none"
	}
	names := make([]string, len(d.Defects))
	for i, name := range d.Defects {
		names[i] = string(name)
	}
	if d.alone != "" {
		names = append(names, "by "+string(d.alone))
	}
	return strings.Join(names, "+")
}

// has tells whether every server of the row has the defect.
func (d defectRow) has(defect server.Defect) bool { return slices.Contains(d.Defects, defect) }

// ofProcess tells whether the row is about workers, descriptors or memory.
func (d defectRow) ofProcess() bool {
	return d.has(server.WorkerLeak) || d.has(server.FDLeak) || d.has(server.MemoryLeak)
}

// limits are a server's of which nothing is swept before a run has ended, but
// where the row is about the sweep.
func (d defectRow) limits() server.Config {
	cfg := server.Config{
		Timeout: 7 * time.Second, Heartbeat: 200 * time.Millisecond, WriteTimeout: time.Second,
		UserTimeout: time.Second, SweepEvery: time.Hour, IdleTimeout: time.Hour, Defects: d.Defects,
	}
	switch {
	case len(d.Defects) == 0: // the right server sweeps, and spares who lives
		cfg.SweepEvery, cfg.IdleTimeout = time.Second, 3*time.Second
	case d.has(server.SweepKillsLive): // when the streams have left, and before the last is back
		cfg.Timeout, cfg.SweepEvery = 9*time.Second, 6*time.Second
	case d.has(server.SweepNever): // with the others left out only the sweep is left
		cfg.Timeout, cfg.SweepEvery, cfg.IdleTimeout = 5*time.Minute, 300*time.Millisecond, time.Second
	}
	return cfg
}

// check is a small one in every way that this machine can take and the row
// allows. Between the age at which streams leave, their window and the timeout
// there is room for what a busy machine is late.
func (d defectRow) check(base string) leakcheck.Config {
	c := config(base)
	c.Plan.Mix = slices.DeleteFunc(loadgen.Even(loadgen.Disconnects()...), func(s loadgen.Share) bool {
		return slices.Contains(d.Without, s.Disconnect) || s.Disconnect.Able() != nil || (d.alone != "" && s.Disconnect != d.alone)
	})
	c.Plan.Streams, c.Plan.Controls = d.perWay()*len(c.Plan.Mix), 4
	c.Plan.Ramp, c.Plan.Hold = 700*time.Millisecond, 1300*time.Millisecond
	c.Plan.Request.URL = base + "/sse/chat"
	c.Plan.Shape = map[loadgen.Disconnect]url.Values{}
	for _, way := range append(loadgen.Disconnects(), "") {
		c.Plan.Shape[way] = url.Values{"tokens": {"0"}, "rate": {"2"}}
	}
	c.Plan.Shape[loadgen.Complete] = url.Values{"tokens": {"4"}, "rate": {"2"}}
	c.Plan.Shape[loadgen.Stall] = url.Values{"tokens": {"0"}, "rate": {"20"}, "size": {"1024"}}
	c.Plan.Shape[loadgen.Vanish] = url.Values{"tokens": {"0"}, "rate": {"0"}}
	c.Plan.Shape[loadgen.Refresh] = url.Values{"tokens": {"0"}, "session": {"{{id}}"}}
	c.Windows = leakcheck.Windows{All: 3 * time.Second, ByWay: map[loadgen.Disconnect]time.Duration{
		loadgen.Overstay: d.limits().Timeout - c.Plan.Life() + time.Second,
	}}
	c.Poll = 100 * time.Millisecond
	return c
}

// perWay is how many streams leave in each way.
func (d defectRow) perWay() int {
	if d.has(server.SlowReclaim) || d.alone != "" {
		return 4 // as many as its worker has not done with at the window's end
	}
	return 2
}

// Each defect shows in the ways in which it must, and in no other, under its
// own name and with no other error beside it; without one the server is clean.
// The checks run side by side, for all of them mostly wait. What fails is
// checked again if the machine was too busy to read the sessions in time: then
// it was no test.
func TestDefectsByWay(t *testing.T) {
	t.Parallel()
	rows := readDefects(t)
	for i, row := range rows {
		if row.ofProcess() {
			rows[i].Verdict, rows[i].Finding = leakcheck.Clean, ""
		}
	}
	for _, d := range server.Defects() {
		if !slices.ContainsFunc(rows, func(r defectRow) bool { return r.has(d.Name) }) {
			t.Errorf("no row is of %s", d.Name)
		}
	}
	holdDefects(t, rows)
}

// What one way tells of a defect, where that is more than that something leaks, and where
// another defect is near: TestOneWay has all of them.
func TestDefectsInOneWay(t *testing.T) {
	t.Parallel()
	var rows []defectRow
	for _, row := range []defectRow{
		{Defects: []server.Defect{server.NoTimeout}, alone: loadgen.Overstay, Finding: leakcheck.NoTimeout},
		{Defects: []server.Defect{server.NoCallbacks}, alone: loadgen.Overstay, Finding: leakcheck.Leak},
		{Defects: []server.Defect{server.NoCallbacks}, alone: loadgen.Stall, Finding: leakcheck.Leak},
		{Defects: []server.Defect{server.NoErrorCallback}, alone: loadgen.Vanish, Finding: leakcheck.Leak},
		{Defects: []server.Defect{server.NoCompletionCallback}, alone: loadgen.Complete, Finding: leakcheck.NoCompletionCallback},
		{Defects: []server.Defect{server.NoHeartbeat}, alone: loadgen.Vanish, Finding: leakcheck.NoHeartbeat},
		{Defects: []server.Defect{server.NoWriteDeadline}, alone: loadgen.Vanish, Finding: leakcheck.NoWriteDeadline},
		{Defects: []server.Defect{server.NoWriteDeadline}, alone: loadgen.Stall, Finding: leakcheck.NoWriteDeadline},
		{Defects: []server.Defect{server.NoRemove}, alone: loadgen.Close, Finding: leakcheck.NoRemove},
		{Defects: []server.Defect{server.NoRemove}, alone: loadgen.Stall, Finding: leakcheck.NoRemove},
		{Defects: []server.Defect{server.NoRemove}, alone: loadgen.Overstay, Finding: leakcheck.NoRemove},
		{Defects: []server.Defect{server.NoRemove}, alone: loadgen.Vanish, Finding: leakcheck.NoRemove},
		{Defects: []server.Defect{server.NoRemove}, alone: loadgen.Complete, Finding: leakcheck.Leak},
		{Defects: []server.Defect{server.EarlyAbort}, alone: loadgen.Early, Finding: leakcheck.EarlyAbort},
	} {
		row.Verdict, row.Ways = leakcheck.Leaking, []loadgen.Disconnect{row.alone}
		if row.alone.Able() == nil {
			rows = append(rows, row)
		}
	}
	holdDefects(t, rows)
}

// holdDefects checks servers until each report is what its row says, as long as the machine
// was too busy for those that are not.
func holdDefects(t *testing.T, rows []defectRow) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		faults, slowest := checkDefects(t, rows)
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

// tooSlow is a time between two readings, and so between two of anything, with
// some of which the limits of the rows are not met.
const tooSlow = 250 * time.Millisecond

// tries is how often what fails is checked on a machine that is too slow.
const tries = 5

// checkDefects checks a server of each row, all at once. It returns what is
// amiss by the row's name, and the longest time between two readings.
func checkDefects(t *testing.T, rows []defectRow) (faults map[string][]string, slowest time.Duration) {
	t.Helper()
	faults = map[string][]string{}
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, row := range rows {
		base, kill := serve(t, row.limits())
		running.Go(func() {
			defer kill()
			c := row.check(base)
			readings := &timed{Probe: c.Probes[0]}
			c.Probes = []leakcheck.Probe{readings}
			report, err := leakcheck.Run(t.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%s: %v", row.name(), err)
				return
			}
			faults[row.name()] = row.faults(report)
			slowest = max(slowest, readings.longest())
		})
	}
	running.Wait()
	return faults, slowest
}

// faults are what a report has that the row does not allow, or lacks.
func (d defectRow) faults(r *leakcheck.Report) []string {
	var faults []string
	amiss := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if r.Verdict != d.Verdict {
		amiss("%s, want %s", r.Verdict, d.Verdict)
	}
	found := false
	ways := slices.DeleteFunc(slices.Clone(d.Ways), func(w loadgen.Disconnect) bool { return w.Able() != nil })
	for _, f := range r.Findings {
		switch {
		case f.Severity != leakcheck.SeverityError:
		case f.Code != d.Finding || (!d.AnyWays && !slices.Equal(f.Disconnects, ways)):
			amiss("%s %v, want %s %v: %s (%s)", f.Code, f.Disconnects, d.Finding, ways, f.Summary, f.Evidence)
		default:
			found = true
		}
	}
	if !found && d.Finding != "" {
		amiss("%s was not found", d.Finding)
	}
	for _, row := range r.Disconnects {
		want := 0
		if d.Verdict == leakcheck.Leaking && slices.Contains(d.Ways, row.Name) {
			want = row.Left
		}
		if d.has(server.EarlyAbort) && row.Leaked > 0 {
			want = row.Leaked // who leaves when the server watches already does not leak
		}
		// One that the server cut before its time is no fault of the judge's.
		if row.Left == 0 || row.Unknown > 0 || (row.Leaked != want && !d.AnyWays) {
			amiss("%s: %d left, %d reclaimed, %d leaked, want %d: %+v", row.Name, row.Left, row.Reclaimed, row.Leaked, want, r.Streams)
		}
	}
	if killed := r.Controls.Killed; (killed > 0) != (d.Verdict == leakcheck.OverReaping) {
		amiss("%d controls killed", killed)
	}
	return faults
}
