package leakcheck

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	complete = loadgen.Complete
	closing  = loadgen.Close
	reset    = loadgen.Reset
)

// judgements is the judge's table: what a server did, and what has to be said.
var judgements = []struct {
	name    string
	scene   func() *scene
	verdict Verdict
	codes   []Code // of all findings, in any order
}{
	{"a right server", func() *scene {
		return newScene(10, 3, complete, closing, reset)
	}, Clean, nil},
	{"a right server, by count", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.counts = true
		return s
	}, Clean, nil},
	{"a right server, no controls", func() *scene {
		return newScene(10, 0, closing)
	}, Clean, nil},
	{"back just within the window", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window - 10*time.Millisecond })
		return s
	}, Clean, nil},
	{"back just within the window, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window - 10*time.Millisecond })
		return s
	}, Clean, nil},
	{"back after the window", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window + time.Second })
		return s
	}, Leaking, []Code{Late}},
	{"back after the window, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Ended + window + time.Second })
		return s
	}, Leaking, []Code{Late}},
	{"no remove", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.ended = slices.Clone(s.dropped)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, never)
		}
		return s
	}, Leaking, []Code{NoRemove}},
	{"no callbacks", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		for _, d := range []loadgen.Disconnect{complete, closing, reset} {
			s.keep(d, never)
		}
		return s
	}, Leaking, []Code{NoCallbacks}},
	{"no callback on completion", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.keep(complete, never)
		return s
	}, Leaking, []Code{NoCompletionCallback}},
	{"no callback on errors", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.keep(closing, never)
		s.keep(reset, never)
		return s
	}, Leaking, []Code{NoErrorCallback}},
	{"one way only, and it leaks", func() *scene {
		s := newScene(10, 3, closing)
		s.keep(closing, never)
		return s
	}, Leaking, []Code{Leak}},
	{"a single session of a hundred", func() *scene {
		s := newScene(100, 3, closing)
		s.dropped[57] = never
		return s
	}, Leaking, []Code{Leak}},
	{"a single session of a hundred, by count", func() *scene {
		s := newScene(100, 3, closing)
		s.counts = true
		s.dropped[57] = never
		return s
	}, Leaking, []Code{Leak}},
	{"by count, of several ways", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.counts = true
		s.keep(reset, never)
		return s
	}, Leaking, []Code{Leak}},
	{"upstreams go on", func() *scene {
		s := newScene(10, 3, complete, closing, reset)
		s.ended = slices.Clone(s.dropped)
		s.ended[1], s.ended[2] = never, never
		return s
	}, Leaking, []Code{NoUpstreamCancel}},

	{"a control is killed", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Cut, 6*time.Second, 6*time.Second
		})
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"a control is ended in good order", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Completed, 6*time.Second, 6*time.Second
		})
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"a control is open, but listed no more", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 6 * time.Second })
		return s
	}, OverReaping, []Code{ControlsKilled}},
	{"controls reach the timeout", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Took = 18 * time.Second
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended = loadgen.Completed, r.Opened+15*time.Second
			*dropped = r.Ended
		})
		return s
	}, Clean, nil},
	{"an answer that ends is no killed control", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Endless, s.evidence.Server = false, nil
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Completed, 6*time.Second, 6*time.Second
		})
		return s
	}, Clean, nil},
	{"a control that we lost is no killed one", func() *scene {
		s := newScene(10, 3, closing)
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Failed, 6*time.Second, 6*time.Second
		})
		return s
	}, Clean, nil},
	{"leaking goes before over-reaping", func() *scene {
		s := newScene(10, 3, closing)
		s.keep(closing, never)
		s.each("", func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 6 * time.Second })
		return s
	}, Leaking, []Code{Leak, ControlsKilled}},

	{"sessions of the warm-up go late", func() *scene {
		s := newScene(10, 3, closing)
		s.warmUp, s.warmUpUntil = 6, 2*time.Second
		return s
	}, Clean, nil},
	{"sessions of the warm-up go late, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.warmUp, s.warmUpUntil = 6, 2*time.Second
		return s
	}, Inconclusive, []Code{WarmUpStayed}},
	{"the probe shows nothing", func() *scene {
		s := newScene(10, 3, closing)
		s.sees = func(int) bool { return false }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"the probe shows nothing, by count", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.sees = func(int) bool { return false }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"the probe shows one worker of two", func() *scene {
		s := newScene(10, 3, closing)
		s.sees = func(n int) bool { return n%2 == 0 }
		return s
	}, Inconclusive, []Code{ProbeBlind, ProbeBlind}},
	{"others came before and left meanwhile", func() *scene {
		s := newScene(10, 3, closing)
		s.counts = true
		s.others = func(t time.Duration) int {
			if t > 8*time.Second {
				return 0
			}
			return 20
		}
		return s
	}, Inconclusive, []Code{BelowBaseline, BelowBaseline}},
	{"others stay, by id", func() *scene {
		s := newScene(10, 3, closing)
		s.others = func(time.Duration) int { return 20 }
		return s
	}, Clean, nil},
	{"the probe falls silent when streams leave", func() *scene {
		s := newScene(10, 3, closing)
		s.blackout = leftAt
		return s
	}, Inconclusive, []Code{ProbeFailed, ProbeFailed}},
	{"too few opened", func() *scene {
		s := newScene(10, 0, closing)
		for i := range 3 {
			s.evidence.Records[i] = loadgen.Record{N: i, Disconnect: closing, Status: 503, End: loadgen.Rejected, Connected: 1, Ended: 2, Err: "response has status 503"}
			s.dropped[i] = 0
		}
		return s
	}, Inconclusive, []Code{FewOpened}},
	{"few were rejected", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Records[0] = loadgen.Record{Disconnect: closing, Status: 503, End: loadgen.Rejected, Connected: 1, Ended: 2, Err: "response has status 503"}
		s.dropped[0] = 0
		return s
	}, Clean, []Code{IsRejected}},
	{"most were cut", func() *scene {
		s := newScene(10, 0, closing)
		for i := range 9 {
			s.evidence.Records[i].End = loadgen.Cut
		}
		return s
	}, Inconclusive, []Code{CutByServer}},
	{"one was cut", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Records[4].End = loadgen.Cut
		return s
	}, Clean, []Code{CutByServer}},
	{"all ended by themselves", func() *scene {
		s := newScene(10, 3, closing)
		s.each(closing, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Completed })
		return s
	}, Clean, []Code{EndedEarly}},
	{"none of those that were to complete did", func() *scene {
		s := newScene(10, 3, complete)
		s.each(complete, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Failed })
		return s
	}, Inconclusive, nil},
	{"one of those that were to complete did not", func() *scene {
		s := newScene(10, 3, complete)
		s.evidence.Records[4].End, s.evidence.Records[4].Err = loadgen.Failed, "the server did not end it"
		return s
	}, Clean, []Code{Unfinished}},
	{"they left as old as the timeout", func() *scene {
		s := newScene(10, 0, closing)
		s.evidence.Took = 40 * time.Second
		s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
			r.Ended = r.Opened + 14*time.Second
			*dropped = r.Opened + 15*time.Second
		})
		return s
	}, Inconclusive, nil},
	{"the server died", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Crashed, s.evidence.CrashedWhy = 5*time.Second, "connection refused"
		s.blackout = 2 * time.Second
		return s
	}, Crashed, []Code{HasCrashed}},
	{"the server was started again", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Restarted = 4 * time.Second
		s.each("", func(r *loadgen.Record, dropped *time.Duration) {
			r.End, r.Ended, *dropped = loadgen.Cut, 4*time.Second, 4*time.Second
		})
		return s
	}, Inconclusive, []Code{ServerRestarted}},
	{"interrupted before anything left", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Interrupted, s.evidence.Took = Holding, 2*time.Second
		for i := range s.evidence.Records {
			s.evidence.Records[i].End, s.evidence.Records[i].Ended = loadgen.Open, 0
			s.dropped[i] = never
		}
		return s
	}, Inconclusive, []Code{WasInterrupted}},
	{"interrupted, but the leak was seen", func() *scene {
		s := newScene(10, 3, closing)
		s.evidence.Interrupted, s.evidence.Took = Watching, 10*time.Second
		s.keep(closing, never)
		return s
	}, Leaking, []Code{WasInterrupted, Leak}},
}

