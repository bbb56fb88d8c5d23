package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// reports has a report for each verdict, and for the forms that a verdict can
// take. Each call makes them anew.
func reports() map[string]*leakcheck.Report {
	return map[string]*leakcheck.Report{
		"clean":               clean(),
		"clean-by-count":      cleanByCount(),
		"leaking":             leaking(),
		"wasteful":            wasteful(),
		"growing":             growing(),
		"late":                late(),
		"over-reaping":        overReaping(),
		"crashed":             crashed(),
		"inconclusive":        inconclusive(),
		"interrupted":         interrupted(),
		"interrupted-at-once": interruptedAtOnce(),
		"broken-threshold":    brokenThreshold(),
		"worse":               worse(),
		"no-worse":            noWorse(),
	}
}

// short leaves out what other reports show already.
func short(r *leakcheck.Report) *leakcheck.Report {
	r.Readings, r.History, r.Latency = []leakcheck.ReadingAt{}, nil, leakcheck.Latency{FirstEvent: r.Latency.FirstEvent}
	return r
}

// brokenThreshold is a clean run with a threshold that was held, one that was broken
// and one of which nobody can tell.
func brokenThreshold() *leakcheck.Report {
	r := short(clean())
	var thresholds leakcheck.Thresholds
	for _, text := range []string{"opened<100%", "ttfe.p99>20ms", "reclaim.vanish.p99>5s"} {
		if err := thresholds.Set(text); err != nil {
			panic(err)
		}
	}
	thresholds.Apply(r)
	return r
}

// worse is a run that leaks where an earlier one did not, noWorse one that leaks as
// before.
func worse() *leakcheck.Report {
	r := short(leaking())
	r.CompareWith(clean())
	return r
}

func noWorse() *leakcheck.Report {
	r := short(leaking())
	r.CompareWith(leaking())
	return r
}

// ours is a run against the reference server, with nothing in it that differs
// from case to case.
func ours(v leakcheck.Verdict) *leakcheck.Report {
	return &leakcheck.Report{
		Schema: leakcheck.Schema, Tool: "sse-tool 0.1.0", Target: "http://127.0.0.1:8080/sse/chat?tokens=…",
		Started: time.Date(2026, 3, 14, 15, 9, 26, 535897932, time.UTC), Took: 12.345, Verdict: v,
		Judged: []string{"complete", "close", "reset"}, NotJudged: []leakcheck.NotJudged{}, Findings: []leakcheck.Finding{},
		Controls: leakcheck.Controls{Kept: 10},
		Streams:  leakcheck.Streams{Planned: 2500, Opened: 2500, Completed: 834},
		Latency: leakcheck.Latency{
			Connect:      &leakcheck.Quantiles{Min: 0.00005, P50: 0.00012, P90: 0.00031, P99: 0.0012, Max: 0.0087},
			FirstEvent:   &leakcheck.Quantiles{Min: 0.0003, P50: 0.0012, P90: 0.0044, P99: 0.021, Max: 0.054},
			Gap:          &leakcheck.Quantiles{Min: 0.98, P50: 1, P90: 1, P99: 1.1, Max: 1.2},
			HeartbeatGap: &leakcheck.Quantiles{Min: 0.97, P50: 1, P90: 1, P99: 1, Max: 1.1},
			FirstEventHistogram: []loadgen.Bucket{
				{From: 0.0002, To: 0.0005, Count: 210}, {From: 0.0005, To: 0.001, Count: 890}, {From: 0.001, To: 0.002, Count: 820},
				{From: 0.002, To: 0.005, Count: 400}, {From: 0.005, To: 0.01, Count: 120}, {From: 0.02, To: 0.05, Count: 55}, {From: 0.05, To: 0.1, Count: 5},
			},
		},
	}
}

func sessionsProbe(baseline, peak, end int) leakcheck.ProbeSummary {
	return leakcheck.ProbeSummary{
		Series:   leakcheck.Series{Name: "sessions", Role: leakcheck.Sessions, Spec: "http://127.0.0.1:8080/sessions"},
		Baseline: baseline, Peak: peak, End: end, IDs: true,
	}
}

