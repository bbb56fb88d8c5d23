package leakcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// slopeScene is of a server that serves some rounds of streams, ten seconds each: they
// open within a second, leave at the third, and are back at once.
type slopeScene struct {
	rounds, streams, controls int
	ways                      []loadgen.Disconnect // each in a wave of its own; none is close
	role                      Role
	base                      int
	each                      float64 // a session holds
	leaks                     float64 // a stream leaves behind
	leaky                     []loadgen.Disconnect
	keeps                     int                     // sessions of each wave that stay
	more                      func(time.Duration) int // of the count, at a moment
	others                    func(time.Duration) int // sessions
	successors                int                     // that open in each round and stay
	short                     bool                    // the last round was cut off
	counts                    bool                    // the sessions are only counted
}

const slopeRound = 10 * time.Second

// see makes the evidence.
func (s slopeScene) see() *Evidence {
	ways := s.ways
	if ways == nil {
		ways = []loadgen.Disconnect{closing}
	}
	e := &Evidence{Poll: testPoll, Endless: true, Windows: map[loadgen.Disconnect]time.Duration{}}
	for _, d := range loadgen.Disconnects() {
		e.Windows[d] = time.Second
	}
	add := func(r loadgen.Record) {
		r.N, r.Status = len(e.Records), 200
		r.ID, r.Opened, r.FirstEvent = fmt.Sprintf("tag-%d", r.N), r.Connected, r.Connected
		e.Records = append(e.Records, r)
	}
	stays := map[int]bool{}
	for i := range s.rounds * len(ways) {
		from, way := time.Duration(i)*slopeRound+1, ways[i%len(ways)]
		e.Waves = append(e.Waves, Wave{Round: i / len(ways), First: len(e.Records), From: from, Until: from + slopeRound - 1})
		if i == 0 {
			for range s.controls {
				add(loadgen.Record{Connected: from})
			}
		}
		for n := range s.streams {
			if n < s.keeps {
				stays[len(e.Records)] = true
			}
			at := from + time.Duration(n+1)*time.Second/time.Duration(s.streams+1)
			add(loadgen.Record{Disconnect: way, Connected: at, Ended: at + leftAt, End: loadgen.Left})
		}
		for range s.successors {
			add(loadgen.Record{Succeeds: "tag-0", Connected: from + leftAt})
		}
	}
	if s.short {
		e.Waves = e.Waves[:len(e.Waves)-1]
	}
	e.Took = time.Duration(s.rounds*len(ways)) * slopeRound
	sessions := Track{Series: Series{Name: "sessions", Role: Sessions}, IDs: !s.counts}
	if !s.counts {
		sessions.Sightings = make([]Sighting, len(e.Records))
	}
	tracked := Track{Series: Series{Name: string(s.role), Role: s.role}, Baseline: s.base, Low: s.base, Before: s.base}
	for sent := time.Duration(0); sent < e.Took; sent += testPoll {
		at := sent + readTakes
		ours, over, others := 0, 0, 0
		if s.others != nil {
			others = s.others(sent)
		}
		for n, r := range e.Records {
			there := r.Connected <= sent && (r.End == loadgen.Open || r.Ended > sent || stays[n])
			if r.End != loadgen.Open && r.Ended <= sent && (s.leaky == nil || slices.Contains(s.leaky, r.Disconnect)) {
				over++
			}
			if there {
				ours++
			}
			if !s.counts {
				then := r
				if then.Ended > at {
					then.End = loadgen.Open
				}
				sessions.Sightings[n].update(there, sent, at, then)
			}
		}
		if sent == 0 {
			sessions.Baseline, sessions.Low = others, others
		}
		reading := Reading{Sent: sent, At: at, Count: ours + others}
		if !s.counts {
			reading.Strangers = others
		}
		sessions.count(reading)
		sessions.plateau(ours, ours+others)
		n := s.base + int(s.each*float64(ours+others)) + int(s.leaks*float64(over))
		if s.more != nil {
			n += s.more(sent)
		}
		tracked.count(Reading{Sent: sent, At: at, Count: n})
	}
	e.Tracks = []Track{sessions, tracked}
	return e
}

// every is more with each round.
func every(by ...int) func(time.Duration) int {
	return func(t time.Duration) int {
		n := 0
		for i := range min(len(by), int(t/slopeRound)+1) {
			n += by[i]
		}
		return n
	}
}

