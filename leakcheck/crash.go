package leakcheck

import (
	"context"
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	// failuresSuspect is how many failed readings in a row make a server
	// suspect.
	failuresSuspect = 3
	// knocks is how often a suspect is knocked at before it is called dead, a
	// knockPause apart.
	knocks     = 3
	knockPause = 100 * time.Millisecond
	// wellFor is how long a suspect that answered is left alone.
	wellFor = time.Second
)

// dead tells whether the server, which answered before, has died under the
// test: its probe fails or its controls are gone, and it accepts no connection
// any more.
func (r *run) dead(ctx context.Context) bool {
	if r.load == nil || (r.suspected != 0 && time.Since(r.start)-r.suspected < wellFor) {
		return false
	}
	why := r.suspect()
	if why == "" {
		return false
	}
	for i := range knocks {
		if i > 0 && !pause(ctx, knockPause) {
			return false
		}
		err := r.load.Reachable(ctx)
		if err == nil || ctx.Err() != nil {
			r.suspected = time.Since(r.start)
			return false
		}
		if i == knocks-1 {
			r.crash(fmt.Sprintf("%s; then: %v", why, err))
		}
	}
	return true
}

func (r *run) crash(why string) {
	r.crashed, r.crashedWhy = max(time.Since(r.start), 1), why
}

// suspect says what makes one think that the server is dead; nothing where
// nothing does.
func (r *run) suspect() string {
	if why := r.failing(); why != "" {
		return why
	}
	broke, failed, controls, open := 0, 0, 0, 0
	for _, rec := range r.records {
		switch {
		case rec.Live():
			open++
		case rec.End != loadgen.Cut && rec.End != loadgen.Failed:
		case rec.Opened != 0:
			broke++
		case rec.Control(): // it may have been tried in the place of one that broke
			controls++
		default:
			failed++
		}
	}
	switch {
	case open > 0 || broke+failed+controls == 0:
		return ""
	case broke+failed == 0:
		return "controls could not be opened and none is open"
	case failed == 0:
		return fmt.Sprintf("%s broke and none is open", count(broke, "stream"))
	case broke == 0:
		return fmt.Sprintf("%s could not be opened and none is open", count(failed, "stream"))
	default:
		return fmt.Sprintf("%s broke, %s could not be opened, and none is open", count(broke, "stream"), count(failed, "stream"))
	}
}

// failing says which probe does not answer any more; nothing where all do.
func (r *run) failing() string {
	for _, w := range r.watchers {
		if n, why := w.failing(); n >= failuresSuspect {
			return fmt.Sprintf("%d readings in a row failed (%s)", n, why)
		}
	}
	return ""
}

// pause waits and tells whether it was let to.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
