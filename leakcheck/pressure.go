package leakcheck

import (
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	// fewestWitnesses is how many streams have to fall silent.
	fewestWitnesses = 3
	// fewestHeard is how often bytes have to have come over a stream before, for its
	// usual silences to be known.
	fewestHeard = 10
	// frozenFor is for how long it has to be silent, at the least, and frozenTimes how
	// many times as long as ever before.
	frozenFor   = 3 * time.Second
	frozenTimes = 5
)

// freeze is what befell the streams that stay while others stall.
type freeze struct {
	stalled int           // how many clients
	first   time.Duration // when the first of them had
	silent  []loadgen.Silence
	of      int           // how many streams stayed
	before  time.Duration // the longest silence before
}

// pressure finds that one client that does not read holds up everybody: whatever was
// read fell silent at one moment, when a client had stalled and nobody had left in another
// way lately, and is silent to the end, in which the server still answers its probes.
func (j *judge) pressure() {
	if j.e.Crashed != 0 || j.e.Restarted != 0 || j.e.Interrupted != "" || j.unreachable() != 0 {
		return
	}
	f := j.freeze()
	if len(f.silent) < fewestWitnesses || float64(len(f.silent)) < enoughSeen*float64(f.of) || !j.atOneMoment(f) || j.explained(f) || !j.answers(f) {
		return
	}
	from, _ := across(f.silent, func(s loadgen.Silence) time.Duration { return s.From })
	shortest, _ := across(f.silent, silenceOf)
	j.find(Finding{
		Code: NoBackPressure, Severity: SeverityWarning, Disconnects: []loadgen.Disconnect{loadgen.Stall},
		Summary: "when clients stopped to read, the streams of all others fell silent: consistent with a broadcast that waits for its slowest reader",
		Evidence: fmt.Sprintf("from %s into the run %d of %s that stayed heard nothing for %s, to its end, and before for %s at the longest; the first of %s had stalled %s into it",
			seconds(from), len(f.silent), count(f.of, "stream"), seconds(shortest), seconds(f.before), count(f.stalled, "client"), seconds(f.first)),
		Hint: "give each client a bounded queue of its own, and never wait for one: where the queue is full drop the client, or its oldest events; hold no lock that others need while a write may block, and bound each write",
	})
}

func silenceOf(s loadgen.Silence) time.Duration { return s.Until - s.From }

// freeze gathers who stalled, and who fell silent then.
func (j *judge) freeze() freeze {
	var f freeze
	for _, r := range j.e.Records {
		if r.Disconnect == loadgen.Stall && r.End == loadgen.Left {
			if f.stalled++; f.first == 0 || r.Ended < f.first {
				f.first = r.Ended
			}
		}
	}
	for _, r := range j.e.Records {
		if f.stayed(r) {
			f.of++
		}
	}
	for _, s := range j.e.Silences {
		if f.stayed(j.e.Records[s.N]) && f.silenced(s, j.e.Took) {
			f.silent, f.before = append(f.silent, s), max(f.before, s.Before)
		}
	}
	return f
}

// stayed tells whether a stream was there to stay when the first client stalled.
func (f freeze) stayed(r loadgen.Record) bool {
	return r.Control() && r.Opened != 0 && r.Opened < f.first && (r.End == loadgen.Open || r.Ended > f.first)
}

// silenced tells whether a silence began when clients had stalled, lasts to the end of the
// run, and is like none before.
func (f freeze) silenced(s loadgen.Silence, end time.Duration) bool {
	long := silenceOf(s)
	return s.Times >= fewestHeard && s.From >= f.first-alike && s.Until >= end-alike &&
		long >= max(frozenFor, frozenTimes*s.Before) && 2*long > end-f.first
}

// atOneMoment tells whether streams of different ages fell silent together. Answers that
// are through are of one age.
func (j *judge) atOneMoment(f freeze) bool {
	from, until := across(f.silent, func(s loadgen.Silence) time.Duration { return s.From })
	oldest, youngest := across(f.silent, func(s loadgen.Silence) time.Duration { return j.e.Records[s.N].Opened })
	return youngest-oldest >= distinct && until-from < (youngest-oldest)/2
}

// explained tells whether something else may have silenced them: a stream that ended in
// another way, so shortly before that nobody was heard for long in between.
func (j *judge) explained(f freeze) bool {
	from, until := across(f.silent, func(s loadgen.Silence) time.Duration { return s.From })
	for _, r := range j.e.Records {
		waits := r.End == loadgen.Open || r.Disconnect == loadgen.Stall || r.Disconnect == loadgen.Vanish || r.Disconnect == loadgen.Overstay
		if !waits && r.Ended > from-max(frozenFor, frozenTimes*f.before) && r.Ended < until+max(alike, 2*f.before) {
			return true
		}
	}
	return false
}

// answers tells whether the server itself went on: a probe was answered that was asked in
// the second half of the silence.
func (j *judge) answers(f freeze) bool {
	_, from := across(f.silent, func(s loadgen.Silence) time.Duration { return s.From })
	for _, t := range j.tracks(Sessions) {
		if t.Failing > 0 || t.last().Sent < (from+j.e.Took)/2 {
			return false
		}
	}
	return len(j.tracks(Sessions)) > 0
}
