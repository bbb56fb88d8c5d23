package loadgen

import (
	"cmp"
	"slices"
	"time"
)

// Silence is the longest time for which nothing came over a stream, of one that is read
// still.
type Silence struct {
	// N is the number of the stream.
	N int `json:"n"`
	// From is when the last bytes before it had come, Until when the next did, or when it
	// was looked, if nothing had come.
	From  time.Duration `json:"from"`
	Until time.Duration `json:"until"`
	// Before is the longest of those before it, and Times how often bytes had come by then.
	Before time.Duration `json:"before"`
	Times  int           `json:"times"`
}

// length is how long it was.
func (s Silence) length() time.Duration { return s.Until - s.From }

// pulse is when something last came over a stream. It belongs to the latency that
// measures it, which guards it.
type pulse struct {
	// idle says that the stream asks for no events: that none come is no gap.
	idle bool
	// event and comment are when the last one came; zero is never.
	event, comment time.Duration
	// heard is when bytes last came, and silence how long before them none had; zero
	// where that was counted.
	heard, silence time.Duration
	// longest is the longest silence of all, times how often bytes have come.
	longest Silence
	times   int
}

// most is the longest silence up to now.
func (p *pulse) most(now time.Duration) Silence {
	if d := now - p.heard; d > p.longest.length() {
		return Silence{N: p.longest.N, From: p.heard, Until: now, Before: p.longest.length(), Times: p.times}
	}
	return p.longest
}

// oneBeat is how far apart comments are that are one heartbeat, or a greeting and
// the padding behind it.
const oneBeat = 50 * time.Millisecond

// follow measures stream n from its head on, until [latency.leave].
func (l *latency) follow(p *pulse, n int, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live == nil {
		l.live = map[*pulse]struct{}{}
	}
	p.heard, p.longest.N = now, n
	l.live[p] = struct{}{}
}

// follows tells whether a stream is measured.
func (l *latency) follows(p *pulse) bool {
	_, ok := l.live[p]
	return ok
}

// bytes ends a silence. What the bytes make is told by event and comment.
func (l *latency) bytes(p *pulse, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.follows(p) {
		l.settle(p)
		p.longest = p.most(now)
		p.silence, p.heard = now-p.heard, now
		p.times++
	}
}

// settle counts a silence that no comment broke.
func (l *latency) settle(p *pulse) {
	if p.silence > 0 {
		l.also[HeartbeatGap].Add(p.silence)
	}
	p.silence = 0
}

// event takes an event.
func (l *latency) event(p *pulse, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.follows(p) {
		return
	}
	l.settle(p)
	if p.event != 0 {
		l.times[Gap].Add(now - p.event)
	}
	p.event = now
}

// comment takes a comment.
func (l *latency) comment(p *pulse, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.follows(p) {
		return
	}
	if p.silence > oneBeat {
		l.times[HeartbeatGap].Add(p.silence)
	}
	p.silence = 0
	if p.comment != 0 && now-p.comment > oneBeat {
		l.times[CommentGap].Add(now - p.comment)
		if p.comment > p.event {
			l.times[Beat].Add(now - p.comment)
		}
	}
	p.comment = now
}

// leave measures a stream no longer: nobody reads it any more, or it has ended. The
// silence that lasted until then counts unless the end is one that a server may take
// its time for, or our own fault. Only the first call counts.
func (l *latency) leave(p *pulse, now time.Duration, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.follows(p) {
		return
	}
	delete(l.live, p)
	if counts {
		l.settle(p)
		l.also[HeartbeatGap].Add(p.lasting(HeartbeatGap, now))
		if d := p.lasting(Gap, now); d > 0 {
			l.also[Gap].Add(d)
		}
	}
}

// lasting is how long a figure's silence has lasted; zero where there is none.
func (p *pulse) lasting(f Figure, now time.Duration) time.Duration {
	switch {
	case f == HeartbeatGap:
		return max(now-p.heard, p.silence)
	case f == Gap && p.event != 0 && !p.idle:
		return now - p.event
	default:
		return 0
	}
}

// measured are a figure's times. A silence that nothing of its kind ended counts too,
// as one of its length so far, where it is longer than nine of ten that were ended:
// shorter ones only say that somebody looked, or left, in between.
func (l *latency) measured(f Figure, now time.Duration) *Times {
	own := &l.times[f]
	if f != Gap && f != HeartbeatGap {
		return own
	}
	if f == Gap && own.hist == nil || f == HeartbeatGap && l.times[CommentGap].hist == nil {
		return &Times{} // none had two
	}
	var all Times
	least := int64(0)
	if own.hist != nil {
		all.merge(own, 0)
		least = own.hist.ValueAtQuantile(90)
	}
	all.merge(&l.also[f], least)
	for p := range l.live {
		if d := p.lasting(f, now); int64(d/latencyUnit) > least {
			all.Add(d)
		}
	}
	return &all
}

// silences are the longest of the streams that are read, in their order.
func (l *latency) silences(now time.Duration) []Silence {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Silence
	for p := range l.live {
		all = append(all, p.most(now))
	}
	slices.SortFunc(all, func(a, b Silence) int { return cmp.Compare(a.N, b.N) })
	return all
}
