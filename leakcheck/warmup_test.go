package leakcheck_test

import (
	"context"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
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