var slopeCases = []struct {
	name    string
	scene   slopeScene
	code    Code   // empty: none is found
	unknown string // part of why the role is not judged
}{
	{"workers go with their sessions", slopeScene{rounds: 3, streams: 50, controls: 5, role: Workers, base: 7, each: 3}, "", ""},
	{"a worker stays", slopeScene{rounds: 3, streams: 50, controls: 5, role: Workers, base: 7, each: 3, leaks: 1}, WorkerLeak, ""},
	{"a descriptor stays", slopeScene{rounds: 3, streams: 50, controls: 5, role: Descriptors, base: 7, each: 1, leaks: 1}, FDLeak, ""},
	{"64 KiB stay", slopeScene{rounds: 3, streams: 50, controls: 5, role: Memory, base: 1e6, each: 33e3, leaks: 65536}, MemoryLeak, ""},
	{"a worker of every fifth stays", slopeScene{rounds: 3, streams: 50, controls: 5, role: Workers, base: 7, each: 3, leaks: 0.2}, WorkerLeak, ""},
	{"by count", slopeScene{rounds: 3, streams: 50, controls: 5, role: Workers, base: 7, each: 3, leaks: 1, counts: true}, WorkerLeak, ""},
	{"successors stay, and hold theirs", slopeScene{rounds: 3, streams: 50, successors: 50, role: Workers, base: 7, each: 3}, "", ""},
	{"successors stay, and a worker too", slopeScene{rounds: 3, streams: 50, successors: 50, role: Workers, base: 7, each: 3, leaks: 1}, WorkerLeak, ""},
	{"successors stay, and hold memory", slopeScene{rounds: 3, streams: 50, successors: 50, role: Memory, base: 1e6, each: 33e3}, "", ""},
	{"a pool is filled in the first round", slopeScene{rounds: 3, streams: 50, role: Workers, each: 1, more: every(200)}, "", ""},
	{"a pool is filled in two rounds", slopeScene{rounds: 3, streams: 50, role: Workers, each: 1, more: every(200, 100)}, "", ""},
	{"nothing in the first round", slopeScene{rounds: 3, streams: 50, role: Workers, each: 1, more: every(0, 50, 50)}, "", ""},
	{"more with every round, and not with the streams", slopeScene{rounds: 3, streams: 50, role: Workers, each: 1, more: every(50, 10, 90)}, "", ""},
	{"a few more with every round", slopeScene{rounds: 3, streams: 50, role: Workers, each: 1, more: every(4, 4, 4)}, "", ""},
	{"two rounds", slopeScene{rounds: 2, streams: 50, role: Workers, each: 3, leaks: 1}, "", "only what grows with every round"},
	{"three rounds, the last not to its end", slopeScene{rounds: 3, streams: 50, ways: []loadgen.Disconnect{closing, reset}, role: Workers, each: 3, short: true}, "", "only what grows with every round"},
	{"nothing rises with the streams", slopeScene{rounds: 3, streams: 50, role: Workers, base: 200}, "", "the probe rose by 0"},
	{"nothing rises with the streams, and it grows", slopeScene{rounds: 3, streams: 50, role: Workers, base: 200, leaks: 1}, WorkerLeak, ""},
	{"of four streams nobody can tell", slopeScene{rounds: 3, streams: 4, role: Workers, each: 3, leaks: 1}, "", "so few streams"},
	{"memory rises once, and stays", slopeScene{rounds: 3, streams: 50, role: Memory, base: 20e6, each: 33e3, more: every(5e6, 0, 0)}, "", ""},
	{"garbage is collected at last", slopeScene{rounds: 4, streams: 50, role: Memory, base: 1e6, each: 33e3, more: every(2e6, 5e5, 5e5, -2e6)}, "", ""},
	{"memory creeps", slopeScene{rounds: 3, streams: 50, role: Memory, base: 20e6, each: 33e3, more: every(5e6, 6e5, 5e5)}, "", ""},
	{"others come and go", slopeScene{rounds: 3, streams: 50, role: Workers, each: 3, others: func(t time.Duration) int { return int(t/(300*time.Millisecond)) * 7 % 20 }}, "", ""},
	{"others come and go, and a worker stays", slopeScene{rounds: 3, streams: 50, role: Workers, each: 3, leaks: 1, others: func(t time.Duration) int { return int(t/(300*time.Millisecond)) * 7 % 20 }}, WorkerLeak, ""},
	{"sessions stay, and hold their workers", slopeScene{rounds: 3, streams: 50, keeps: 50, role: Workers, each: 3}, Leak, "sessions or their upstreams stay"},
	{"sessions stay, and workers grow", slopeScene{rounds: 3, streams: 50, keeps: 50, role: Workers, each: 3, leaks: 1}, Leak, "sessions or their upstreams stay"},
}

func TestSlopes(t *testing.T) {
	for _, tt := range slopeCases {
		t.Run(tt.name, func(t *testing.T) {
			r := Judge(tt.scene.see())
			var found []Code
			for _, f := range r.Findings {
				if f.Severity == SeverityError {
					found = append(found, f.Code)
				}
			}
			var want []Code
			verdict := Clean
			if tt.code != "" {
				want, verdict = []Code{tt.code}, Leaking
			}
			if !slices.Equal(found, want) || r.Verdict != verdict {
				t.Errorf("%s %q, want %q: %+v", r.Verdict, found, want, r.Slopes)
			}
			i := slices.IndexFunc(r.NotJudged, func(n NotJudged) bool { return n.Name == string(tt.scene.role) })
			switch {
			case i < 0 && tt.unknown != "":
				t.Errorf("it is judged, want: %s", tt.unknown)
			case i >= 0 && (tt.unknown == "" || !strings.Contains(r.NotJudged[i].Why, tt.unknown)):
				t.Errorf("not judged: %s, want %q", r.NotJudged[i].Why, tt.unknown)
			}
			checkReport(t, r)
		})
	}
}

// A finding has the figures of every round, and the ways after which it grows where
// they leave one after the other.
func TestSlopesTellFiguresAndWays(t *testing.T) {
	scene := slopeScene{rounds: 3, streams: 50, controls: 5, role: Workers, base: 7, each: 3, leaks: 1, counts: true,
		ways: []loadgen.Disconnect{complete, closing, reset}, leaky: []loadgen.Disconnect{closing, reset}}
	r := Judge(scene.see())
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == WorkerLeak })
	if i < 0 {
		t.Fatalf("%s: %+v", r.Verdict, r.Findings)
	}
	f := r.Findings[i]
	if want := "+100, +100, +100 workers after 150, 150, 150 streams, all sessions back"; f.Evidence != want {
		t.Errorf("seen: %s, want %s", f.Evidence, want)
	}
	if !slices.Equal(f.Disconnects, scene.leaky) || f.Role != Workers {
		t.Errorf("%s by %v, want %v", f.Role, f.Disconnects, scene.leaky)
	}
	if s := r.Slopes[0]; s.PerSession != 3 || s.Rounds[2].Growth != 100 || s.Rounds[2].Left != 150 || s.Least != 7 {
		t.Errorf("%+v", s)
	}
}
