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
	"strings"
	"testing"
	"time"
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
	c := exec.Command(binary, append([]string{"storm"}, args...)...)
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

// Ten times out of ten a right server is clean at 5,000 streams, and back at its
// baseline of goroutines and descriptors, to 1 % or 5.
func TestHeavyCleanAt5000(t *testing.T) {
	binary := heavy(t)
	url := heavyServe(t, binary)
	before := heavyRead(t, url)
	for i := range 10 {
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

// Five times out of five a defect is found, under its own name and with ids.
func TestHeavyLeaks(t *testing.T) {
	binary := heavy(t)
	for _, defect := range []string{"no-remove", "no-callbacks"} {
		t.Run(defect, func(t *testing.T) {
			t.Parallel()
			for i := range 5 {
				url := heavyServe(t, binary, "--defect", defect, "--sweep-every", "1m")
				file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.json", i))
				code, out := heavyStorm(t, binary, "-n", "300", "--disconnect", "complete,close,reset", "--report", "json="+file, url)
				if code != ExitBad || !strings.Contains(out, "error "+defect) {
					t.Fatalf("round %d: exit %d\n%s", i+1, code, out)
				}
				if n := leakedIDs(t, file); n != 60 {
					t.Errorf("round %d: %d leaked ids, 20 of each of three ways expected", i+1, n)
				}
			}
		})
	}
}

// Each defect is found under its own name, with no other error beside it, when
// streams leave in all nine ways.
func TestHeavyDefects(t *testing.T) {
	binary := heavy(t)
	for _, tt := range []struct {
		defect string
		shows  string // behind the name: the ways
		args   []string
	}{
		{"no-timeout", " (overstay)", nil},
		{"no-callbacks", "", nil},
		{"no-completion-callback", " (complete)", nil},
		{"no-error-callback", "", nil},
		{"no-heartbeat", " (vanish)", nil},
		{"no-write-deadline", " (stall, vanish)", nil},
		{"no-remove", "", nil},
		{"no-upstream-cancel", "", nil},
		{"sweep-kills-live", "", []string{"--sweep-every", "3s"}},
		{"refresh-kills-successor", " (refresh)", nil},
		{"early-abort", " (early)", nil},
		{"slow-reclaim", "", nil},
	} {
		t.Run(tt.defect, func(t *testing.T) {
			t.Parallel()
			url := heavyServe(t, binary, append(tt.args, "--defect", tt.defect)...)
			code, out := heavyStorm(t, binary, "-n", "90", "--hold", "1s", url)
			found := strings.Count(out, "\nerror ")
			if code != ExitBad || found != 1 || !strings.Contains(out, "\nerror "+tt.defect+tt.shows) {
				t.Errorf("exit %d, %d errors\n%s", code, found, out)
			}
		})
	}
}

func leakedIDs(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Disconnects []struct {
			LeakedIDs []string `json:"leaked_ids"`
		} `json:"disconnects"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range report.Disconnects {
		n += len(row.LeakedIDs)
	}
	return n
}
