package leakcheck

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	second = time.Second
	milli  = time.Millisecond
)

// cut ends the controls of a scene, n of them, by what is told of each.
func (s *scene) cut(tell func(i int, r *loadgen.Record)) {
	i := 0
	for n := range s.evidence.Records {
		if r := &s.evidence.Records[n]; r.Control() {
			r.End, r.Heard = loadgen.Cut, r.Opened
			tell(i, r)
			s.dropped[n] = r.Ended
			i++
		}
	}
}

func TestFacts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		scene func() *scene
		want  map[FactName]float64 // seconds, of all that are told
		says  string               // part of what all of them say
	}{
		{"a right server that was not waited for", func() *scene { return newScene(10, 5, closing) }, nil, ""},
		{"every stream breaks as soon as it is open", func() *scene {
			s := newScene(10, 5, closing)
			s.cut(func(i int, r *loadgen.Record) { r.Ended = r.Opened + time.Duration(i+1)*milli })
			return s
		}, nil, ""},
		{"heartbeats", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{loadgen.CommentGap: {Count: 40, Min: 14.8, P50: 14.99, P90: 15.1, P99: 15.2, Max: 15.2}}
			s.evidence.Server.Config.Heartbeat = 15 * second
			return s
		}, map[FactName]float64{HeartbeatFact: 14.99}, "14.99 s ± 0.15 s (the server says 15 s)"},
		{"comments at no interval", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{loadgen.CommentGap: {Count: 40, Min: 0.2, P50: 1, P90: 4, P99: 5, Max: 5}}
			return s
		}, nil, ""},
		{"heartbeats between thick events", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{
				loadgen.CommentGap: {Count: 40, Min: 2, P50: 2, P90: 2, P99: 2, Max: 2}, loadgen.Gap: {Count: 900, P50: 0.05, P99: 0.06, Max: 0.1},
			}
			return s
		}, map[FactName]float64{HeartbeatFact: 2}, ""},
		{"heartbeats that only break silences between events", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{
				loadgen.CommentGap: {Count: 40, Min: 1, P50: 1, P90: 1, P99: 1, Max: 1}, loadgen.Gap: {Count: 90, P50: 1, P99: 1, Max: 1},
			}
			return s
		}, nil, ""},
		{"two silences of all streams at once, on a machine that stopped", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{
				loadgen.CommentGap: {Count: 28, Min: 1.01, P50: 9.7, P90: 9.7, P99: 9.7, Max: 9.7}, loadgen.Gap: {Count: 900, P50: 0.18, P99: 1.25, Max: 2.21},
			}
			return s
		}, nil, ""},
		{"silences between events that are told apart", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{
				loadgen.CommentGap: {Count: 40, Min: 0.7, P50: 1, P90: 1, P99: 1, Max: 1}, loadgen.Gap: {Count: 90, P50: 1, P99: 1, Max: 1},
				loadgen.Beat: {Count: 9, Min: 0.7, P50: 0.7, P90: 0.71, P99: 0.71, Max: 0.71},
			}
			return s
		}, map[FactName]float64{HeartbeatFact: 0.7}, ""},
		{"sessions that go all the time, read slowly", func() *scene {
			s := newScene(200, 5, loadgen.Stall)
			s.every = 280 * milli
			i := 0
			s.each(loadgen.Stall, func(r *loadgen.Record, dropped *time.Duration) {
				*dropped = r.Ended + 2*second + time.Duration(i*7%20)*100*milli
				i++
			})
			return s
		}, nil, ""},
		{"two heartbeats", func() *scene {
			s := newScene(10, 5, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{loadgen.CommentGap: {Count: 2, Min: 1, P50: 1, P90: 1, P99: 1, Max: 1}}
			return s
		}, nil, ""},
		{"controls reach the timeout", func() *scene {
			s := newScene(10, 6, closing)
			s.evidence.Server.Config.Timeout = 5 * second
			s.cut(func(i int, r *loadgen.Record) {
				r.Ended, r.Heard = r.Connected+5*second+time.Duration(i)*10*milli, r.Opened+4900*milli
			})
			return s
		}, map[FactName]float64{TimeoutFact: 5.03}, "5.03 s ± 0.03 s (the server says 5 s)"},
		{"a timeout that nobody tells of", func() *scene {
			s := newScene(10, 6, closing)
			s.evidence.Server = nil
			s.cut(func(_ int, r *loadgen.Record) { r.Ended, r.Heard = r.Connected+5*second, r.Opened+4*second })
			return s
		}, map[FactName]float64{TimeoutFact: 5}, "6 of 6 streams that the server ended had this age, 5.00 s to 5.00 s"},
		{"answers of one length", func() *scene {
			s := newScene(10, 6, closing)
			s.evidence.Server, s.evidence.Endless = nil, false
			s.cut(func(_ int, r *loadgen.Record) {
				r.End, r.Ended = loadgen.Completed, r.Connected+5*second
				r.Heard = r.Ended
			})
			return s
		}, map[FactName]float64{TimeoutFact: 5}, "it may be how long an answer takes"},
		{"overstayers are ended at the timeout", func() *scene {
			s := newScene(6, 0, loadgen.Overstay)
			s.each(loadgen.Overstay, func(r *loadgen.Record, dropped *time.Duration) {
				r.Dropped = r.Connected + 7*second
				*dropped = r.Dropped
			})
			return s
		}, map[FactName]float64{TimeoutFact: 7}, "6 of 6 streams"},
		{"overstayers' sessions go at the timeout, and the streams stay", func() *scene {
			s := newScene(6, 0, loadgen.Overstay)
			s.each(loadgen.Overstay, func(r *loadgen.Record, dropped *time.Duration) { *dropped = r.Connected + 7*second })
			return s
		}, map[FactName]float64{TimeoutFact: 7}, "6 of 6 streams"},
		{"completed answers tell of no timeout", func() *scene { return newScene(10, 3, complete) }, nil, ""},
		{"everything is cut at one moment", func() *scene {
			s := newScene(10, 6, closing)
			s.cut(func(_ int, r *loadgen.Record) { r.Ended = 6 * second })
			return s
		}, nil, ""},
		{"a crash is no bound", func() *scene {
			s := newScene(10, 6, closing)
			s.evidence.Crashed = 8 * second
			s.cut(func(_ int, r *loadgen.Record) { r.Ended, r.Heard = r.Connected+5*second, r.Opened+4*second })
			return s
		}, nil, ""},
		{"ended at any age", func() *scene {
			s := newScene(10, 6, closing)
			s.cut(func(i int, r *loadgen.Record) {
				r.Ended = r.Connected + time.Duration(i*i)*300*milli + second
				r.Heard = r.Ended - time.Duration(i%3)*400*milli
			})
			return s
		}, nil, ""},
		{"cut after one silence", func() *scene {
			s := newScene(10, 6, closing)
			s.cut(func(i int, r *loadgen.Record) {
				r.Heard = r.Opened + time.Duration(i)*second
				r.Ended = r.Heard + 3*second
			})
			return s
		}, map[FactName]float64{IdleFact: 3}, "6 of 6 streams were cut after so long a silence"},
		{"cut after a silence as long as they were old", func() *scene {
			s := newScene(10, 6, closing)
			s.cut(func(_ int, r *loadgen.Record) { r.Ended = r.Heard + 6*second })
			return s
		}, map[FactName]float64{TimeoutFact: 6}, "it may be an idle limit"},
		{"controls are swept again and again", func() *scene {
			s := newScene(10, 6, closing)
			s.evidence.Server.Config.SweepEvery = 2 * second
			s.cut(func(_ int, r *loadgen.Record) { r.Ended = 3 * second })
			for again := range 3 {
				for range 6 {
					at := time.Duration(3+2*again)*second + 100*milli
					s.add(loadgen.Record{Status: 200, Connected: at, Opened: at, Heard: at, Ended: at + 1900*milli, End: loadgen.Cut}, at+1900*milli)
				}
			}
			return s
		}, map[FactName]float64{SweepFact: 2}, "4 moments, the first 3.00 s into the run"},
		{"a timeout of streams that opened together comes again", func() *scene {
			s := newScene(10, 0, closing)
			for again := range 3 {
				for range 6 {
					at := time.Duration(1+2*again)*second + 10*milli
					s.add(loadgen.Record{Status: 200, Connected: at, Opened: at, Heard: at, Ended: at + 1990*milli, End: loadgen.Cut}, at+1990*milli)
				}
			}
			return s
		}, map[FactName]float64{TimeoutFact: 1.99}, ""},
		{"sessions fall on steps", func() *scene {
			s := newScene(30, 3, closing)
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = r.Connected + time.Duration(r.N)*150*milli // over four seconds and a half
				*dropped = r.Ended.Truncate(2*second) + 2*second
			})
			return s
		}, map[FactName]float64{SweepFact: 2}, "whenever their streams had left"},
		{"a step that took nothing", func() *scene {
			s := newScene(30, 3, closing)
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = r.Connected + time.Duration(r.N)*50*milli
				*dropped = []time.Duration{4 * second, 6 * second, 10 * second}[r.N%3]
			})
			return s
		}, map[FactName]float64{SweepFact: 2}, "3 moments"},
		{"steps of one heartbeat for all", func() *scene {
			s := newScene(30, 3, closing)
			s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{loadgen.CommentGap: {Count: 40, Min: 2, P50: 2, P90: 2, P99: 2, Max: 2}}
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = r.Connected + time.Duration(r.N)*150*milli
				*dropped = r.Ended.Truncate(2*second) + 2*second
			})
			return s
		}, map[FactName]float64{HeartbeatFact: 2}, ""},
		{"steps by count are anybody's", func() *scene {
			s := newScene(30, 3, closing)
			s.counts = true
			s.each(closing, func(r *loadgen.Record, dropped *time.Duration) {
				r.Ended = r.Connected + time.Duration(r.N)*150*milli
				*dropped = r.Ended.Truncate(2*second) + 2*second
			})
			return s
		}, nil, ""},
		{"one step is no period", func() *scene {
			s := newScene(30, 3, closing)
			s.each(closing, func(_ *loadgen.Record, dropped *time.Duration) { *dropped = 7 * second })
			return s
		}, nil, ""},
		{"sessions come back one after the other", func() *scene {
			s := newScene(30, 3, closing)
			at := 5 * second
			s.each(closing, func(_ *loadgen.Record, dropped *time.Duration) { at += 190 * milli; *dropped = at })
			return s
		}, nil, ""},
		{"its name", func() *scene {
			s := newScene(10, 3, closing)
			s.evidence.Software = loadgen.Software{Server: "nginx/1.26.2", PoweredBy: "Express"}
			return s
		}, map[FactName]float64{ServerFact: 0}, "Server, X-Powered-By"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Judge(tt.scene().see())
			got := map[FactName]float64{}
			told := ""
			for _, f := range r.Facts {
				got[f.Name] = f.Seconds
				told += f.Value + "; " + f.Evidence + "\n"
				if want, ok := tt.want[f.Name]; ok && math.Abs(f.Seconds-want) > max(f.Error, 0.001) {
					t.Errorf("%s is %v ± %v, want %v", f.Name, f.Seconds, f.Error, want)
				}
				if f.Value == "" || f.Evidence == "" || (f.Seconds != 0) != (f.Error != 0) {
					t.Errorf("%+v", f)
				}
			}
			if len(got) != len(tt.want) || len(got) != len(r.Facts) || !strings.Contains(told, tt.says) {
				t.Errorf("told %v, want %v and %q:\n%s", got, tt.want, tt.says, told)
			}
			for name := range tt.want {
				if _, ok := got[name]; !ok {
					t.Errorf("%s is not told", name)
				}
			}
		})
	}
}
