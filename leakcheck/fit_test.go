package leakcheck

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestFit(t *testing.T) {
	storm := Limits{Timeout: 15 * time.Second, Heartbeat: time.Second, UserTimeout: 2 * time.Second}
	usual := Limits{Timeout: 5 * time.Minute, Heartbeat: 15 * time.Second, UserTimeout: 10 * time.Second}
	slow := Limits{Timeout: 15 * time.Second, Heartbeat: time.Second, UserTimeout: 10 * time.Second}
	closing := loadgen.Even(loadgen.Close)
	for name, tt := range map[string]struct {
		plan    loadgen.Plan
		pace    bool
		limits  Limits
		life    time.Duration // zero: it cannot fit
		skipped []string
	}{
		"young enough":        {loadgen.Plan{Streams: 5000}, true, storm, 7 * time.Second, nil},
		"made to open faster": {loadgen.Plan{Streams: 15_000}, true, storm, 8500 * time.Millisecond, nil},
		"only close":          {loadgen.Plan{Streams: 9000, Mix: closing}, true, storm, 10500 * time.Millisecond, nil},
		"the ramp is given":   {loadgen.Plan{Streams: 15_000, Ramp: 15 * time.Second, Mix: closing}, false, storm, 0, nil},
		"far too many":        {loadgen.Plan{Streams: 100_000, Mix: closing}, true, storm, 0, nil},
		"held too long":       {loadgen.Plan{Streams: 10, Hold: time.Minute, Mix: closing}, true, storm, 0, nil},
		"no timeout":          {loadgen.Plan{Streams: 1000, Hold: time.Minute}, true, Limits{Heartbeat: time.Second}, 61 * time.Second, nil},
		"a long timeout":      {loadgen.Plan{Streams: 1000}, true, usual, 3 * time.Second, []string{"overstay"}},
		"named all the same":  {loadgen.Plan{Streams: 1000, Mix: loadgen.Even(loadgen.Overstay)}, true, usual, 0, nil},
		"a long user timeout": {loadgen.Plan{Streams: 1000}, true, slow, 2500 * time.Millisecond, []string{"vanish"}},
	} {
		c := Config{Plan: tt.plan, Server: &Server{Config: tt.limits}, MaxTime: 2 * time.Minute}
		err := c.Fit(tt.pace)
		if tt.life == 0 {
			if !errors.As(err, new(*TooOldError)) && !errors.As(err, new(*TooLongError)) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if life := c.Plan.WithDefaults().Life(); err != nil || life != tt.life {
			t.Errorf("%s: life %s, want %s, %v", name, life, tt.life, err)
		}
		var skipped []string
		for _, n := range c.Skipped {
			if n.Name != "vanish" || loadgen.Vanish.Able() == nil {
				skipped = append(skipped, n.Name)
			}
		}
		if !slices.Equal(skipped, tt.skipped) {
			t.Errorf("%s: skipped %q, want %q", name, skipped, tt.skipped)
		}
	}
}
