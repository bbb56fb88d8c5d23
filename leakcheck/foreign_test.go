package leakcheck_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// visit is a check of a server of which nothing is known but its URL.
type visit struct {
	base    string
	ways    []loadgen.Disconnect
	window  time.Duration // zero is the default
	counts  bool          // the number of sessions is read in place of the list
	sockets bool          // so are the sockets
	named   bool          // who refreshes asks for the same session
	streams int           // in each way; zero is 8
	request loadgen.Request
	slower  slowness
}

// slowness is how many times as long everything takes as it is written.
type slowness int

func (s slowness) of(d time.Duration) time.Duration { return time.Duration(s) * d }

// check also returns the longest time between two readings.
func (v visit) check(ctx context.Context) (r *leakcheck.Report, longest time.Duration, err error) {
	request := v.request
	request.URL = v.base + "/events"
	c := leakcheck.Config{
		Plan: loadgen.Plan{
			Request: request, Streams: cmp.Or(v.streams, 8) * len(v.ways), Controls: 3, Mix: loadgen.Even(v.ways...),
			Ramp: v.slower.of(300 * time.Millisecond), Hold: v.slower.of(1200 * time.Millisecond),
			Shape: map[loadgen.Disconnect]url.Values{
				loadgen.Complete: {"events": {"3"}},
			},
		},
		Windows: leakcheck.Windows{All: v.slower.of(v.window)},
		Poll:    40 * time.Millisecond,
	}
	if v.named {
		c.Plan.Shape[loadgen.Refresh] = url.Values{"session": {"{{id}}"}}
	}
	specs := []string{"json:" + v.base + "/#.sessions"}
	if v.counts {
		c.Apart = true
		c.Plan.Streams = cmp.Or(v.streams, 8) // in each way
		specs[0] = "json:" + v.base + "/#.active"
	}
	if v.sockets {
		specs = append(specs, "descriptors=sockets")
		c.Poll = 100 * time.Millisecond // the kernel writes every socket of the machine
	}
	for _, spec := range specs {
		p, err := probe.Parse(spec, probe.Access{Target: request.URL})
		if err != nil {
			return nil, 0, err
		}
		c.Probes = append(c.Probes, p)
	}
	readings := &timed{Probe: c.Probes[0]}
	c.Probes[0] = readings
	r, err = leakcheck.Run(ctx, c)
	return r, readings.longest(), err
}

var (
	// leaves are the ways that every server is told of.
	leaves  = []loadgen.Disconnect{loadgen.Close, loadgen.Reset, loadgen.Early, loadgen.Refresh}
	hangups = []loadgen.Disconnect{loadgen.Close, loadgen.Reset}
	ends    = append([]loadgen.Disconnect{loadgen.Complete}, leaves...)
)

// expected is what a server of which nothing is known comes out with: the one error
// among the findings, its ways, and words of its evidence.
type expected struct {
	verdict leakcheck.Verdict
	code    leakcheck.Code // none where it is clean
	ways    []loadgen.Disconnect
	saw     []string
}

// faults are what a report has that is not expected, or lacks.
func (e expected) faults(r *leakcheck.Report) []string {
	var faults []string
	amiss := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if r.Verdict != e.verdict {
		amiss("%s, want %s", r.Verdict, e.verdict)
	}
	found := false
	for _, f := range r.Findings {
		switch {
		case f.Severity != leakcheck.SeverityError:
		case f.Code != e.code || !slices.Equal(e.sure(f.Disconnects), e.sure(e.ways)):
			amiss("%s %v, want %s %v", f.Code, f.Disconnects, e.code, e.ways)
		default:
			found = true
			for _, words := range e.saw {
				if !strings.Contains(f.Evidence, words) {
					amiss("%s without %q", f.Code, words)
				}
			}
		}
	}
	if !found && e.code != "" {
		amiss("%s was not found", e.code)
	}
	if r.Controls.Killed > 0 {
		amiss("%d controls killed", r.Controls.Killed)
	}
	return faults
}

// sure are the ways but early, unless it is about that: some servers never begin the
// session of a client that leaves soon enough, which is a race.
func (e expected) sure(ways []loadgen.Disconnect) []loadgen.Disconnect {
	if e.code == leakcheck.EarlyAbort {
		return ways
	}
	return slices.DeleteFunc(slices.Clone(ways), func(d loadgen.Disconnect) bool { return d == loadgen.Early })
}

// foreigner is a server written by hand, and what is to be said of it.
type foreigner struct {
	beat time.Duration
	life life
	visit
	expected
}

