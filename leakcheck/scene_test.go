package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// scene makes evidence out of what a server did, as the watchers would have
// seen it: a reading every poll, each taking a moment.
type scene struct {
	evidence Evidence
	// dropped is when the server let each stream's session go, by the stream's
	// number; never is one that it kept.
	dropped []time.Duration
	// ended is the same for upstreams; nil is the same as dropped.
	ended []time.Duration
	// others is how many sessions and upstreams of other clients there are.
	others func(time.Duration) int
	// othersUpstreams is how many upstreams of other clients there are; nil is as many as
	// sessions.
	othersUpstreams func(time.Duration) int
	// sees says whether the probe shows a session; nil shows all.
	sees func(n int) bool
	// counts says that the probe lists no ids.
	counts bool
	// warmUp is how many sessions of the warm-up are there, until a moment.
	warmUp      int
	warmUpUntil time.Duration
	// baselineFor is how long the baseline was read; zero is one reading of it.
	baselineFor time.Duration
	// every is the time between two readings, in place of testPoll; reading
	// numbers them.
	every   time.Duration
	reading int
	// lag is how late a session is counted, and pauses are when the probe is not read.
	lag    time.Duration
	pauses []stretch
	// twice says that the probe counts everything twice.
	twice bool
	// oneRole leaves the upstreams out.
	oneRole bool
	// refused is when the probe's address refused a connection; zero is never.
	refused time.Duration
	// rate is how many tokens a second each upstream makes; zero tells nothing of them.
	rate float64
	// cancels is how many replies have been cut short by a moment, and runs how many
	// have come to their end; nil is none.
	cancels, runs func(time.Duration) int
	// direct says that the upstreams are the target's own.
	direct bool
	// blackout is from when on the probe does not answer; zero is never.
	blackout time.Duration
	// below is from when on it gives a number below zero; zero is never.
	below time.Duration
	// sockets is when the server's end of each stream's connection was gone, by the
	// stream's number; nil is no look at them.
	sockets []time.Duration
	// more are tracks of other roles.
	more []Track
}

const (
	never     = time.Duration(1<<63 - 1)
	testPoll  = 100 * time.Millisecond
	readTakes = 4 * time.Millisecond
	window    = 4 * time.Second
	leftAt    = 3 * time.Second
	watchEnds = 12 * time.Second
)

// newScene is of a right server: per streams of each way open within a second
// and leave at the age of three, each gone 10 ms later; the controls stay.
func newScene(per, controls int, ways ...loadgen.Disconnect) *scene {
	s := &scene{evidence: Evidence{
		Tool: "sse-tool test", Target: "http://127.0.0.1/sse/chat", Poll: testPoll, Took: watchEnds, Endless: true,
		Server: &Server{Config: Limits{
			Timeout: 15 * time.Second, Heartbeat: time.Second, UserTimeout: 2 * time.Second, SweepEvery: time.Minute, IdleTimeout: 2 * time.Minute,
		}},
		Windows: map[loadgen.Disconnect]time.Duration{},
	}}
	for _, d := range loadgen.Disconnects() {
		s.evidence.Windows[d] = window
	}
	total := per * len(ways)
	for i := range total {
		way := ways[i%len(ways)]
		open := time.Duration(i+1) * time.Second / time.Duration(total+1)
		r := loadgen.Record{Disconnect: way, Status: 200, Connected: open, Opened: open, FirstEvent: open, Ended: open + leftAt, End: loadgen.Left}
		if way == loadgen.Complete {
			r.End = loadgen.Completed
		}
		s.add(r, r.Ended+10*time.Millisecond)
	}
	for i := range controls {
		open := time.Duration(i+1) * time.Second / time.Duration(controls+1)
		s.add(loadgen.Record{Status: 200, Connected: open, Opened: open, FirstEvent: open}, never)
	}
	return s
}