func upstreamsProbe(baseline, peak, end int) leakcheck.ProbeSummary {
	return leakcheck.ProbeSummary{
		Series:   leakcheck.Series{Name: "upstreams", Role: leakcheck.Upstreams, Spec: "http://127.0.0.1:8080/sessions"},
		Baseline: baseline, Peak: peak, End: end,
	}
}

// trapezoid is the readings of a run that opens, holds and leaves: up to top
// within opened seconds, down to end from left to over.
func trapezoid(probe string, top, end int, opened, left, over float64) []leakcheck.ReadingAt {
	const steps = 20
	readings := []leakcheck.ReadingAt{{At: 0, Probe: probe}}
	for i := 1; i <= steps; i++ {
		readings = append(readings, leakcheck.ReadingAt{At: opened * float64(i) / steps, Probe: probe, Count: top * i / steps})
	}
	for i := 1; i <= steps; i++ {
		readings = append(readings, leakcheck.ReadingAt{
			At: left + (over-left)*float64(i)/steps, Probe: probe, Count: top - (top-end)*i/steps,
		})
	}
	return readings
}

// went is the history of a way of which some sessions stay; back is the most
// that a reclaim took.
func went(d loadgen.Disconnect, sessions, stay int, from, until, back float64) leakcheck.History {
	h := leakcheck.History{Name: d, LeftFrom: from, LeftUntil: until}
	for _, r := range trapezoid("", sessions, stay, 3, from+back/4, until+back)[1:] {
		h.Sessions = append(h.Sessions, leakcheck.CountAt{At: r.At, Count: r.Count})
	}
	if gone := sessions - stay; gone > 0 {
		h.Reclaims = []loadgen.Bucket{
			{From: back / 5, To: back / 2, Count: gone / 3},
			{From: back / 2, To: back, Count: gone - gone/3},
		}
	}
	return h
}

func clean() *leakcheck.Report {
	r := ours(leakcheck.Clean)
	r.Disconnects = []leakcheck.Row{
		{Name: loadgen.Complete, Left: 834, Reclaimed: 834, Window: 4, Reclaim: &leakcheck.Quantiles{Min: 0.001, P50: 0.052, P90: 0.09, P99: 0.0998, Max: 0.104}},
		{Name: loadgen.Close, Left: 833, Reclaimed: 833, Window: 4, Reclaim: &leakcheck.Quantiles{Min: 0.004, P50: 0.061, P90: 0.1, P99: 0.997, Max: 1.993}},
		{Name: loadgen.Reset, Left: 833, Reclaimed: 833, Window: 4, Reclaim: &leakcheck.Quantiles{Min: 0.002, P50: 0.055, P90: 0.09, P99: 0.1, Max: 0.103}},
	}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 2510, 10), upstreamsProbe(0, 2510, 10)}
	r.Readings = trapezoid("sessions", 2510, 10, 3, 8, 10.5)
	r.Generations = &leakcheck.Generations{Tokens: 20240, Counted: true, Completed: 834, Cancelled: 1666}
	r.Facts = []leakcheck.Fact{
		{Name: leakcheck.HeartbeatFact, Value: "1.00 s ± 0.01 s (the server says 1 s)", Seconds: 1, Error: 0.01, Told: 1,
			Evidence: "12,480 times between two comments of a stream, 0.97 s to 1.10 s, nine of ten within 1.00 s"},
	}
	r.History = []leakcheck.History{
		went(loadgen.Complete, 834, 0, 8, 10, 0.1), went(loadgen.Close, 833, 0, 8, 10.4, 2), went(loadgen.Reset, 833, 0, 8, 10.4, 0.1),
	}
	return r
}

