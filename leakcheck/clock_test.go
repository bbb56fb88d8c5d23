package leakcheck_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// endings is a server's log that keeps when each session was closed, by its
// stream's id.
type endings struct {
	slog.Handler

	mu sync.Mutex
	at map[string]time.Time
}

func (*endings) Enabled(context.Context, slog.Level) bool { return true }

func (e *endings) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "session closed" && a.Key == "stream_id" {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.at[a.Value.String()] = r.Time
		}
		return true
	})
	return nil
}

// timed is a probe that keeps when each of its readings began and ended.
type timed struct {
	leakcheck.Probe
	began, ended []time.Time
}

func (p *timed) Read(ctx context.Context) (leakcheck.Answer, error) {
	p.began = append(p.began, time.Now())
	defer func() { p.ended = append(p.ended, time.Now()) }()
	return p.Probe.Read(ctx)
}

// longest is the longest time from the end of one reading to that of the next.
func (p *timed) longest() time.Duration {
	var longest time.Duration
	for i := 1; i < len(p.ended); i++ {
		longest = max(longest, p.ended[i].Sub(p.ended[i-1]))
	}
	return longest
}

// before is how many readings of a list of moments lie before another.
func before(moments []time.Time, at time.Time) int {
	n, _ := slices.BinarySearchFunc(moments, at, time.Time.Compare)
	return n
}

// The time of a reclaim is the server's own, to within the error bar of the
// readings: of those that can have seen that a session was gone it is the first.
func TestReclaimTimesAreTheServers(t *testing.T) {
	t.Parallel()
	log := &endings{Handler: slog.DiscardHandler, at: map[string]time.Time{}}
	cfg := quick
	cfg.Timeout, cfg.UserTimeout, cfg.WriteTimeout = 5*time.Second, time.Second, time.Second
	cfg.Logger = slog.New(log)
	base, _ := serve(t, cfg)
	c := defectRow{}.check(base)
	readings := &timed{Probe: c.Probes[0]}
	c.Probes = []leakcheck.Probe{readings}
	c.Poll = 200 * time.Millisecond
	c.Plan.Hold = 300 * time.Millisecond
	c.Windows.All = 2500 * time.Millisecond
	c.Plan.Mix = slices.DeleteFunc(loadgen.Even(loadgen.Close, loadgen.Reset, loadgen.Stall, loadgen.Vanish, loadgen.Overstay),
		func(s loadgen.Share) bool { return s.Disconnect.Able() != nil })
	c.Plan.Streams = 8 * len(c.Plan.Mix)
	e, err := leakcheck.Gather(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	left := 0
	slowest := map[loadgen.Disconnect]time.Duration{}
	for _, r := range e.Records {
		if r.End != loadgen.Left {
			continue
		}
		left++
		s := e.Tracks[0].Sightings[r.N]
		slowest[r.Disconnect] = max(slowest[r.Disconnect], s.Gone-r.Ended)
		closed, known := log.at[r.ID]
		// The entry goes a moment before the log tells.
		if gone := e.Started.Add(s.Gone); !known || closed.Before(e.Started.Add(s.Last)) || gone.Before(closed.Add(-c.Poll)) {
			t.Errorf("%s: last seen %s, gone %s into the run, closed %s (known %v)", r.Disconnect, s.Last, s.Gone, closed.Sub(e.Started), known)
		} else if missed := before(readings.ended, gone) - before(readings.began, closed) - 1; missed > 0 {
			t.Errorf("%s: gone %s into the run, %d readings after the first that began with it gone (%s)",
				r.Disconnect, s.Gone, missed, closed.Sub(e.Started))
		}
	}
	if left < c.Plan.Streams/2 {
		t.Fatalf("%d of %d left", left, c.Plan.Streams)
	}
	for _, row := range leakcheck.Judge(e).Disconnects {
		if want := slowest[row.Name].Seconds(); row.Reclaim == nil || row.Reclaim.Max != want {
			t.Errorf("%s: reclaimed within %+v, the slowest took %g s", row.Name, row.Reclaim, want)
		}
	}
}