func (s *scene) add(r loadgen.Record, dropped time.Duration) {
	r.N = len(s.evidence.Records)
	r.ID = fmt.Sprintf("tag-%d", r.N)
	r.Session = fmt.Sprintf("session-%d", r.N)
	s.evidence.Records = append(s.evidence.Records, r)
	s.dropped = append(s.dropped, dropped)
}

// each changes what happened to the streams of a way.
func (s *scene) each(way loadgen.Disconnect, change func(r *loadgen.Record, dropped *time.Duration)) {
	for i := range s.evidence.Records {
		if s.evidence.Records[i].Disconnect == way {
			change(&s.evidence.Records[i], &s.dropped[i])
		}
	}
}

// beat has heartbeats come over the streams, so far apart.
func (s *scene) beat(every time.Duration) {
	s.evidence.Latency = map[loadgen.Figure]loadgen.Quantiles{loadgen.CommentGap: {Max: every.Seconds()}}
}

// quiet has nothing come over the streams but their first event.
func (s *scene) quiet() {
	for i := range s.evidence.Records {
		s.evidence.Records[i].Heard = s.evidence.Records[i].Opened
	}
}

// keep lets the sessions of a way go only at a moment.
func (s *scene) keep(way loadgen.Disconnect, until time.Duration) {
	s.each(way, func(_ *loadgen.Record, dropped *time.Duration) { *dropped = until })
}

// refreshedUntilTimeout adds a refreshed page's successor, which opens at four seconds and
// is ended at the timeout; its session is dropped at a moment.
func (s *scene) refreshedUntilTimeout(dropped time.Duration) {
	const open = 4 * time.Second
	ended := open + s.evidence.Server.Config.Timeout
	s.evidence.Took = ended + 2*time.Second
	s.add(loadgen.Record{Status: 200, Succeeds: "tag-0", Connected: open, Opened: open, Ended: ended, End: loadgen.Completed}, dropped)
}

// endAtOnce has every answer end as soon as it has begun, those of the controls too.
func (s *scene) endAtOnce() {
	for i := range s.evidence.Records {
		r := &s.evidence.Records[i]
		r.End, r.Ended = loadgen.Completed, r.Opened+time.Millisecond
		s.dropped[i] = r.Ended
	}
}