// wasteful is a gateway that reads its model's replies to the end, whoever left.
func wasteful() *leakcheck.Report {
	r := clean()
	r.Generations = &leakcheck.Generations{Tokens: 151230, Wasted: 66400, Completed: 2510, RanOut: 1666}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.NoUpstreamCancel, Severity: leakcheck.SeverityWarning,
		Summary:  "the upstream wrote its reply to the end for at least 1,666 users who had left: consistent with a release that does not cancel the generation",
		Evidence: "of the upstream's replies 2,510 came to their end and 0 did not; of its 151,230 tokens about 66,400 were for users who had left",
		Hint:     "cancel the request to the model with the session, on every end",
	}}
	return r
}

// growing is a server that gives its sessions back and keeps a worker of each; what its
// memory does nobody could tell.
func growing() *leakcheck.Report {
	r := ours(leakcheck.Leaking)
	r.Streams = leakcheck.Streams{Planned: 450, Opened: 450, Completed: 150}
	r.Disconnects = clean().Disconnects
	for i := range r.Disconnects {
		r.Disconnects[i].Left, r.Disconnects[i].Reclaimed = 150, 150
	}
	r.NotJudged = []leakcheck.NotJudged{{
		Name: "memory", Why: "with 160 sessions the probe rose by 12 KiB: it looks at something else, or here a stream takes none of them",
		How: "give the probe of the process that serves the streams; if it is, streams take no memory of their own there",
	}}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.WorkerLeak, Severity: leakcheck.SeverityError, Role: leakcheck.Workers,
		Summary:  "sessions come back, workers do not: consistent with a timer, a thread or a goroutine of each session that outlives it",
		Evidence: "+151, +150, +150 workers after 150, 150, 150 streams, all sessions back",
		Hint:     "end with the session whatever runs for it: stop its timer, shut its scheduler down, cancel its subscriptions; goroutines:URL names where they wait",
	}}
	probe := func(role leakcheck.Role, baseline, peak, end int) leakcheck.ProbeSummary {
		return leakcheck.ProbeSummary{
			Series:   leakcheck.Series{Name: string(role), Role: role, Spec: "http://127.0.0.1:8080/sessions"},
			Baseline: baseline, Peak: peak, End: end,
		}
	}
	r.Probes = []leakcheck.ProbeSummary{
		sessionsProbe(0, 160, 10), probe(leakcheck.Workers, 7, 1097, 488), probe(leakcheck.Memory, 981_000, 20_971_520, 20_961_000),
	}
	r.Readings = trapezoid("sessions", 160, 10, 3, 8, 10.5)
	r.Slopes = []leakcheck.Slope{
		{Role: leakcheck.Workers, PerSession: 4, Least: 8, Rounds: []leakcheck.Level{
			{Left: 150, Count: 188, Growth: 151}, {Left: 150, Count: 338, Growth: 150}, {Left: 150, Count: 488, Growth: 150}}},
		{Role: leakcheck.Memory, Least: 6_990_506, Rounds: []leakcheck.Level{
			{Left: 150, Count: 20_961_000, Growth: 19_980_000}, {Left: 150, Count: 18_900_000, Growth: -2_061_000}, {Left: 150, Count: 20_961_000, Growth: 2_061_000}}},
	}
	return r
}

