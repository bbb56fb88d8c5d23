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

// heavyCrowd is how other clients come and go: how long they stay, and how long they are
// away before they come back.
type heavyCrowd struct{ stay, more, away time.Duration }

// The answers of an AI chat take five to twenty seconds: twenty people come and go at one
// or two a second. In a storm it is eleven a second.
var (
	heavyPeople = heavyCrowd{stay: 5 * time.Second, more: 15 * time.Second, away: 1500 * time.Millisecond}
	heavyStormy = heavyCrowd{stay: 200 * time.Millisecond, more: 2 * time.Second, away: 1500 * time.Millisecond}
)

// visit has so many clients come and go at a server until the test ends. When it returns
// they have been at it for a while: each is somewhere in a visit.
func (c heavyCrowd) visit(t *testing.T, url string, clients int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range clients {
		running.Go(func() {
			stay := rand.N(c.stay + c.more)
			for ctx.Err() == nil {
				visit(ctx, client, url+"/sse/chat?tokens=0&rate=1", stay)
				stay = c.stay + rand.N(c.more)
				select {
				case <-ctx.Done():
				case <-time.After(rand.N(c.away)):
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

// among is who else is at the row's server in a run, and what serves that.
func (d heavyDefect) among(sight string, run int) (crowd heavyCrowd, serve []string) {
	crowd, serve = heavyStormy, d.serve()
	switch {
	case len(d.Defects) == 0 && run%2 == 1:
		crowd = heavyPeople
	case len(d.Defects) > 0 && sight == "counts":
		crowd = heavyPeople
		if !slices.Contains(serve, "--sweep-every") {
			serve = append(serve, "--sweep-every", "1h") // the waves take minutes
		}
	}
	return crowd, serve
}

// Among 20 other clients the right server is clean, every time, and each defect is found
// under its own name, however its sessions are seen. A short run finds the defects by ids
// only.
//
// The right server stands people and a storm by turns. By counts alone the defects are looked
// for among people: where others' sessions stay too, a storm leaves as many while a wave is
// judged as the wave does. And no sweep takes them meanwhile, but where the row is about it:
// whose it took nobody could tell.
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
					crowd, args := d.among(sight, i)
					url := heavyServe(t, binary, args...)
					crowd.visit(t, url, 20)
					file := filepath.Join(t.TempDir(), "report.json")
					args = slices.Concat([]string{"--report", "json=" + file, "--report", "text=-", "--save", filepath.Join(t.ArtifactDir(), "run.json")}, probes(url), []string{url})
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
						if len(d.Defects) == 0 && row.Unknown <= row.Left/10 { // who came and left between two readings
							row.Unknown = 0
						}
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
