package server

import (
	"context"
	"log/slog"
	"time"
)

// sweepLoop sweeps every SweepEvery until ctx ends.
func (m *manager) sweepLoop(ctx context.Context) {
	tick := time.NewTicker(m.cfg.SweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n := m.sweep(time.Now()); n > 0 {
				m.log.LogAttrs(ctx, slog.LevelWarn, "sweep ended idle sessions", slog.Int("sessions", n))
			}
		}
	}
}

// sweep ends the sessions that gave no sign of their client for longer than
// IdleTimeout, and returns how many it ended. It is the last defence, for what
// the callbacks missed: age alone says nothing, so a live stream that only
// listens is spared however old it is.
//
// The lock is held for a copy of the map's values and for each removal; the
// kernel is asked, and contexts are cancelled, without it.
func (m *manager) sweep(now time.Time) int {
	swept := 0
	for _, s := range m.all() {
		s.activity.look(now)
		idle := now.Sub(s.activity.last()) > m.cfg.IdleTimeout || m.cfg.defective(SweepKillsLive)
		if idle && m.release(s, CloseSwept) {
			swept++
		}
	}
	return swept
}
