package leakcheck

import (
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// life is a stream that the server ended, or took the session of, although it had
// not gone.
type life struct {
	connected, ended, heard time.Duration
	off                     time.Duration // how far the end may be off
	whole                   bool          // the answer came to its end
}

func (l life) age() time.Duration     { return l.ended - l.connected }
func (l life) end() time.Duration     { return l.ended }
func (l life) silence() time.Duration { return l.ended - l.heard }

// lives are all of them.
type lives struct {
	all []life
	// endless says that no answer comes to its end by itself.
	endless bool
}

// lives gathers the streams that were to stay and did not, those that broke or were
// through before they were to leave, and those that overstayed and were ended at last.
func (e *Evidence) lives() lives {
	l := lives{endless: e.Endless}
	for _, r := range e.Records {
		one := life{connected: r.Connected, ended: r.Ended, heard: r.Heard, off: timerSlack, whole: r.End == loadgen.Completed}
		switch over := r.End == loadgen.Completed || r.End == loadgen.Cut; {
		case r.Opened == 0, r.Disconnect == loadgen.Complete:
		case r.End == loadgen.Left && r.Dropped != 0: // it overstayed
			one.ended, one.heard, one.whole = r.Dropped, r.Dropped, true
			l.all = append(l.all, one)
		case over:
			l.all = append(l.all, one)
		case r.Disconnect == loadgen.Overstay && r.End == loadgen.Left:
			if s := e.sightedOf(r.N); s.First != 0 && s.Gone != 0 && s.Last > r.Ended {
				one.ended, one.heard, one.off = (s.Last+s.Gone)/2, 0, (s.Gone-s.Last)/2
				l.all = append(l.all, one)
			}
		}
	}
	return l
}

// timerSlack is how late a client sees what a server does at one moment.
const timerSlack = 10 * time.Millisecond

// sightedOf is when a stream's session was listed by the probes of sessions.
func (e *Evidence) sightedOf(n int) Sighting {
	var tracks []Track
	for _, t := range e.Tracks {
		if t.Role == Sessions && t.byID() {
			tracks = append(tracks, t)
		}
	}
	return sighted(tracks, n)
}

// shortestTimeout tells a timeout from what breaks a stream as soon as it is open.
const shortestTimeout = 100 * time.Millisecond

// timeout is the one age at which streams that opened at different moments ended; nil
// where there is none.
func (l lives) timeout() *measure {
	near := agreeing(l.all, life.age)
	youngest, oldest := across(near, life.age)
	first, last := across(near, life.end)
	if near == nil || youngest < shortestTimeout || oldest-youngest > (last-first)/2 { // else they ended together
		return nil
	}
	m := &measure{
		length: middle(near, life.age), off: max((oldest-youngest)/2, near[0].off),
		evidence: fmt.Sprintf("%s of %s that the server ended had this age, %s to %s",
			thousands(len(near)), count(len(l.all), "stream"), seconds(youngest), seconds(oldest)),
	}
	whole, silent := 0, 0
	for _, one := range near {
		if one.whole {
			whole++
		}
		if one.heard != 0 && !one.whole && one.silence() > one.age()*9/10 {
			silent++
		}
	}
	switch {
	case silent == len(near):
		m.evidence += "; nothing had come on them, so it may be an idle limit"
	case !l.endless && whole == len(near):
		m.evidence += "; their answers came to an end, so it may be how long an answer takes"
	}
	return m
}

// idleLimit is the one length of silence after which streams of different ages were
// cut; nil where there is none.
func (l lives) idleLimit() *measure {
	var cut []life
	for _, one := range l.all {
		if !one.whole && one.heard != 0 && one.silence() > alike {
			cut = append(cut, one)
		}
	}
	near := agreeing(cut, life.silence)
	if near == nil || float64(len(near)) < enoughOpened*float64(len(l.all)) {
		return nil
	}
	shortest, longest := across(near, life.silence)
	youngest, oldest := across(near, life.age)
	if longest-shortest > (oldest-youngest)/2 {
		return nil
	}
	return &measure{
		length: middle(near, life.silence), off: max((longest-shortest)/2, timerSlack),
		evidence: fmt.Sprintf("%s of %s were cut after so long a silence, %s to %s, at ages of %s to %s",
			thousands(len(near)), count(len(l.all), "stream"), seconds(shortest), seconds(longest), seconds(youngest), seconds(oldest)),
	}
}

// middle is a figure of the one in the middle of a sorted row.
func middle[T any](sorted []T, figure func(T) time.Duration) time.Duration {
	return figure(sorted[len(sorted)/2])
}
