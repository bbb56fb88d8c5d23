package leakcheck

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Who is not back is watched for twice its window: once to be late, and once
// more to come back at all. A way that decides nothing is watched for once.
func TestWindowLeft(t *testing.T) {
	r := run{
		windows:   map[loadgen.Disconnect]time.Duration{loadgen.Close: 4, loadgen.Vanish: 9},
		undecided: []loadgen.Disconnect{loadgen.Vanish},
	}
	over := func(d loadgen.Disconnect, ended time.Duration) loadgen.Record {
		return loadgen.Record{Disconnect: d, Connected: 1, Opened: 1, Ended: ended, End: loadgen.Left}
	}
	for name, tt := range map[string]struct {
		records []loadgen.Record
		left    time.Duration
	}{
		"one":              {[]loadgen.Record{over(loadgen.Close, 20)}, 20 + 2*4 - 10},
		"the later of two": {[]loadgen.Record{over(loadgen.Close, 25), over(loadgen.Close, 20)}, 25 + 2*4 - 10},
		"undecided":        {[]loadgen.Record{over(loadgen.Vanish, 20)}, 20 + 9 - 10},
		"still open":       {[]loadgen.Record{{Disconnect: loadgen.Close, Connected: 1, Opened: 1}}, -10},
	} {
		r.records = tt.records
		if got := r.windowLeft(10); got != tt.left {
			t.Errorf("%s: %d, want %d", name, got, tt.left)
		}
	}
}

// Nothing is known of a moment before every probe was asked after it.
func TestReadIsOfEveryProbe(t *testing.T) {
	asked := func(sent time.Duration) *watcher {
		return &watcher{tracks: []Track{{Readings: []Reading{{Sent: sent, At: 99}}}}}
	}
	r := run{watchers: []*watcher{asked(20), asked(10)}}
	for since, want := range map[time.Duration]bool{9: true, 10: true, 11: false, 21: false} {
		if got := r.read(since); got != want {
			t.Errorf("read since %d: %v", since, got)
		}
	}
}

// The watch ends with a reading that was asked for after the streams had left:
// when all is back it stays so for a moment, and when it is not, one tells so
// after twice the window.
func TestWatchEndsWithAReading(t *testing.T) {
	for name, tt := range map[string]struct {
		count      int // of the readings
		window     time.Duration
		from, upTo time.Duration
	}{
		"all is back": {0, 10 * time.Second, 5500 * time.Millisecond, 5700 * time.Millisecond},
		"one stays":   {1, time.Second, 5 * time.Second, 5200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				w := &watcher{start: start, tracks: []Track{{}}}
				w.note(0, 1, Answer{Samples: []Sample{{Count: tt.count}}}, nil)
				r := &run{
					config: Config{}.WithDefaults(), start: start, watchers: []*watcher{w},
					windows: map[loadgen.Disconnect]time.Duration{loadgen.Close: tt.window},
					records: []loadgen.Record{{Disconnect: loadgen.Close, Connected: 1, Ended: 2, End: loadgen.Left}},
				}
				var took time.Duration
				done := make(chan struct{})
				go func() {
					defer close(done)
					time.Sleep(time.Millisecond) // the reading is older than the watch
					r.watch(t.Context())
					took = time.Since(start)
				}()
				time.Sleep(5 * time.Second)
				for sent := 5 * time.Second; sent < 5500*time.Millisecond; sent += 100 * time.Millisecond {
					w.note(sent, sent+1, Answer{Samples: []Sample{{Count: tt.count}}}, nil)
					time.Sleep(100 * time.Millisecond)
				}
				<-done
				if took < tt.from || took > tt.upTo {
					t.Errorf("it took %s, with a reading after 5s", took)
				}
			})
		})
	}
}

// A run that is interrupted while it dials has met no crash.
func TestOpenIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	plan := loadgen.Plan{Request: loadgen.Request{URL: "http://localhost:1/"}, Streams: 1}
	c := Config{Plan: plan}.WithDefaults()
	r := run{config: c, plans: c.plans(false), start: time.Now()}
	if r.open(ctx) || r.crashed != 0 {
		t.Errorf("crashed %s: %s", r.crashed, r.crashedWhy)
	}
	r = run{config: c, plans: c.plans(false), start: time.Now()}
	if r.open(t.Context()) || r.crashed == 0 {
		t.Error("nobody accepts, and it is no crash")
	}
}
