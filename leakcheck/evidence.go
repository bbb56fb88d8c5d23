package leakcheck

import (
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Evidence is everything that a run saw and all that [Judge] looks at: plain
// values that can be stored and judged again. Moments count from Started.
type Evidence struct {
	// Version is [EvidenceVersion] in what was saved.
	Version int       `json:"version"`
	Tool    string    `json:"tool"`
	Target  string    `json:"target"` // without secrets
	Started time.Time `json:"started"`
	// Took is when the watch ended: nothing is known of what came after.
	Took time.Duration `json:"took"`
	// Poll is how often probes were read: the error bar of every reading.
	Poll time.Duration `json:"poll"`
	// Endless says that only the server's bounds end a stream that does not
	// leave; elsewhere an answer may be through at any time.
	Endless bool `json:"endless"`
	// Server is what the server told of itself before the run; nil where it told
	// nothing.
	Server *Server `json:"server,omitempty"`
	// Software is what the head of a stream's response said of who wrote it.
	Software loadgen.Software `json:"software,omitzero"`
	// Framework is the one that the server is said to be written with; empty where
	// nobody said.
	Framework Framework `json:"framework,omitempty"`

	// Undecided are the ways whose windows decide nothing, because too little is
	// known of the server.
	Undecided []loadgen.Disconnect `json:"undecided,omitempty"`
	// AtTimeout are the ways whose windows reach to the server's timeout: it may be
	// what ends their sessions.
	AtTimeout []loadgen.Disconnect `json:"at_timeout,omitempty"`
	// Required are the ways without which there is no verdict.
	Required []loadgen.Disconnect `json:"required,omitempty"`
	// Skipped are the ways that this machine could not take.
	Skipped []NotJudged `json:"skipped,omitempty"`

	Windows map[loadgen.Disconnect]time.Duration `json:"windows"`
	// Waves are the parts of the load; none where all of it was one.
	Waves   []Wave                               `json:"waves,omitempty"`
	Records []loadgen.Record                     `json:"records"`
	Latency map[loadgen.Figure]loadgen.Quantiles `json:"latency"`
	// Histograms are what Latency sums up; missing from what was saved before there
	// were any.
	Histograms map[loadgen.Figure][]loadgen.Bucket `json:"histograms,omitempty"`
	Tracks     []Track                             `json:"tracks"`
	// Silences are the longest of the streams that were read to the end.
	Silences []loadgen.Silence `json:"silences,omitempty"`

	// Again is how the request of a stream that completed was answered when it was
	// asked once more, at the end of the run; nil where it was not asked. Moments may be
	// later than Took.
	Again *loadgen.Again `json:"again,omitempty"`

	// MaxTime is how long the run was to take at the most; zero is for ever.
	MaxTime time.Duration `json:"max_time,omitempty"`
	// WarmUpStayed is how many sessions of the warm-up were not back when its
	// window had passed; they are part of the baseline, and may go at any time.
	WarmUpStayed int `json:"warm_up_stayed,omitempty"`
	// WarmUpReturned is how many sessions of the warm-up were seen, if all its streams
	// closed and every count was back when they had; zero where that is not known.
	WarmUpReturned int `json:"warm_up_returned,omitempty"`
	// Crashed is when the server was found dead; zero where it was not.
	Crashed time.Duration `json:"crashed,omitempty"`
	// CrashedWhy is what showed it.
	CrashedWhy string `json:"crashed_why,omitempty"`
	// Restarted is when a probe showed another life of the server; zero where
	// none did.
	Restarted time.Duration `json:"restarted,omitempty"`
	// Interrupted is the phase in which the run was ended from outside; empty
	// where it came to its end.
	Interrupted Phase `json:"interrupted,omitempty"`
}

// Track is everything that was read of one series.
type Track struct {
	Series
	// Baseline is the highest and Low the lowest count after the warm-up, before
	// anything opened: their difference is the noise of other clients. Before is
	// the count before the warm-up.
	Baseline int `json:"baseline"`
	Low      int `json:"low"`
	Before   int `json:"before"`
	// PlateauOpen is how many streams, controls among them, were open throughout
	// the reading at which most were; Plateau is what that reading counted. A
	// probe that sees the streams counts them there.
	PlateauOpen int `json:"plateau_open"`
	Plateau     int `json:"plateau"`
	// Readings are those whose count differs from the one before, and the last; of
	// each wave too.
	Readings []Reading `json:"readings"`
	pinned   int       // that many readings are not to be replaced by newer ones
	// IDs says that the place lists ids.
	IDs bool `json:"ids"`
	// Parts are what the counts were made of; nil where the place does not tell.
	Parts *Parts `json:"parts,omitempty"`
	// Sightings tells when each stream's session was listed, by the stream's
	// number; it is empty without IDs.
	Sightings []Sighting `json:"sightings,omitempty"`
	// Failures counts the readings that failed, Failing those since the last
	// that did not; LastError is why.
	Failures  int    `json:"failures,omitempty"`
	Failing   int    `json:"failing,omitempty"`
	LastError string `json:"last_error,omitempty"`
	// BelowZero counts those of the failures that were a number below zero.
	BelowZero int `json:"below_zero,omitempty"`
	// Unreachable is when, in mid-run, nobody answered at the probe's address;
	// zero where somebody always did.
	Unreachable time.Duration `json:"unreachable,omitempty"`
}

// Reading is one answer of a probe: the count held at some moment between Sent
// and At.
type Reading struct {
	Sent  time.Duration `json:"sent"`
	At    time.Duration `json:"at"`
	Count int           `json:"count"`
	// Strangers are those of the count that were not the run's, where ids tell.
	Strangers int `json:"strangers,omitempty"`
	// Output is what the place had generated by then, where it tells.
	Output *Output `json:"output,omitempty"`
}

// Sighting tells when a session was listed. Zero is a moment that has not come.
type Sighting struct {
	// First is when the first answer that listed it had come.
	First time.Duration `json:"first,omitempty"`
	// Last is when the last answer that listed it was asked for: it was there
	// then, or later.
	Last time.Duration `json:"last,omitempty"`
	// Gone is when the first answer after that had come; for a session that was
	// never listed, the first that was asked for after its stream had ended. It
	// was gone then, or earlier.
	Gone time.Duration `json:"gone,omitempty"`
	// Returned says that it was listed, then not, and then again.
	Returned bool `json:"returned,omitempty"`
}

// outOfTime tells whether the run ended because it may take no longer.
func (e *Evidence) outOfTime() bool { return e.MaxTime != 0 && e.Took >= e.MaxTime }

// moreTime says how much a run needs that was out of time.
func (e *Evidence) moreTime() string {
	longest := time.Duration(0)
	for _, r := range e.Records {
		if gone(r) {
			longest = max(longest, e.window(r))
		}
	}
	return (&TooLongError{Need: e.Took + 2*longest}).Hint()
}

// last is the newest reading; the zero reading where there is none.
func (t Track) last() Reading {
	if len(t.Readings) == 0 {
		return Reading{}
	}
	return t.Readings[len(t.Readings)-1]
}

// sighting is that of stream n; the zero sighting where there is none.
func (t Track) sighting(n int) Sighting {
	if n >= len(t.Sightings) {
		return Sighting{}
	}
	return t.Sightings[n]
}

// noise is how far other clients moved the count before the run.
func (t Track) noise() int { return t.Baseline - t.Low }

// window is how long after its end a stream's session may remain. A control that
// was ended, and a stream that broke, are treated as closed. Where the window ends
// with the server's timeout that counts from when the session was opened, which a
// busy server does long after the stream was due: at the latest when its answer came.
func (e *Evidence) window(r loadgen.Record) time.Duration {
	if r.Control() || r.End == loadgen.Cut || r.End == loadgen.Rejected || r.End == loadgen.Failed || r.End == loadgen.Untried {
		return e.Windows[loadgen.Close]
	}
	length := e.Windows[way(r)]
	if timeout := e.limits().Timeout; timeout != 0 && slices.Contains(e.AtTimeout, way(r)) {
		opened := r.Opened
		if opened == 0 { // it left before
			opened = r.Ended
		}
		length = max(length, timeout-(r.Ended-opened)+slackKnown)
	}
	return length
}