// foreigners are those in Go, each so many times slower than it is written.
func foreigners(slower slowness) map[string]foreigner {
	return map[string]foreigner{
		"right": {beat, right, visit{ways: append(ends, loadgen.HalfClose)}, expected{verdict: leakcheck.Clean}},
		"ignores the context, writes nothing": {time.Hour, heedless, visit{ways: leaves, window: soon, sockets: true},
			expected{leakcheck.Leaking, leakcheck.WritesNothing, leaves, []string{"nothing had come", "still there", "has read that the clients have left"}}},
		"ignores the context, writes nothing, answers end": {time.Hour, heedless, visit{ways: ends, window: soon},
			expected{leakcheck.Leaking, leakcheck.WritesNothing, leaves, []string{"nothing had come"}}},
		"ignores the context and failed writes": {beat, heedless, visit{ways: leaves, window: soon},
			expected{leakcheck.Leaking, leakcheck.NoErrorCallback, leaves, []string{"a heartbeat came every"}}},
		"ignores the context and failed writes, answers end": {beat, heedless, visit{ways: ends, window: soon},
			expected{leakcheck.Leaking, leakcheck.NoErrorCallback, leaves, nil}},
		"notices only by writing": {beat, byWriting, visit{ways: append(leaves, loadgen.HalfClose)}, expected{verdict: leakcheck.Clean}},
		"notices only by writing, within a heartbeat": {600 * time.Millisecond, byWriting, visit{ways: leaves, window: 750 * time.Millisecond},
			expected{leakcheck.Leaking, leakcheck.Late, []loadgen.Disconnect{loadgen.Close, loadgen.Early, loadgen.Refresh}, []string{"after a FIN", "after an RST"}}},
		"a body unread and a slow first byte": {beat, unread(slower.of(slow)), visit{ways: leaves, window: 500 * time.Millisecond, request: asked},
			expected{leakcheck.Leaking, leakcheck.EarlyAbort, []loadgen.Disconnect{loadgen.Early}, []string{"back in the end"}}},
		"keeps every entry": {beat, hoards, visit{ways: ends, window: soon, sockets: true},
			expected{leakcheck.Leaking, leakcheck.NoRemove, ends, []string{"are gone"}}},
		"cleans up for some": {beat, clumsy(), visit{ways: hangups, window: soon, streams: 60},
			expected{leakcheck.Leaking, leakcheck.ReleaseFailsForSome, hangups, []string{"came back"}}},
		"counts ends twice": {beat, miscounts, visit{ways: []loadgen.Disconnect{loadgen.Close}, window: soon, counts: true},
			expected{leakcheck.Inconclusive, leakcheck.CounterWrong, nil, []string{"0 at the end, with 3 streams open"}}},
		"counts ends twice, below zero": {beat, overcounts, visit{ways: []loadgen.Disconnect{loadgen.Close}, window: soon, counts: true},
			expected{leakcheck.Inconclusive, leakcheck.CounterWrong, nil, []string{"below zero", "gives -5, which counts nothing"}}},
		"cleans up for some, by count": {beat, clumsy(), visit{ways: hangups[:1], window: soon, counts: true, streams: 60},
			expected{leakcheck.Leaking, leakcheck.ReleaseFailsForSome, hangups[:1], []string{"came back"}}},
		"refuses who comes back": {beat, refuses, visit{ways: leaves, window: 2*beat + soon, named: true},
			expected{leakcheck.Inconclusive, leakcheck.RefreshRefused, []loadgen.Disconnect{loadgen.Refresh}, []string{"409"}}},
	}
}

const (
	beat = 400 * time.Millisecond
	soon = 700 * time.Millisecond
	slow = 1300 * time.Millisecond
)

var asked = loadgen.Request{Body: []byte(`{"message": "hello"}`)}

// A server that nobody has seen before is told what it lacks, and nothing else.
func TestForeignServers(t *testing.T) {
	t.Parallel()
	checkForeigners(t, func(slower slowness) map[string]foreigner {
		rows := foreigners(slower)
		for name, row := range rows {
			row.base = handwrite(t, slower.of(row.beat), row.life)
			row.slower = slower
			rows[name] = row
		}
		return rows
	})
}

// checkForeigners checks servers side by side, for most of the time they wait. What
// fails is checked again, with all times longer, if the machine was too busy to keep to
// them.
func checkForeigners(t *testing.T, servers func(slower slowness) map[string]foreigner) {
	t.Helper()
	rows := servers(1)
	for attempt := slowness(1); ; attempt++ {
		faults, slowest := visitAll(t, rows)
		busy := false
		for name, row := range rows {
			if len(faults[name]) == 0 {
				delete(rows, name)
				continue
			}
			busy = slowest >= row.slower.of(hurried)
			t.Logf("%s, %d times slower:\n%s", name, row.slower, strings.Join(faults[name], "\n"))
		}
		if len(rows) == 0 {
			return
		}
		if !busy || attempt == slowestOfAll {
			t.Fatalf("of these %d servers reports say otherwise (at most %s between two readings)", len(rows), slowest)
		}
		again := servers(attempt + 1)
		for name := range rows {
			rows[name] = again[name]
		}
	}
}

const (
	// hurried is a time between two readings with which the times of the rows are not
	// kept.
	hurried = 200 * time.Millisecond
	// slowestOfAll is how many times as long everything takes at the most.
	slowestOfAll = 5
)

func visitAll(t *testing.T, rows map[string]foreigner) (faults map[string][]string, slowest time.Duration) {
	t.Helper()
	faults = map[string][]string{}
	var mu sync.Mutex
	var running sync.WaitGroup
	for name, row := range rows {
		running.Go(func() {
			r, longest, err := row.check(t.Context())
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, longest)
			if err != nil {
				faults[name] = []string{err.Error()}
				return
			}
			if faults[name] = row.faults(r); len(faults[name]) > 0 {
				faults[name] = append(faults[name], r.String())
			}
		})
	}
	running.Wait()
	return faults, slowest
}
