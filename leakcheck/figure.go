package leakcheck

import (
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/loadgen"
)

// figure is a figure of a report that a [Threshold] may bound. It has one of
// times, length and count.
type figure struct {
	name string
	what string
	// missing is a way out where it was never measured; empty is none.
	missing string
	// times are the figure's quantiles, nil where it was never measured; length is
	// one time, in seconds.
	times  func(*Report, loadgen.Disconnect) *Quantiles
	length func(*Report) float64
	// count is a number, and of how many; of is negative where it is a share of
	// nothing.
	count func(*Report, loadgen.Disconnect) (n, of int)
	// byWay says that it may be asked for of one way: an empty way is all of them.
	byWay bool
}

// nothing is of what a count is that is a share of nothing.
const nothing = -1

// figures are all that there are.
var figures = []figure{
	{name: "connect", what: "time to connect, TLS included",
		times: func(r *Report, _ loadgen.Disconnect) *Quantiles { return r.Latency.Connect }},
	{name: "ttfe", what: "time to the first event",
		times: func(r *Report, _ loadgen.Disconnect) *Quantiles { return r.Latency.FirstEvent }},
	{name: "gap", what: "time between two events of a stream, or since the last",
		missing: "no stream had two events: ask for a longer answer, or hold longer (--hold)",
		times:   func(r *Report, _ loadgen.Disconnect) *Quantiles { return r.Latency.Gap }},
	{name: "heartbeat_gap", what: "time for which nothing came over a stream with heartbeats, no event either",
		missing: "no stream had two heartbeats: have the server send some, or hold longer (--hold)",
		times:   func(r *Report, _ loadgen.Disconnect) *Quantiles { return r.Latency.HeartbeatGap }},
	{name: "reclaim", what: "time until a session was back, of those that came back; of all ways the worst",
		missing: "a probe that lists ids knows it of each session, and one with a number if one way leaves at a time: --disconnect close", byWay: true, times: reclaim},
	{name: "took", what: "time that the run took", length: func(r *Report) float64 { return r.Took }},
	{name: "opened", what: "streams that opened, of those that should have",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) { return r.Streams.Opened, r.Streams.Planned }},
	{name: "completed", what: "streams whose answer came to its end",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) { return r.Streams.Completed, r.Streams.Planned }},
	{name: "rejected", what: "streams that the server refused",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) { return r.Streams.Rejected, r.Streams.Planned }},
	{name: "cut", what: "streams that the server broke off",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) { return r.Streams.CutByServer, r.Streams.Planned }},
	{name: "failed", what: "streams that failed in another way",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) { return r.Streams.Failed, r.Streams.Planned }},
	{name: "reclaimed", what: "sessions that came back within their window, of those whose streams left", byWay: true,
		count: ofRows(func(row Row) int { return row.Reclaimed })},
	{name: "leaked", what: "sessions that did not", byWay: true, count: ofRows(func(row Row) int { return row.Leaked })},
	{name: "late", what: "those of the leaked that came back after their window", byWay: true, count: ofRows(func(row Row) int { return row.Late })},
	{name: "unknown", what: "sessions that prove nothing", byWay: true, count: ofRows(func(row Row) int { return row.Unknown })},
	{name: "killed", what: "controls whose session was ended, of those that were open",
		missing: "have streams stay: --controls 10",
		count: func(r *Report, _ loadgen.Disconnect) (int, int) {
			return r.Controls.Killed, r.Controls.Kept + r.Controls.Killed
		}},
	{name: "judged", what: "ways that were judged, of those that were asked for", count: judgedWays},
	{name: "wasted", what: "tokens that were generated for users who had left",
		missing: "only a reference server tells it: --probe upstreams=URL", count: wasted},
	{name: "warnings", what: "findings that do not decide the verdict", count: warnings},
}

// figureNames are the names of all figures.
func figureNames() []string {
	names := make([]string, len(figures))
	for i, f := range figures {
		names[i] = f.name
	}
	return names
}

// reclaim is that of a way, or the worst of all ways.
func reclaim(r *Report, d loadgen.Disconnect) *Quantiles {
	var worst *Quantiles
	for _, row := range r.Disconnects {
		switch q := row.Reclaim; {
		case q == nil || d != "" && row.Name != d:
		case worst == nil:
			first := *q
			worst = &first
		default:
			worst.Min, worst.P50, worst.P90 = max(worst.Min, q.Min), max(worst.P50, q.P50), max(worst.P90, q.P90)
			worst.P99, worst.Max = max(worst.P99, q.P99), max(worst.Max, q.Max)
		}
	}
	return worst
}

// ofRows counts something over the rows of a way, or of all.
func ofRows(of func(Row) int) func(*Report, loadgen.Disconnect) (int, int) {
	return func(r *Report, d loadgen.Disconnect) (n, left int) {
		for _, row := range r.Disconnects {
			if d == "" || row.Name == d {
				n, left = n+of(row), left+row.Left
			}
		}
		return n, left
	}
}

// judgedWays leaves out what is no way: over-reaping.
func judgedWays(r *Report, _ loadgen.Disconnect) (n, of int) {
	of = len(r.Judged)
	for _, other := range r.NotJudged {
		if _, err := loadgen.ParseDisconnect(other.Name); err == nil {
			of++
		}
	}
	return len(r.Judged), of
}

// wasted is of no tokens where nobody tells what was generated.
func wasted(r *Report, _ loadgen.Disconnect) (n, of int) {
	if r.Generations == nil {
		return 0, 0
	}
	return r.Generations.Wasted, r.Generations.Tokens
}

func warnings(r *Report, _ loadgen.Disconnect) (n, of int) {
	for _, f := range r.Findings {
		if f.Severity == SeverityWarning {
			n++
		}
	}
	return n, nothing
}

// quantileNames are what stands behind the name of a figure that is many times.
var quantileNames = []string{"min", "p50", "p90", "p99", "max"}

func (q *Quantiles) named(name string) float64 {
	return []float64{q.Min, q.P50, q.P90, q.P99, q.Max}[slices.Index(quantileNames, name)]
}

// FigureHelp lists the figures that a [Threshold] may bound, a line each.
func FigureHelp(indent string) string {
	var b strings.Builder
	for _, f := range figures {
		name := f.name
		if f.byWay {
			name += "[.WAY]"
		}
		if f.times != nil {
			name += ".p99"
		}
		b.WriteString(indent + name + strings.Repeat(" ", max(1, 20-len(name))) + f.what + "\n")
	}
	return b.String()
}