// cleanByCount is a foreign server, seen through a probe that only counts; some
// streams prove nothing, some did not open.
func cleanByCount() *leakcheck.Report {
	r := ours(leakcheck.Clean)
	r.Target = "https://chat.example.org/v1/chat/completions?key=…"
	r.Took = 42.7
	r.Judged = []string{"close"}
	r.NotJudged = []leakcheck.NotJudged{
		{Name: "complete", Why: "no stream ended by itself", How: "ask for a shorter answer, or hold longer: --hold"},
		{Name: "reset", Why: "the streams left so close to the server's timeout that it may be what took their sessions", How: "open faster (--ramp) or hold shorter (--hold)"},
	}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.IsRejected, Severity: leakcheck.SeverityWarning,
		Summary: "2 streams did not open or did not end as planned", Evidence: "status 503: 2",
		Hint: "open fewer (-n) or more slowly (--ramp), or raise the server's limits",
	}}
	r.Disconnects = []leakcheck.Row{
		{Name: loadgen.Complete, Window: 35},
		{Name: loadgen.Close, Left: 24, Reclaimed: 23, Unknown: 1, Window: 35, Reclaim: &leakcheck.Quantiles{Min: 15.02, P50: 30.04, P90: 30.1, P99: 30.1, Max: 30.1}},
		{Name: loadgen.Reset, Left: 24, Unknown: 24, Window: 35},
	}
	r.Controls = leakcheck.Controls{Kept: 1, TimedOut: 1}
	r.Streams = leakcheck.Streams{Planned: 54, Opened: 52, Rejected: 2, Untried: 4}
	r.Latency = leakcheck.Latency{Connect: &leakcheck.Quantiles{Min: 0.03, P50: 0.041, P90: 0.09, P99: 0.2, Max: 0.2}}
	r.Probes = []leakcheck.ProbeSummary{{
		Series:   leakcheck.Series{Name: "sessions", Role: leakcheck.Sessions, Spec: "json:https://chat.example.org/health?token=…#.streams.active"},
		Baseline: 3, Peak: 52, End: 4, Failures: 2,
	}}
	r.Readings = trapezoid("sessions", 52, 4, 2, 5, 35.1)
	r.History = []leakcheck.History{{Name: loadgen.Close, LeftFrom: 5, LeftUntil: 7}, {Name: loadgen.Reset, LeftFrom: 5, LeftUntil: 7}}
	return r
}

func leaking() *leakcheck.Report {
	r := ours(leakcheck.Leaking)
	ids := func(from int) []string {
		all := make([]string, 20)
		for i := range all {
			all[i] = fmt.Sprintf("6f1c2b%02x-8a0e-4d57-9b3a-%012x", from+i, from*4096+i)
		}
		return all
	}
	r.Took = 21.9
	r.Disconnects = []leakcheck.Row{
		{Name: loadgen.Complete, Left: 834, Leaked: 834, Window: 4, LeakedIDs: ids(0)},
		{Name: loadgen.Close, Left: 833, Reclaimed: 830, Leaked: 3, Late: 1, Window: 4, Reclaim: &leakcheck.Quantiles{Min: 0.004, P50: 0.061, P90: 0.1, P99: 0.1, Max: 5.25}, LeakedIDs: ids(64)[:3]},
		{Name: loadgen.Reset, Left: 833, Leaked: 833, Window: 4, LeakedIDs: ids(128)},
	}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 2510, 1679), upstreamsProbe(0, 2510, 10)}
	r.Readings = append(trapezoid("sessions", 2510, 1679, 3, 8, 10.5), trapezoid("upstreams", 2510, 10, 3, 8, 10.5)...)
	r.History = []leakcheck.History{
		went(loadgen.Complete, 834, 834, 8, 10, 1), went(loadgen.Close, 833, 2, 8, 10.4, 5), went(loadgen.Reset, 833, 833, 8, 10.4, 1),
	}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.NoRemove, Severity: leakcheck.SeverityError,
		Disconnects: []loadgen.Disconnect{loadgen.Complete, loadgen.Close, loadgen.Reset},
		Summary:     "sessions stay although their upstreams are gone: consistent with a release that cancels but does not remove the entry from the session map",
		Evidence:    "1,670 of 2,500 sessions past the window, 1 of them back in the end; left by complete, close, reset; 0 upstreams past the window",
		Hint:        "remove the session from the map where it is cancelled, if the entry is still its own",
		Fixes: []leakcheck.Fix{
			{Framework: leakcheck.Go, Text: "in the handler's defer: sessions.CompareAndDelete(id, session) of a sync.Map"},
			{Framework: leakcheck.Nginx, Text: "keep proxy_ignore_client_abort off (the default)"},
		},
	}}
	r.Facts = []leakcheck.Fact{
		{Name: leakcheck.ServerFact, Value: "nginx/1.26.2, Express", Evidence: "of the first stream's response: Server, X-Powered-By"},
		{Name: leakcheck.HeartbeatFact, Value: "14.99 s ± 0.15 s (the server says 15 s)", Seconds: 14.99, Error: 0.15, Told: 15,
			Evidence: "2,500 times between two comments of a stream, 14.80 s to 15.20 s, nine of ten within 15.10 s"},
		{Name: leakcheck.SweepFact, Value: "2.00 s ± 0.10 s", Seconds: 2, Error: 0.1,
			Evidence: "1,670 sessions went at 3 moments, the first 12.04 s into the run, whenever their streams had left"},
	}
	return r
}

