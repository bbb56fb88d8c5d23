package talk

import (
	"testing"
	"time"
)

func TestLifeAt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := func(d time.Duration) time.Time { return now.Add(d) }
	streaming := Life{State: Streaming, Began: now, Opened: in(time.Second), Heard: in(3 * time.Second), First: in(2 * time.Second), Last: in(3 * time.Second), Beat: in(2 * time.Second), Every: 10 * time.Second}
	waiting := Life{State: Streaming, Began: now, Opened: in(time.Second), Heard: in(time.Second)}
	lost := Life{State: Reconnecting, Began: now, Heard: in(time.Second), Every: time.Second, Due: in(9 * time.Second)}
	for _, tt := range []struct {
		name    string
		life    Life
		at      time.Duration
		state   State
		silence time.Duration
		overdue bool
		retry   time.Duration
	}{
		{"text has just come", streaming, 4 * time.Second, Streaming, time.Second, false, 0},
		{"no text for more than a second", streaming, 4*time.Second + 1, Idle, time.Second + 1, false, 0},
		{"a heartbeat is due", streaming, 14 * time.Second, Idle, 11 * time.Second, false, 0},
		{"a heartbeat is overdue", streaming, 14*time.Second + 1, Idle, 11*time.Second + 1, true, 0},
		{"no text yet", waiting, 100 * time.Second, Idle, 99 * time.Second, false, 0},
		{"not connected", lost, 5 * time.Second, Reconnecting, 0, false, 4 * time.Second},
		{"the attempt is due", lost, 10 * time.Second, Reconnecting, 0, false, 0},
	} {
		at := in(tt.at)
		if s, silence, overdue, retry := tt.life.At(at), tt.life.Silence(at), tt.life.Overdue(at), tt.life.RetryIn(at); s != tt.state || silence != tt.silence || overdue != tt.overdue || retry != tt.retry {
			t.Errorf("%s: %s, silent for %s, overdue %t, again in %s", tt.name, s, silence, overdue, retry)
		}
	}
	if d, ok := streaming.FirstAfter(); d != 2*time.Second || !ok {
		t.Errorf("the first text after %s, %t", d, ok)
	}
	if _, ok := waiting.FirstAfter(); ok {
		t.Error("no text came")
	}
	if age, ok := streaming.BeatAge(in(5 * time.Second)); age != 3*time.Second || !ok {
		t.Errorf("the heartbeat is %s old, %t", age, ok)
	}
	if _, ok := waiting.BeatAge(now); ok {
		t.Error("no heartbeat came")
	}
	if took := streaming.Took(in(7 * time.Second)); took != 7*time.Second {
		t.Errorf("it lasts %s", took)
	}
	streaming.Ended = in(4 * time.Second)
	if took := streaming.Took(in(7 * time.Second)); took != 4*time.Second {
		t.Errorf("it lasted %s", took)
	}
}

// The rate is that of the last seconds, falls when nothing comes, and is that of the whole in the end.
func TestLifeRate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := Life{State: Streaming}
	if r := l.Rate(now); r != 0 {
		t.Errorf("of nothing it is %v", r)
	}
	at := now
	come := func(n int, gap time.Duration) {
		for range n {
			at = at.Add(gap)
			if l.First.IsZero() {
				l.First = at
			}
			l.Last, l.Deltas = at, l.Deltas+1
			l.pace.add(at)
		}
	}
	about := func(what string, got, want float64) {
		t.Helper()
		if got < 0.9*want || got > 1.1*want {
			t.Errorf("%s: %.1f a second, want about %v", what, got, want)
		}
	}
	come(1000, 10*time.Millisecond)
	about("a steady stream", l.Rate(at), 100)
	come(100, 100*time.Millisecond)
	about("slower for ten seconds", l.Rate(at), 10)
	if r := l.Rate(at.Add(2 * time.Second)); r < 3 || r > 8 {
		t.Errorf("in a pause it is %.1f", r)
	}
	if r := l.Rate(at.Add(time.Minute)); r != 0 {
		t.Errorf("after a minute it is %.1f", r)
	}
	l.State = Done
	about("in the end", l.Rate(at.Add(time.Minute)), 1099/l.Last.Sub(l.First).Seconds())
	if r := (Life{State: Done}).Rate(at); r != 0 {
		t.Errorf("without text it is %.1f", r)
	}
	one := Life{State: Streaming}
	one.pace.add(now)
	if r := one.Rate(now); r != 2 {
		t.Errorf("of one it is %v", r)
	}
}

// Only two heartbeats in a row tell how often they come.
func TestHeartbeatsAreLearned(t *testing.T) {
	t.Parallel()
	const apart = 60 * time.Millisecond
	came := make(chan struct{}, 3)
	s := serveRaw(t, func(c *rawConn) {
		c.head()
		c.chunk(": one\n\n")
		<-came
		time.Sleep(apart)
		c.chunk("data: text\n\n")
		c.chunk(": two\n\n")
		<-came
		time.Sleep(apart)
		c.chunk("event: ping\ndata: {}\n\n")
		c.chunk("event: done\ndata:\n\n")
		c.last()
	})
	var every []time.Duration
	var last Life
	h := hear(t, ask(t, at(t, s.url()+"/stream", Text), says("hi")), func(u Update) bool {
		if u.Life.Beats > len(every) {
			every = append(every, u.Life.Every)
			came <- struct{}{}
		}
		last = u.Life
		return u.Life.State == Done
	})
	if h.err != nil || last.Beats != 3 || last.Comments != 2 || len(every) != 3 {
		t.Fatalf("%v, %v, %+v", h.err, every, last)
	}
	if every[0] != 0 || every[1] != 0 || every[2] < apart {
		t.Errorf("they come every %v", every)
	}
}
