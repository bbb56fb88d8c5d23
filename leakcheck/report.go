package leakcheck

import (
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Schema is the version of the JSON form of a [Report]. Within a version fields
// are only added.
const Schema = 1

// Verdict is what a run comes to.
type Verdict string

// The verdicts. Where several hold, the first of Crashed, Leaking, OverReaping
// and Inconclusive is given.
const (
	// Clean says that every session was reclaimed within its window, that no
	// live one was, and that the probes were seen to show it.
	Clean Verdict = "clean"
	// Crashed says that the server answered and then died under the test.
	Crashed Verdict = "crashed"
	// Leaking says that sessions remained after their window.
	Leaking Verdict = "leaking"
	// OverReaping says that live sessions were ended.
	OverReaping Verdict = "over-reaping"
	// Inconclusive says that what was seen proves nothing.
	Inconclusive Verdict = "inconclusive"
)

// Report is the outcome of a run. Times are in seconds.
type Report struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Target  string    `json:"target"`
	Started time.Time `json:"started"`
	Took    float64   `json:"took_s"`
	Verdict Verdict   `json:"verdict"`
	// Interrupted is the phase in which the run was ended from outside; empty
	// where it came to its end.
	Interrupted Phase `json:"interrupted,omitempty"`

	Judged    []string    `json:"judged"`
	NotJudged []NotJudged `json:"not_judged"`
	Findings  []Finding   `json:"findings"`

	Disconnects []Row          `json:"disconnects"`
	Controls    Controls       `json:"controls"`
	Streams     Streams        `json:"streams"`
	Latency     Latency        `json:"latency"`
	Probes      []ProbeSummary `json:"probes"`
	Readings    []ReadingAt    `json:"readings"`
	// Facts are what the run measured of the server's own times; missing where it
	// showed none.
	Facts []Fact `json:"facts,omitempty"`
	// Generations is what the upstreams made during the run; nil where none tells.
	Generations *Generations `json:"generations,omitempty"`
	// Slopes are how workers, descriptors and memory stood after each round, where
	// that was judged.
	Slopes []Slope `json:"slopes,omitempty"`
	// History is how the sessions of each way went over time, in the order of
	// Disconnects; a way in which nobody left has none.
	History []History `json:"history,omitempty"`
	// Thresholds is what came of each threshold that was given.
	Thresholds []ThresholdResult `json:"thresholds,omitempty"`
	// Compared is the earlier run that this one was held against; nil is none.
	Compared *Compared `json:"compared,omitempty"`
}

// NotJudged is a way that the run could not judge.
type NotJudged struct {
	Name string `json:"name"`
	Why  string `json:"why"`
	// How says what would judge it.
	How string `json:"how"`
}

// Row is how the streams of one way fared. Left is the sum of Reclaimed, Leaked
// and Unknown.
type Row struct {
	Name loadgen.Disconnect `json:"name"`
	// Left is how many streams left in this way.
	Left int `json:"left"`
	// Reclaimed is how many of their sessions were back within the window.
	Reclaimed int `json:"reclaimed"`
	// Leaked is how many were not.
	Leaked int `json:"leaked"`
	// Late is how many of the leaked came back after the window.
	Late int `json:"late"`
	// Unknown is how many prove nothing.
	Unknown int `json:"unknown"`
	// HungUp and ServedOn are what the server made of half-closed streams: both
	// are right.
	HungUp   int     `json:"hung_up,omitempty"`
	ServedOn int     `json:"served_on,omitempty"`
	Window   float64 `json:"window_s"`
	// Reclaim is the time from leaving to reclaim, an upper bound; nil where
	// no time is known.
	Reclaim *Quantiles `json:"reclaim_s"`
	// LeakedIDs are the sessions of at most 20 of the leaked.
	LeakedIDs []string `json:"leaked_ids,omitempty"`
}

// Quantiles sums up times, in seconds.
type Quantiles struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Latency has the times that were measured on the streams; nil is one that was
// never measured.
type Latency struct {
	// Connect is the time to connect, TLS included.
	Connect *Quantiles `json:"connect_s"`
	// FirstEvent is the time from the moment when a stream should have opened to
	// its first event.
	FirstEvent *Quantiles `json:"ttfe_s"`
	// Gap is the time between two events of a stream, as [loadgen.Gap].
	Gap *Quantiles `json:"gap_s"`
	// HeartbeatGap is the time for which nothing came over a stream, as
	// [loadgen.HeartbeatGap].
	HeartbeatGap *Quantiles `json:"heartbeat_gap_s"`

	// The histograms of the same, as [loadgen.Buckets] makes them.
	ConnectHistogram      []loadgen.Bucket `json:"connect_histogram,omitempty"`
	FirstEventHistogram   []loadgen.Bucket `json:"ttfe_histogram,omitempty"`
	GapHistogram          []loadgen.Bucket `json:"gap_histogram,omitempty"`
	HeartbeatGapHistogram []loadgen.Bucket `json:"heartbeat_gap_histogram,omitempty"`
}

// Controls is how the streams that stay fared.
type Controls struct {
	// Kept are the controls that were open, and listed, at the end.
	Kept int `json:"kept"`
	// Killed are those whose session was ended while the stream lived.
	Killed int `json:"killed"`
	// TimedOut are those that reached the server's timeout and were opened
	// again.
	TimedOut int `json:"timed_out"`
	// Ended are those whose answer was through, and that were opened again: on a
	// server whose answers have an end.
	Ended int `json:"ended,omitempty"`
}

// Streams counts the streams, controls left out, by what became of them.
type Streams struct {
	Planned     int `json:"planned"`
	Opened      int `json:"opened"`
	Rejected    int `json:"rejected"`
	CutByServer int `json:"cut_by_server"`
	Completed   int `json:"completed"`
	Stalled     int `json:"stalled"`
	Failed      int `json:"failed"`
	// Untried are those that could not leave in their way: their answer did not end, or
	// too little came to close their window.
	Untried int `json:"untried,omitempty"`
}

// ProbeSummary is what a probe showed.
type ProbeSummary struct {
	Series
	Baseline int  `json:"baseline"`
	Peak     int  `json:"peak"`
	End      int  `json:"end"`
	IDs      bool `json:"ids"`
	// Failures is how many readings failed.
	Failures int `json:"failures,omitempty"`
}

// Generations is what the upstreams made during the run, and what of it was for
// users who had left. A user of a stream that leaves silently (stall, vanish,
// overstay) has left when its window has passed.
type Generations struct {
	// Tokens is how many were made.
	Tokens int `json:"tokens"`
	// Wasted is how many of them were made for users who had left. It was counted by
	// the server where Counted, and else worked out: each generation is taken to be
	// as fast as the others.
	Wasted  int  `json:"wasted_tokens"`
	Counted bool `json:"counted"`
	// Completed is how many replies came to their end, RanOut how many of them, at
	// least, for users who had left.
	Completed int `json:"completed"`
	RanOut    int `json:"ran_out"`
	// Cancelled is how many replies were cut short.
	Cancelled int `json:"cancelled"`
}

// ReadingAt is one reading; only changes are kept.
type ReadingAt struct {
	At    float64 `json:"at_s"`
	Probe string  `json:"probe"`
	Count int     `json:"count"`
}