// late is a small run of one way: everything comes back, too late.
func late() *leakcheck.Report {
	r := ours(leakcheck.Leaking)
	r.Took = 195.25
	r.Judged = []string{"close"}
	r.Disconnects = []leakcheck.Row{{
		Name: loadgen.Close, Left: 1, Leaked: 1, Late: 1, Window: 4,
		Reclaim: &leakcheck.Quantiles{Min: 180.4, P50: 180.4, P90: 180.4, P99: 180.4, Max: 180.4}, LeakedIDs: []string{"s-1"},
	}}
	r.Controls = leakcheck.Controls{}
	r.Streams = leakcheck.Streams{Planned: 1, Opened: 1}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 1, 0)}
	r.Readings = []leakcheck.ReadingAt{{At: 0, Probe: "sessions"}, {At: 1, Probe: "sessions", Count: 1}, {At: 186.4, Probe: "sessions"}}
	r.History = []leakcheck.History{{
		Name: loadgen.Close, LeftFrom: 6, LeftUntil: 6, Sessions: []leakcheck.CountAt{{At: 1, Count: 1}, {At: 186.4}},
		Reclaims: []loadgen.Bucket{{From: 100, To: 200, Count: 1}},
	}}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.Late, Severity: leakcheck.SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Close},
		Summary:  "every session comes back, but after its window: consistent with a release that waits for a sweep, a timeout or a slow worker",
		Evidence: "1 of 1 session past the window, 1 of them back in the end; left by close",
		Hint:     "release the session at once in the callbacks of completion, timeout and error; or give the window that you promise with --window",
	}}
	return r
}

func overReaping() *leakcheck.Report {
	r := clean()
	r.Verdict = leakcheck.OverReaping
	r.Controls = leakcheck.Controls{Kept: 3, Killed: 7}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 2510, 3), upstreamsProbe(0, 2510, 3)}
	r.Readings = trapezoid("sessions", 2510, 3, 3, 8, 10.5)
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.ControlsKilled, Severity: leakcheck.SeverityError,
		Summary:  "7 sessions of clients that were there and reading were ended: consistent with a sweep that does not look at the last activity, or a clean-up by key",
		Evidence: "session 0a1b2c3d ended 10.02 s after it had opened: the server ended the response",
		Hint:     "let the sweep spare whoever acknowledged a write lately, and remove a session only if it is still your own (compare and delete)",
	}}
	return r
}

// crashed died while its streams were open: nobody left.
func crashed() *leakcheck.Report {
	r := ours(leakcheck.Crashed)
	r.Took = 2.5
	r.Judged = []string{}
	for _, d := range loadgen.Disconnects() {
		r.Disconnects = append(r.Disconnects, leakcheck.Row{Name: d, Window: 4})
		r.NotJudged = append(r.NotJudged, leakcheck.NotJudged{Name: string(d), Why: "the run did not come to its end", How: "run it again"})
	}
	r.Controls = leakcheck.Controls{}
	r.Streams = leakcheck.Streams{Planned: 2500, Opened: 1203, CutByServer: 1203, Failed: 1297}
	r.Latency = leakcheck.Latency{Connect: r.Latency.Connect}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 1180, 1180)}
	r.Probes[0].Failures = 4
	r.Readings = trapezoid("sessions", 1180, 1180, 2, 2, 2.1)
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.HasCrashed, Severity: leakcheck.SeverityError,
		Summary:  "the server died 2.14 s into the run",
		Evidence: "3 readings in a row failed (dial tcp 127.0.0.1:8080: connect: connection refused); then: dial tcp 127.0.0.1:8080: connect: connection refused",
		Hint:     "look for its last words: a panic, an out-of-memory kill, a descriptor limit",
	}}
	return r
}

