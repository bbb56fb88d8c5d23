package client

import (
	"math"
	"time"
)

// minWindow is where the random part of the wait begins if the server wants its clients back at once.
const minWindow = 100 * time.Millisecond

// backoff says how long to wait before the next attempt: the reconnection time, which HTML 9.2.3 makes the least, and a
// random part of a window. The window begins as long as the reconnection time, so that the clients of a server that went
// down do not come back all at once, and doubles with each attempt in vain up to the cap.
type backoff struct {
	retry time.Duration // the reconnection time
	cap   time.Duration // of the window
	vain  int           // attempts in a row that brought nothing
}

// wait returns the time to wait. random is from [0, 1).
func (b backoff) wait(random float64) time.Duration {
	window := min(max(b.retry, minWindow), b.cap)
	for range b.vain {
		if window > b.cap/2 {
			window = b.cap
			break
		}
		window *= 2
	}
	extra := time.Duration(random * float64(window))
	if b.retry > math.MaxInt64-extra {
		return math.MaxInt64
	}
	return b.retry + extra
}
