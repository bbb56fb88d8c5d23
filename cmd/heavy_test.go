//go:build heavy

package cmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// heavy builds the program that users run, once a test.
func heavy(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sse-tool")
	build := exec.Command("go", "build", "-o", binary, "./sse-tool")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// heavyServe runs a reference server as a process of its own until the test
// ends.
func heavyServe(t *testing.T, binary string, args ...string) (url string) {
	t.Helper()
	c := exec.Command(binary, append([]string{
		"serve", "--addr", "127.0.0.1:0", "--timeout", "15s", "--heartbeat", "1s",
		"--write-timeout", "2s", "--user-timeout", "2s", "--reply-rate", "1/s",
	}, args...)...)
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// heavyStorm runs a storm and returns its exit code and its text report.
func heavyStorm(t *testing.T, binary string, args ...string) (int, string) {
	t.Helper()
	return heavyRun(t, binary, "storm", args...)
}

// heavyRun does the same with any command.
func heavyRun(t *testing.T, binary, command string, args ...string) (int, string) {
	t.Helper()
	c := exec.Command(binary, append([]string{command}, args...)...)
	out, err := c.Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

type serverProcess struct {
	Active  int `json:"active"`
	Process struct {
		Goroutines int `json:"goroutines"`
		OpenFDs    int `json:"open_fds"`
	} `json:"process"`
}

func heavyRead(t *testing.T, url string) serverProcess {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url + "/sessions?list=0")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var p serverProcess
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

// rounds is how often a suite runs: few times in CI, and all those that were
// promised where HEAVY is full.
func rounds(few, full int) int {
	if os.Getenv("HEAVY") == "full" {
		return full
	}
	return few
}

// A right server is clean at 5,000 streams, every time, and back at its baseline
// of goroutines and descriptors, to 1 % or 5.
func TestHeavyCleanAt5000(t *testing.T) {
	binary := heavy(t)
	url := heavyServe(t, binary)
	before := heavyRead(t, url)
	for i := range rounds(2, 10) {
		began := time.Now()
		if code, out := heavyStorm(t, binary, "-n", "5000", url); code != ExitClean {
			t.Fatalf("round %d: exit %d\n%s", i+1, code, out)
		}
		after := heavyRead(t, url)
		for deadline := time.Now().Add(3 * time.Second); !atBaseline(before, after); after = heavyRead(t, url) {
			if time.Now().After(deadline) {
				t.Fatalf("round %d: before %+v, after %+v", i+1, before, after)
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("round %d: clean in %s, %d goroutines and %d descriptors (%d and %d before)", i+1,
			time.Since(began).Round(100*time.Millisecond),
			after.Process.Goroutines, after.Process.OpenFDs, before.Process.Goroutines, before.Process.OpenFDs)
	}
}

func atBaseline(before, after serverProcess) bool {
	near := func(a, b int) bool { return b-a <= max(5, a/100) }
	return after.Active == 0 &&
		near(before.Process.Goroutines, after.Process.Goroutines) && near(before.Process.OpenFDs, after.Process.OpenFDs)
}

// A right server is clean at 300 streams, every time.
func TestHeavyCleanAt300(t *testing.T) {
	binary := heavy(t)
	for i := range rounds(8, 50) {
		t.Run(strconv.Itoa(i+1), func(t *testing.T) {
			t.Parallel()
			if code, out := heavyStorm(t, binary, "-n", "300", heavyServe(t, binary)); code != ExitClean {
				t.Fatalf("exit %d\n%s", code, out)
			}
		})
	}
}

// heavyDefects are the rows of leakcheck's matrix of defects and ways.
func heavyDefects(t *testing.T) []heavyDefect {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../leakcheck/testdata/defects.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []heavyDefect
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

type heavyDefect struct {
	Defects []string             `json:"defects"`
	Verdict leakcheck.Verdict    `json:"verdict"`
	Finding leakcheck.Code       `json:"finding"`
	Ways    []loadgen.Disconnect `json:"ways"`
	AnyWays bool                 `json:"any_ways"`
}

// ofSessions is the row as it is to whom only sessions and upstreams are shown.
func (d heavyDefect) ofSessions() heavyDefect {
	for _, of := range []leakcheck.Code{leakcheck.WorkerLeak, leakcheck.FDLeak, leakcheck.MemoryLeak} {
		if d.Finding == of {
			d.Verdict, d.Finding = leakcheck.Clean, ""
		}
	}
	return d
}

// serve are the server's arguments. With heavyServe's nothing is swept before a
// storm is over; a row that is about the sweep needs others.
func (d heavyDefect) serve() []string {
	var args []string
	for _, defect := range d.Defects {
		args = append(args, "--defect", defect)
	}
	switch {
	case slices.Contains(d.Defects, "sweep-kills-live"):
		args = append(args, "--sweep-every", "3s")
	case slices.Contains(d.Defects, "sweep-never"): // with the others left out only the sweep is left
		args = append(args, "--timeout", "5m", "--sweep-every", "500ms", "--idle-timeout", "2500ms")
	}
	return args
}

// Each defect is found, every time, in the ways in which it must be and in no
// other, under its own name and with no other error beside it.
func TestHeavyDefects(t *testing.T) {
	binary := heavy(t)
	for i := range rounds(1, 5) {
		for _, d := range heavyDefects(t) {
			d = d.ofSessions() // a storm reads nothing else by itself
			t.Run(fmt.Sprintf("%s/%d", strings.Join(d.Defects, "+"), i+1), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "report.json")
				code, out := heavyStorm(t, binary, "-n", "90", "--hold", "1s", "--report", "json="+file, heavyServe(t, binary, d.serve()...))
				if (code == ExitClean) != (d.Verdict == leakcheck.Clean) || code > ExitBad {
					t.Errorf("exit %d", code)
				}
				d.hold(t, heavyReport(t, file))
				if t.Failed() {
					t.Log(out)
				}
			})
		}
	}
}

// hold holds a report to the row.
func (d heavyDefect) hold(t *testing.T, r leakcheck.Report) {
	t.Helper()
	for _, fault := range d.faults(r) {
		t.Error(fault)
	}
}

// faults are what a report has that the row does not allow, or lacks.
func (d heavyDefect) faults(r leakcheck.Report) []string {
	var faults []string
	amiss := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if r.Verdict != d.Verdict {
		amiss("%s, want %s", r.Verdict, d.Verdict)
	}
	found := false
	for _, f := range r.Findings {
		switch {
		case f.Severity != leakcheck.SeverityError:
		case f.Code != d.Finding || (!d.AnyWays && !slices.Equal(f.Disconnects, d.Ways)):
			amiss("found %s %v, want %s %v", f.Code, f.Disconnects, d.Finding, d.Ways)
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
		if row.Left == 0 || row.Unknown > 0 || len(row.LeakedIDs) != min(row.Leaked, 20) || (!d.AnyWays && row.Leaked != want) {
			amiss("%+v, want %d leaked", row, want)
		}
	}
	return faults
}

// A report is right only with the row's finding in it, and as an error: that it is leaking
// does not say why.
func TestHeavyDefectsAreNamed(t *testing.T) {
	named := leakcheck.Finding{Code: leakcheck.NoTimeout, Severity: leakcheck.SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Overstay}}
	warned, other := named, named
	warned.Severity, other.Code = leakcheck.SeverityWarning, leakcheck.Leak
	d := heavyDefect{Verdict: leakcheck.Leaking, Finding: leakcheck.NoTimeout, Ways: named.Disconnects}
	for name, tt := range map[string]struct {
		findings []leakcheck.Finding
		right    bool
	}{
		"its own":             {[]leakcheck.Finding{named}, true},
		"nothing":             {nil, false},
		"a warning":           {[]leakcheck.Finding{warned}, false},
		"another one":         {[]leakcheck.Finding{other}, false},
		"another one besides": {[]leakcheck.Finding{named, other}, false},
	} {
		r := leakcheck.Report{
			Verdict: leakcheck.Leaking, Findings: tt.findings,
			Disconnects: []leakcheck.Row{{Name: loadgen.Overstay, Left: 1, Leaked: 1, LeakedIDs: []string{"a"}}},
		}
		if faults := d.faults(r); (len(faults) == 0) != tt.right {
			t.Errorf("%s: %q", name, faults)
		}
	}
}

func heavyReport(t *testing.T, file string) leakcheck.Report {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r leakcheck.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}
