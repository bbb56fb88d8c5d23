//go:build heavy

package cmd

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// heavyCrowd has other clients come and go at a server until the test ends.
func heavyCrowd(t *testing.T, url string, clients int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range clients {
		running.Go(func() {
			for ctx.Err() == nil {
				visit(ctx, client, url+"/sse/chat?tokens=0&rate=1", time.Duration(200+rand.IntN(2000))*time.Millisecond)
				select {
				case <-ctx.Done():
				case <-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond):
				}
			}
		})
	}
}

// visit reads a stream for a while.
func visit(ctx context.Context, client *http.Client, url string, stay time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, stay)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
}

// heavySights are the ways to see a server's sessions: by ids, by counts alone, and with
// all that it tells.
var heavySights = map[string]func(url string) []string{
	"ids": func(url string) []string {
		return []string{"--probe", "json:" + url + "/sessions#[.sessions[].stream_id]", "--probe", "upstreams=json:" + url + "/sessions?list=0#.upstreams"}
	},
	"counts": func(url string) []string {
		return []string{"--probe", "json:" + url + "/sessions?list=0#.active", "--probe", "upstreams=json:" + url + "/sessions?list=0#.upstreams"}
	},
	"roles": func(string) []string { return nil },
}

// Among 20 other clients the right server is clean, every time, and each defect is found
// under its own name, however its sessions are seen. A short run finds the defects by ids
// only.
func TestHeavyBackground(t *testing.T) {
	binary := heavy(t)
	for sight, probes := range heavySights {
		for _, d := range heavyDefects(t) {
			if sight != "roles" {
				d = d.ofSessions()
			}
			times := 1
			switch {
			case len(d.Defects) == 0:
				times = rounds(1, 50)
			case sight != "ids" || len(d.Defects) > 1: // with two it takes five minutes
				times = rounds(0, 1)
			}
			for i := range times {
				t.Run(fmt.Sprintf("%s/%s/%d", sight, strings.Join(d.Defects, "+"), i+1), func(t *testing.T) {
					t.Parallel()
					url := heavyServe(t, binary, d.serve()...)
					heavyCrowd(t, url, 20)
					file := filepath.Join(t.TempDir(), "report.json")
					args := slices.Concat([]string{"--report", "json=" + file, "--report", "text=-"}, probes(url), []string{url})
					code, out := heavyRun(t, binary, "leakcheck", args...)
					if (code == ExitClean) != (d.Verdict == leakcheck.Clean) || code > ExitBad {
						t.Errorf("exit %d", code)
					}
					r := heavyReport(t, file)
					if slices.Contains(d.Defects, "sweep-kills-live") {
						r.Disconnects = nil // whom it hit before they left is a matter of luck
					}
					for i := range r.Disconnects {
						row := &r.Disconnects[i]
						if sight != "counts" && row.Name != loadgen.Early { // that early ones come too early is a matter of luck
							continue
						}
						if row.Leaked > row.Left/2 { // others make that a little more or less
							row.Leaked = row.Left
						}
						row.LeakedIDs = make([]string, min(row.Leaked, 20)) // nobody knows them
					}
					d.hold(t, r)
					if t.Failed() {
						t.Log(out)
					}
				})
			}
		}
	}
}
