package loadgen

import (
	"math"
	"testing"
	"time"
)

// timeline is what came over one stream, each at a second: h the head, b bytes that
// made nothing, e an event, c a comment, both in one read with + between; . is when it is
// looked. The stream ends with x where the server ends its answer, and with l where it
// leaves or is broken.
func timeline(p *pulse, acts string) (*latency, time.Duration) {
	l, now := &latency{}, time.Second
	for i, act := range acts {
		now = time.Duration(i+1) * time.Second
		switch act {
		case 'h':
			l.follow(p, 7, now)
		case 'b':
			l.bytes(p, now)
		case 'e':
			l.bytes(p, now)
			l.event(p, now)
		case 'c':
			l.bytes(p, now)
			l.comment(p, now)
		case '+': // an event, and a comment behind it
			l.bytes(p, now)
			l.event(p, now)
			l.comment(p, now)
		case 'x':
			l.leave(p, now, false)
		case 'l':
			l.leave(p, now, true)
		}
	}
	return l, now
}

func TestSilences(t *testing.T) {
	for _, tt := range []struct {
		name, acts               string
		idle                     bool
		gap, silence             float64 // the longest, in seconds; zero was never measured
		gaps, silences           int64
		between, beats, comments float64 // the longest between two comments, without an event, and how many of the first
	}{
		{name: "nothing but the head", acts: "h   "},
		{name: "one event, and silence", acts: "he        "},
		{name: "one heartbeat", acts: "he  c"},
		{name: "events", acts: "he e e e", gap: 2, gaps: 3},
		{name: "silence after the last event", acts: "heee       .", gap: 8, gaps: 3},
		{name: "somebody leaves in that silence", acts: "heee       l  .", gap: 8, gaps: 3},
		{name: "the server ends its answer then", acts: "heee       x   .", gap: 1, gaps: 2},
		{name: "of a stream that asked for no more events", acts: "heee       .", idle: true, gap: 1, gaps: 2},
		{name: "leaving between two events is no short gap", acts: "he    e    e  l", gap: 5, gaps: 2},
		{name: "heartbeats", acts: "hc  c  c .", silence: 3, silences: 3, between: 3, beats: 3, comments: 2},
		{name: "heartbeats that stop", acts: "hc  c  c        .", silence: 9, silences: 4, between: 3, beats: 3, comments: 2},
		{name: "and the stream leaves", acts: "hc  c  c        l     .", silence: 9, silences: 4, between: 3, beats: 3, comments: 2},
		{name: "and the server ends its answer", acts: "hc  c  c        x     .", silence: 3, silences: 3, between: 3, beats: 3, comments: 2},
		{name: "events reset the silence", acts: "hceeeeeceeeeec", gap: 2, gaps: 9, silence: 1, silences: 3, between: 6, comments: 2},
		{name: "a silence before an event", acts: "hceeceec       e", gap: 9, gaps: 4, silence: 8, silences: 4, between: 3, comments: 2},
		{name: "bytes of an event that is not through", acts: "hc  c  b  b  b  .", silence: 3, silences: 2, between: 3, beats: 3, comments: 1},
		{name: "comments behind events break no silence", acts: "h  +  +  +", gap: 3, gaps: 2, silence: 3, silences: 3, between: 3, comments: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, now := timeline(&pulse{idle: tt.idle}, tt.acts)
			for _, c := range []struct {
				what        string
				figure      Figure
				most, count float64
			}{
				{"gap", Gap, tt.gap, float64(tt.gaps)},
				{"silence", HeartbeatGap, tt.silence, float64(tt.silences)},
				{"time between two comments", CommentGap, tt.between, tt.comments},
				{"beat", Beat, tt.beats, -1},
			} {
				q := l.quantiles(c.figure, now)
				if math.Abs(q.Max-c.most) > c.most/50 || c.count >= 0 && float64(q.Count) != c.count {
					t.Errorf("the longest %s is %g s of %d, want %g s of %g", c.what, q.Max, q.Count, c.most, c.count)
				}
				if got := len(l.buckets(c.figure, now)); (got > 0) != (q.Count > 0) {
					t.Errorf("%s: %d buckets of %d", c.what, got, q.Count)
				}
			}
		})
	}
}