func TestJudge(t *testing.T) {
	for _, tt := range judgements {
		t.Run(tt.name, func(t *testing.T) {
			r := Judge(tt.scene().see())
			if r.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, tt.verdict)
			}
			var codes []Code
			for _, f := range r.Findings {
				codes = append(codes, f.Code)
				if f.Summary == "" || f.Evidence == "" || f.Hint == "" {
					t.Errorf("finding %s lacks words: %+v", f.Code, f)
				}
			}
			slices.Sort(codes)
			want := slices.Sorted(slices.Values(tt.codes))
			if !slices.Equal(codes, want) {
				t.Errorf("findings %q, want %q", codes, want)
			}
			checkReport(t, r)
		})
	}
}

// checkReport holds what is true of every report.
func checkReport(t *testing.T, r *Report) {
	t.Helper()
	named := len(r.Judged) + len(r.NotJudged)
	if named != len(r.Disconnects) {
		t.Errorf("%d ways are told as judged or not, of %d", named, len(r.Disconnects))
	}
	for _, row := range r.Disconnects {
		if row.Left != row.Reclaimed+row.Leaked+row.Unknown {
			t.Errorf("%s: left %d is not reclaimed %d + leaked %d + unknown %d", row.Name, row.Left, row.Reclaimed, row.Leaked, row.Unknown)
		}
		if row.Late > row.Leaked {
			t.Errorf("%s: late %d of leaked %d", row.Name, row.Late, row.Leaked)
		}
	}
	errors := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == SeverityError })
	if r.Verdict == Clean && errors {
		t.Error("clean, with a finding that is an error")
	}
	if r.Verdict == Clean && len(r.Judged) == 0 {
		t.Error("clean, with no way judged")
	}
}

