package cmd

import (
	"sync"
	"time"
)

// meter counts a stream's bytes and measures the silences between them. The time in
// which the output was slow, and nothing was read, is no silence.
// It is safe for concurrent use: one goroutine reads, another asks.
type meter struct {
	mu        sync.Mutex
	connected bool
	bytes     int64
	from      time.Time // when bytes last came, or were last waited for
	last      time.Duration
	most      time.Duration
}

// open begins to measure with the answer's head.
func (m *meter) open(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected, m.from, m.last = true, at, 0
}

// wait begins a silence: from now on bytes are waited for.
func (m *meter) wait(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.from = now
}

// read takes n bytes.
func (m *meter) read(n int, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes += int64(n)
	m.end(at)
	m.from = at
}

// lost ends the measuring until the next open.
func (m *meter) lost(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.end(at)
	m.connected = false
}

// end ends a silence.
func (m *meter) end(at time.Time) {
	if m.connected {
		m.last = at.Sub(m.from)
		m.most = max(m.most, m.last)
	}
}

// before is the silence before the last bytes, for the first who asks: zero for
// what else these bytes brought.
func (m *meter) before() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.last
	m.last = 0
	return last
}

// silence is that which lasts.
func (m *meter) silence(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.connected {
		return 0
	}
	return max(0, now.Sub(m.from))
}

// longest is the longest of all, that which lasts included.
func (m *meter) longest(now time.Time) time.Duration {
	lasts := m.silence(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(m.most, lasts)
}

func (m *meter) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bytes
}