// see reads the probes from before the first stream to the end.
func (s *scene) see() *Evidence {
	e := s.evidence
	sessions := Track{Series: Series{Name: "sessions", Role: Sessions}}
	upstreams := Track{Series: Series{Name: "upstreams", Role: Upstreams}}
	if !s.counts {
		sessions.IDs = true
		sessions.Sightings = make([]Sighting, len(e.Records))
	}
	ended := s.ended
	if ended == nil {
		ended = s.dropped
	}
	others, othersUpstreams := s.strangers(s.others), s.strangers(s.others)
	if s.othersUpstreams != nil {
		othersUpstreams = s.strangers(s.othersUpstreams)
	}
	e.WarmUpStayed = s.warmUp
	s.baseline(&sessions, others)
	s.baseline(&upstreams, othersUpstreams)
	every := cmp.Or(s.every, testPoll)
	made := 0.0
	for sent := time.Duration(0); sent < e.Took; sent += every {
		at := sent + readTakes
		if slices.ContainsFunc(s.pauses, func(p stretch) bool { return sent >= p.from && sent < p.until }) {
			continue
		}
		s.reading++
		if s.refused != 0 && sent <= s.refused && sent+every > s.refused {
			for _, t := range []*Track{&sessions, &upstreams} {
				t.fail(at, syscall.ECONNREFUSED, true)
			}
			continue
		}
		if s.blackout != 0 && sent >= s.blackout {
			sessions.fail(sent, fmt.Errorf("timeout"), true)
			upstreams.fail(sent, fmt.Errorf("timeout"), true)
			continue
		}
		if s.below != 0 && sent >= s.below {
			sessions.fail(sent, fmt.Errorf("gives -5: %w", ErrBelowZero), true)
			upstreams.fail(sent, fmt.Errorf("gives -5: %w", ErrBelowZero), true)
			continue
		}
		held := sent + readTakes/2
		open, ours := 0, 0
		listed, generating := others(held), othersUpstreams(held)
		for n, r := range e.Records {
			there := r.Connected != 0 && r.Connected+s.lag <= held
			shown := there && held < s.dropped[n] && (s.sees == nil || s.sees(n))
			named := r.Session != "" // no list shows an id that was never told
			if shown {
				listed++
			}
			if shown && named {
				ours++
			}
			if there && held < ended[n] && (s.sees == nil || s.sees(n)) {
				generating++
			}
			then := r
			if then.Ended > at {
				then.End = loadgen.Open
			}
			if then.Opened > at {
				then.Opened = 0
			}
			open += openSince([]loadgen.Record{then}, sent)
			if !s.counts {
				sessions.Sightings[n].update(shown && named, sent, at, then)
			}
		}
		if s.twice {
			listed, generating = 2*listed, 2*generating
		}
		reading := Reading{Sent: sent, At: at, Count: listed}
		if !s.counts {
			reading.Strangers = listed - ours
		}
		sessions.count(reading)
		made += s.rate * every.Seconds() * float64(generating)
		upstreams.count(Reading{Sent: sent, At: at, Count: generating, Output: s.output(made, at)})
		sessions.plateau(open, listed)
		upstreams.plateau(open, generating)
		if slices.ContainsFunc(e.Waves, func(w Wave) bool { return at <= w.Until && at+every > w.Until }) {
			sessions.pinned, upstreams.pinned = len(sessions.Readings), len(upstreams.Readings)
		}
	}
	e.Tracks = []Track{sessions, upstreams}
	if s.oneRole {
		e.Tracks = e.Tracks[:1]
	}
	if s.sockets != nil {
		e.Tracks = append(e.Tracks, s.descriptors())
	}
	e.Tracks = append(e.Tracks, s.more...)
	return &e
}

// strangers are the sessions of others, those of the warm-up among them.
func (s *scene) strangers(others func(time.Duration) int) func(time.Duration) int {
	return func(t time.Duration) int {
		n := 0
		if t < s.warmUpUntil {
			n = s.warmUp
		}
		if others != nil {
			n += others(t)
		}
		return n
	}
}

// baseline reads a track's: before the run's time began, and until the first wave.
func (s *scene) baseline(t *Track, others func(time.Duration) int) {
	t.Baseline, t.Low, t.Before = others(0), others(0), others(0)
	if s.warmUpUntil > 0 {
		t.Before -= s.warmUp
	}
	until := time.Duration(0)
	if len(s.evidence.Waves) > 0 {
		until = s.evidence.Waves[0].From
	}
	for at := -s.baselineFor; at <= until; at += testPoll {
		t.Baseline, t.Low = max(t.Baseline, others(at)), min(t.Low, others(at))
	}
}

// descriptors are the sockets, each known by its stream.
func (s *scene) descriptors() Track {
	t := Track{Series: Series{Name: "descriptors", Role: Descriptors}, IDs: true, Readings: []Reading{{}}}
	for n, r := range s.evidence.Records {
		seen := Sighting{First: r.Connected + testPoll, Last: min(s.sockets[n], s.evidence.Took)}
		if s.sockets[n] < s.evidence.Took {
			seen.Gone = s.sockets[n] + testPoll
		}
		t.Sightings = append(t.Sightings, seen)
	}
	return t
}

// output is what the upstreams tell at a moment, of so many tokens.
func (s *scene) output(made float64, at time.Duration) *Output {
	if s.rate == 0 {
		return nil
	}
	o := &Output{Tokens: int64(made), Direct: s.direct}
	if s.direct {
		o.ForNobody = o.Tokens / 10
	}
	if s.cancels != nil {
		o.Cancelled = int64(s.cancels(at))
	}
	if s.runs != nil {
		o.Completed = int64(s.runs(at))
	}
	return o
}