func TestJudgeIsPure(t *testing.T) {
	for _, tt := range judgements {
		e := tt.scene().see()
		before, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		first := Judge(e)
		after, _ := json.Marshal(e)
		if string(before) != string(after) {
			t.Errorf("%s: judging changed the evidence", tt.name)
		}
		var stored Evidence
		if err := json.Unmarshal(before, &stored); err != nil {
			t.Fatal(err)
		}
		if second := Judge(&stored); !reflect.DeepEqual(first, second) {
			t.Errorf("%s: stored evidence is judged otherwise", tt.name)
		}
	}
}

func TestRows(t *testing.T) {
	s := newScene(30, 2, closing)
	s.dropped[3], s.dropped[7] = never, never
	s.dropped[5] = s.evidence.Records[5].Ended + window + time.Second
	r := Judge(s.see())
	row := r.Disconnects[0]
	if row.Left != 30 || row.Reclaimed != 27 || row.Leaked != 3 || row.Late != 1 || row.Unknown != 0 {
		t.Errorf("row %+v", row)
	}
	if want := []string{"session-3", "session-5", "session-7"}; !slices.Equal(row.LeakedIDs, want) {
		t.Errorf("leaked %q, want %q", row.LeakedIDs, want)
	}
	if q := row.Reclaim; q.Min > 0.12 || q.P50 > 0.12 || q.Max < 5 || q.Max > 5.2 {
		t.Errorf("reclaim times %+v: 10 ms and a poll, and one of 5 s", q)
	}
	if c := r.Controls; c.Kept != 2 || c.Killed != 0 {
		t.Errorf("controls %+v", c)
	}
}

func TestRowsByCountOfOneWay(t *testing.T) {
	s := newScene(30, 2, closing)
	s.counts = true
	s.dropped[3], s.dropped[7] = never, never
	row := Judge(s.see()).Disconnects[0]
	if row.Left != 30 || row.Leaked != 2 || row.Reclaimed != 28 || row.Unknown != 0 || row.LeakedIDs != nil {
		t.Errorf("row %+v", row)
	}
	if q := row.Reclaim; q == nil || q.P50 > 0.2 {
		t.Errorf("reclaim times %+v", q)
	}
}

func TestLeakedIDsAreBounded(t *testing.T) {
	s := newScene(100, 0, closing)
	s.keep(closing, never)
	row := Judge(s.see()).Disconnects[0]
	if row.Leaked != 100 || len(row.LeakedIDs) != maxLeakedIDs {
		t.Errorf("%d leaked, %d named", row.Leaked, len(row.LeakedIDs))
	}
}

func TestReplicasAddUp(t *testing.T) {
	a, b := newScene(20, 2, closing), newScene(20, 2, closing)
	a.sees = func(n int) bool { return n%2 == 0 }
	b.sees = func(n int) bool { return n%2 == 1 }
	for _, counts := range []bool{false, true} {
		a.counts, b.counts = counts, counts
		e := a.see()
		e.Tracks = append(e.Tracks[:1], b.see().Tracks[0])
		if r := Judge(e); r.Verdict != Clean {
			t.Errorf("by count %v: two replicas: %s %+v", counts, r.Verdict, r.Findings)
		}
	}
}

func TestReadingsAreBounded(t *testing.T) {
	var track Track
	track.Name = "sessions"
	for i := range 50_000 {
		track.count(Reading{At: time.Duration(i) * time.Millisecond, Count: i})
	}
	readings := thin([]Track{track})
	if len(readings) > maxReadings {
		t.Errorf("%d readings", len(readings))
	}
	if last := readings[len(readings)-1]; last.Count != 49_999 {
		t.Errorf("the last reading is %+v", last)
	}
}

func TestCountKeepsChangesAndTheNewest(t *testing.T) {
	var track Track
	for i, n := range []int{0, 0, 0, 5, 5, 5, 5, 2} {
		track.count(Reading{At: time.Duration(i), Count: n})
	}
	var at []string
	for _, r := range track.Readings {
		at = append(at, r.At.String())
	}
	if got := strings.Join(at, " "); got != "0s 2ns 3ns 6ns 7ns" {
		t.Errorf("kept %s", got)
	}
}