func TestLongestSilence(t *testing.T) {
	const second = time.Second
	for acts, want := range map[string]Silence{
		"h    .":               {From: second, Until: 6 * second},
		"hee    .":             {From: 3 * second, Until: 8 * second, Before: second, Times: 2},
		"he  c e    b e  c  .": {From: 7 * second, Until: 12 * second, Before: 3 * second, Times: 3},
		"he  c e  .":           {From: 2 * second, Until: 5 * second, Before: second, Times: 1},
		"he  ce x   .":         {},
		"he  ce l   .":         {},
	} {
		l, now := timeline(&pulse{}, acts)
		got := l.silences(now)
		if want == (Silence{}) && len(got) == 0 {
			continue
		}
		want.N = 7
		if len(got) != 1 || got[0] != want {
			t.Errorf("%q: %+v, want %+v", acts, got, want)
		}
	}
}

// A comment behind an event is no beat: the silence began with the event. Two that come
// together are one.
func TestBeatsAreSilent(t *testing.T) {
	var l latency
	var p pulse
	at := func(d time.Duration, take func(*pulse, time.Duration)) {
		l.bytes(&p, d)
		take(&p, d)
	}
	l.follow(&p, 7, time.Second)
	at(2*time.Second, l.comment)
	at(2*time.Second+oneBeat, l.comment)
	at(3*time.Second, l.event)
	at(4*time.Second, l.comment)
	for f, want := range map[Figure]int64{Gap: 0, HeartbeatGap: 2, CommentGap: 1, Beat: 0} {
		if got := l.quantiles(f, 4*time.Second).Count; got != want {
			t.Errorf("figure %d has %d times, want %d", f, got, want)
		}
	}
}

// What a stream does not hear any more is not the server's silence; nor is what its
// server takes to hang up.
func TestSilenceOfAServer(t *testing.T) {
	t.Parallel()
	const beat, mute = 100 * time.Millisecond, 3 * time.Second
	s := serve(t, func(c *rawConn) {
		c.head()
		for range 3 {
			time.Sleep(beat)
			c.event()
			time.Sleep(beat)
			c.chunk(": heartbeat\n\n")
		}
		if c.request.URL.Query().Has("ends") {
			time.Sleep(mute)
			c.last()
		}
		_ = c.gone()
	})
	for _, tt := range []struct {
		name, query string
		way         Disconnect
		controls    int
		hold        time.Duration
		counts      bool
	}{
		{"it leaves", "", Close, 0, mute, true},
		{"it stays", "", Close, 1, beat, true},
		{"its user is away, and it is read", "", Overstay, 0, beat, true},
		{"it is over", "?ends", Complete, 0, beat, false},
		{"it reads no more", "", Vanish, 0, 10 * beat, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.way.Able() != nil {
				t.Skip(tt.way.Able())
			}
			p := small(s.url()+tt.query, 1, tt.way)
			p.Controls, p.Hold = tt.controls, tt.hold
			l := start(t, p)
			await(t, "the stream to leave", l.Left())
			limit := mute.Seconds() * 0.8
			switch tt.way {
			case Complete:
			case Vanish:
				limit = l.AppendRecords(nil)[0].Ended.Seconds() * 1.02
				time.Sleep(mute)
			default:
				time.Sleep(2 * mute)
			}
			for _, f := range []Figure{Gap, HeartbeatGap} {
				if q := l.Quantiles(f); q.Count == 0 || (q.Max > limit) != tt.counts {
					t.Errorf("the longest of figure %d is %g s of %d, the limit %g s", f, q.Max, q.Count, limit)
				}
			}
		})
	}
}
