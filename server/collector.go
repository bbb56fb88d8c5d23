package server

import (
	"runtime"
	"sync"
	"time"
)

// collector collects garbage for who asks what memory is in use, and not what nobody
// has got round to collect. However many ask, it takes a small share of the time. It may
// be used by several goroutines; none waits for another.
type collector struct {
	mu   sync.Mutex
	next time.Time // before which there is nothing to do
}

const (
	collectEvery = time.Second
	// collectShare is how many times as long as it took a collection is left alone.
	collectShare = 20
)

// collect collects garbage, unless that was done a moment ago.
func (c *collector) collect() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	began := time.Now()
	if began.Before(c.next) {
		return
	}
	runtime.GC()
	done := time.Now()
	c.next = done.Add(max(collectEvery, collectShare*done.Sub(began)))
}
