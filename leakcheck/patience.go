package leakcheck

import (
	"slices"
	"time"
)

// left is how many streams of the wave are over.
func (r *run) left() int {
	n := 0
	for _, rec := range r.inWave() {
		if gone(rec) && !rec.Control() {
			n++
		}
	}
	return n
}

// windowOnce is how long the last of the windows still runs, the first time: what
// stays when an earlier wave stayed for good, and none of it has come back, is not
// waited for twice.
func (r *run) windowOnce(now time.Duration) time.Duration {
	var last time.Duration
	for _, rec := range r.inWave() {
		if gone(rec) {
			last = max(last, rec.Ended+r.windows[way(rec)])
		}
	}
	if slices.ContainsFunc(r.watchers, (*watcher).crowded) {
		last += crowdedWatch // what others do is no step, and takes time to be told from one
	}
	return last - now
}

// crowdedWatch is how much longer is watched where others come and go.
const crowdedWatch = 3 * time.Second

// atMost is how much longer the run takes, if nothing comes back; zero before the
// windows are known.
func (r *run) atMost() time.Duration {
	if r.windows == nil || len(r.waves) == 0 || len(r.plans) == 0 {
		return 0
	}
	length := r.toCome()
	for _, d := range r.plans[len(r.waves)-1].Mix.Ways() {
		length = max(length, r.toCome()+r.watched(d))
	}
	if !r.byID && len(r.waves) < len(r.plans) {
		length += max(0, clearPatience-r.waited)
	}
	if most := r.config.MaxTime; most != 0 {
		length = min(length, most-time.Since(r.start))
	}
	return max(0, length)
}
