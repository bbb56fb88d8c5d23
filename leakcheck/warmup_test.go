package leakcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// lagging is a probe that counts what was there some time ago, as one does that
// is read out of a cache. It lists no ids.
type lagging struct {
	leakcheck.Probe
	by      time.Duration
	answers []leakcheck.Answer
	at      []time.Time
	rose    bool
}

func (p *lagging) Read(ctx context.Context) (leakcheck.Answer, error) {
	a, err := p.Probe.Read(ctx)
	if err != nil {
		return a, err
	}
	for i := range a.Samples {
		a.Samples[i].IDs = nil
	}
	p.answers, p.at = append(p.answers, a), append(p.at, time.Now())
	a = p.answers[max(0, before(p.at, time.Now().Add(-p.by))-1)]
	p.rose = p.rose || a.Samples[0].Count > 0
	return a, nil
}

// The warm-up of a count that lags behind is waited for: it is no part of the
// baseline.
func TestWarmUpWaitsForACountThatLags(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	c := config(base)
	c.Windows.All = 5 * time.Second
	counted := &lagging{Probe: c.Probes[0], by: 750 * time.Millisecond}
	c.Probes = []leakcheck.Probe{counted}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Progress = func(p leakcheck.Progress) {
		if p.Phase != leakcheck.WarmingUp {
			cancel() // this is enough
		}
	}
	e, err := leakcheck.Gather(ctx, c)
	if e == nil {
		t.Fatal(err)
	}
	if !counted.rose || e.WarmUpStayed != 0 {
		t.Errorf("after the warm-up the count had risen: %v, and %d of it stayed", counted.rose, e.WarmUpStayed)
	}
}

// slowly gives its sessions back some time after their clients have left.
func slowly(by time.Duration) life {
	return func(h *handwritten, id string, w http.ResponseWriter, r *http.Request) {
		drop := h.keep(id)
		defer drop()
		h.begin(id, w)
		<-r.Context().Done()
		select {
		case <-time.After(by):
		case <-h.over:
		}
	}
}

// slowConfig is a small check by count of a server that gives sessions back slowly.
func slowConfig(t *testing.T, by, window time.Duration) leakcheck.Config {
	t.Helper()
	base := handwrite(t, time.Second, slowly(by))
	counted, err := probe.Parse("json:"+base+"/#.active", probe.Access{})
	if err != nil {
		t.Fatal(err)
	}
	return leakcheck.Config{
		Plan: loadgen.Plan{
			Request: loadgen.Request{URL: base + "/events"}, Streams: 10, Controls: 2,
			Mix: loadgen.Even(loadgen.Close, loadgen.Reset), Ramp: 200 * time.Millisecond, Hold: 800 * time.Millisecond,
		},
		Probes:  []leakcheck.Probe{counted},
		Windows: leakcheck.Windows{All: window},
		Poll:    20 * time.Millisecond,
		Apart:   true,
		Endless: true,
	}
}

// A warm-up that takes longer than its window is waited for where sessions are only counted:
// it is not in the baseline, and nothing of it comes back in a way's place.
func TestWarmUpIsWaitedForByCount(t *testing.T) {
	t.Parallel()
	r, err := leakcheck.Run(t.Context(), slowConfig(t, 2*time.Second, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Disconnects {
		if row.Reclaimed > 0 || row.Leaked == 0 || (row.Reclaim != nil && row.Reclaim.Min < 1) {
			t.Errorf("%+v, %+v", row, row.Reclaim)
		}
	}
	for _, f := range r.Findings {
		if f.Code == leakcheck.Noise || f.Code == leakcheck.WarmUpStayed {
			t.Errorf("%+v", f)
		}
	}
}

// The stream that tried the target is not what was there before.
func TestBeforeIsWithoutTheTry(t *testing.T) {
	t.Parallel()
	c := slowConfig(t, 300*time.Millisecond, 5*time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Progress = func(p leakcheck.Progress) {
		if p.Phase == leakcheck.Opening {
			cancel() // this is enough
		}
	}
	e, err := leakcheck.Gather(ctx, c)
	if e == nil {
		t.Fatal(err)
	}
	if track := e.Tracks[0]; track.Before != 0 || track.Baseline != 0 || e.WarmUpStayed != 0 {
		t.Errorf("%d before the warm-up, %d after, %d of it stayed", track.Before, track.Baseline, e.WarmUpStayed)
	}
}

// sunken is a probe whose count is below zero.
type sunken struct{ leakcheck.Probe }

func (sunken) Read(context.Context) (leakcheck.Answer, error) {
	return leakcheck.Answer{}, fmt.Errorf("gives -1: %w", leakcheck.ErrBelowZero)
}

// A count that is below zero before the run began is told as a wrong one.
func TestBelowZeroBeforeTheRun(t *testing.T) {
	t.Parallel()
	c := slowConfig(t, 0, time.Second)
	c.Probes = []leakcheck.Probe{sunken{c.Probes[0]}}
	_, err := leakcheck.Run(t.Context(), c)
	var hinted interface{ Hint() string }
	if !errors.Is(err, leakcheck.ErrBelowZero) || !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "session map") {
		t.Errorf("%v", err)
	}
}
