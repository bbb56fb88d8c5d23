package leakcheck_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// crowd has other clients come and go at a server until the test ends.
func crowd(t *testing.T, base string, clients int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range clients {
		running.Go(func() {
			for ctx.Err() == nil {
				stay := time.Duration(200+rand.IntN(1000)) * time.Millisecond
				visit, leave := context.WithTimeout(ctx, stay)
				if req, err := http.NewRequestWithContext(visit, http.MethodGet, base+"/sse/chat?tokens=0&rate=1", nil); err == nil {
					if resp, err := client.Do(req); err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
					}
				}
				leave()
				select {
				case <-ctx.Done():
				case <-time.After(stay / 2):
				}
			}
		})
	}
}

// sights are the ways to see a server's sessions.
var sights = map[string]func(t *testing.T, base string) []leakcheck.Probe{
	"ids": func(_ *testing.T, base string) []leakcheck.Probe {
		return []leakcheck.Probe{probe.NewOwn(base, probe.Access{})}
	},
	"counts": func(t *testing.T, base string) []leakcheck.Probe {
		return parsed(t, "json:"+base+"/sessions?list=0#.active", "upstreams=json:"+base+"/sessions?list=0#.upstreams")
	},
	"roles": func(_ *testing.T, base string) []leakcheck.Probe {
		return []leakcheck.Probe{probe.NewOwn(base, probe.Access{}).All()}
	},
}

func parsed(t *testing.T, specs ...string) []leakcheck.Probe {
	t.Helper()
	var all []leakcheck.Probe
	for _, spec := range specs {
		p, err := probe.Parse(spec, probe.Access{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// Among other clients that come and go the right server is clean, and a defect is found
// under its own name, however its sessions are seen. The heavy suite of package cmd does the
// same with all defects and ways.
func TestBackground(t *testing.T) {
	t.Parallel()
	type trial struct {
		row   defectRow
		sight string
	}
	trials := map[string]trial{}
	for _, row := range readDefects(t) {
		for sight := range sights {
			ofSight := map[string]bool{
				"ids":    len(row.Defects) == 0 || row.has(server.NoUpstreamCancel),
				"counts": len(row.Defects) == 0 || row.has(server.NoCompletionCallback),
				"roles":  len(row.Defects) == 0 || row.has(server.WorkerLeak),
			}
			if ofSight[sight] {
				trials[row.name()+" by "+sight] = trial{row.ofQuickWays(), sight}
			}
		}
	}
	for attempt := 1; ; attempt++ {
		faults := map[string][]string{}
		var slowest time.Duration
		var mu sync.Mutex
		var running sync.WaitGroup
		for name, tr := range trials {
			base := serveChild(t, tr.row)
			crowd(t, base, 8)
			c := tr.row.check(base)
			c.Apart, c.Plan.Streams, c.Plan.Controls = true, 30, 4
			c.Plan.Mix = loadgen.Even(loadgen.Complete, loadgen.Close, loadgen.Reset)
			c.Windows, c.MaxTime = leakcheck.Windows{All: 1500 * time.Millisecond}, 20*time.Second
			readings := &timed{Probe: sights[tr.sight](t, base)[0]}
			c.Probes = append([]leakcheck.Probe{readings}, sights[tr.sight](t, base)[1:]...)
			running.Go(func() {
				report, err := leakcheck.Run(t.Context(), c)
				mu.Lock()
				defer mu.Unlock()
				slowest = max(slowest, readings.longest())
				if err != nil {
					faults[name] = []string{err.Error()}
				} else if faults[name] = tr.row.faults(report); len(faults[name]) > 0 {
					faults[name] = append(faults[name], fmt.Sprint(report))
				}
			})
		}
		running.Wait()
		for name := range trials {
			if len(faults[name]) == 0 {
				delete(trials, name)
				continue
			}
			t.Logf("%s:\n%s", name, strings.Join(faults[name], "\n"))
		}
		switch {
		case len(trials) == 0:
			return
		case slowest < tooSlow || attempt == tries:
			t.Fatalf("of %d servers reports say otherwise (at most %s between two readings)", len(trials), slowest)
		}
	}
}