// inconclusive has a probe that looks at something else.
func inconclusive() *leakcheck.Report {
	r := cleanByCount()
	r.Verdict = leakcheck.Inconclusive
	r.Judged = []string{}
	r.NotJudged = []leakcheck.NotJudged{{Name: "close", Why: "the probe did not show the streams", How: "give the probe of the server that serves them"}}
	r.Disconnects = []leakcheck.Row{{Name: loadgen.Close, Left: 50, Unknown: 50, Window: 35}}
	r.History = r.History[:1]
	r.Streams = leakcheck.Streams{Planned: 50, Opened: 50}
	r.Controls = leakcheck.Controls{Kept: 10}
	r.Probes[0].Peak, r.Probes[0].End, r.Probes[0].Failures = 3, 3, 0
	r.Readings = []leakcheck.ReadingAt{{At: 0, Probe: "sessions", Count: 3}, {At: 42.6, Probe: "sessions", Count: 3}}
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.ProbeBlind, Severity: leakcheck.SeverityError, Role: leakcheck.Sessions,
		Summary:  "probe sessions did not rise with the streams: it looks at something else, or at one of several workers",
		Evidence: "with 60 streams open it read 3 at the most, 3 before",
		Hint:     "give the probe of the server that serves the streams, one --probe for each worker or replica",
	}}
	return r
}

// interrupted was ended while its streams were held.
func interrupted() *leakcheck.Report {
	r := ours(leakcheck.Inconclusive)
	r.Interrupted = leakcheck.Holding
	r.Took = 4.2
	r.Judged = []string{}
	for _, d := range loadgen.Disconnects() {
		r.Disconnects = append(r.Disconnects, leakcheck.Row{Name: d, Window: 4})
		r.NotJudged = append(r.NotJudged, leakcheck.NotJudged{Name: string(d), Why: "the run did not come to its end", How: "run it again"})
	}
	r.Streams = leakcheck.Streams{Planned: 2500, Opened: 2500}
	r.Probes = []leakcheck.ProbeSummary{sessionsProbe(0, 2510, 2510), upstreamsProbe(0, 2510, 2510)}
	readings := trapezoid("sessions", 2510, 2510, 3, 4.1, 4.1)
	r.Readings = slices.Concat(readings[:21], readings[40:])
	r.Findings = []leakcheck.Finding{{
		Code: leakcheck.WasInterrupted, Severity: leakcheck.SeverityError,
		Summary: "interrupted while holding: this is what was seen so far", Evidence: "4.20 s into the run", Hint: "run again, to the end",
	}}
	return r
}

// interruptedAtOnce was ended in its warm-up: there is nothing to tell.
func interruptedAtOnce() *leakcheck.Report {
	return &leakcheck.Report{
		Schema: leakcheck.Schema, Tool: "sse-tool 0.1.0", Target: "http://127.0.0.1:8080/sse/chat?tokens=…",
		Started: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC), Took: 0.31, Verdict: leakcheck.Inconclusive,
		Interrupted: leakcheck.WarmingUp,
		Judged:      []string{}, NotJudged: []leakcheck.NotJudged{}, Disconnects: []leakcheck.Row{},
		Findings: []leakcheck.Finding{{
			Code: leakcheck.WasInterrupted, Severity: leakcheck.SeverityError,
			Summary: "interrupted while warming up: this is what was seen so far", Evidence: "0.31 s into the run", Hint: "run again, to the end",
		}},
		Probes: []leakcheck.ProbeSummary{}, Readings: []leakcheck.ReadingAt{},
	}
}
