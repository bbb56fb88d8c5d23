package talk

import (
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// heart learns how often heartbeats come.
type heart struct {
	told    bool // by the server
	beating bool // the last thing that came was a heartbeat
	last    time.Time
}

// isBeat tells whether an event is a heartbeat by its name, as some servers have it in place of comments.
func isBeat(e client.Event) bool {
	switch string(e.Name) {
	case "ping", "heartbeat", "keepalive", "keep-alive":
		return true
	}
	return false
}

// beat takes a heartbeat. Two with nothing between them are one interval apart, whether the server counts from its last
// write or by the clock.
func (r *Reply) beat(at time.Time) {
	gap := at.Sub(r.heart.last)
	learn := r.heart.beating && !r.heart.told && gap > 0
	r.heart.beating, r.heart.last = true, at
	r.broken = time.Time{}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life.Beat = at
	r.life.Beats++
	switch {
	case learn && r.life.Every == 0:
		r.life.Every = gap
	case learn: // the network is late at times
		r.life.Every = (3*r.life.Every + gap) / 4
	}
}
