package leakcheck

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// generations tells what the upstreams made, and how much of it for users who had
// left. A server whose clients are the run's streams has counted that itself. A model
// behind a gateway cannot know for whom the gateway reads on: there it is the share of
// the generations for which no stream is open.
func (j *judge) generations() {
	c := sum(j.tracks(Upstreams))
	c.readings = slices.DeleteFunc(c.readings, func(r Reading) bool { return r.Output == nil })
	if len(c.readings) < 2 || len(j.e.Records) == 0 || j.e.Restarted != 0 {
		return
	}
	made := c.last().Output.since(c.readings[0].Output)
	g := &Generations{
		Tokens: int(made.Tokens), Wasted: int(made.ForNobody), Counted: made.Direct,
		Completed: int(made.Completed), Cancelled: int(made.Cancelled),
	}
	if !made.Direct {
		wasted, ok := c.wasted(j.e)
		if !ok {
			return // it began another life
		}
		g.Wasted = wasted
		g.RanOut = max(0, g.Completed-c.baseline-heardOut(j.e.Records))
	}
	j.report.Generations = g
	j.ranOut(g, c.before > tried)
}

// tried is how many streams a run tries before it reads anything: what is generated for
// one may go on.
const tried = 1

// wasted is how many tokens were made for users who had left; ok is false where the
// counts went back. Between two readings every generation is taken to be as fast as
// the others, and of their numbers the lower is taken: rather too few than too many.
// Those that were there before the warm-up are not the run's.
func (c curve) wasted(e *Evidence) (tokens int, ok bool) {
	total := 0.0
	for i, b := range c.readings[1:] {
		a := c.readings[i]
		made := b.Output.Tokens - a.Output.Tokens
		if made < 0 || b.Output.Completed < a.Output.Completed || b.Output.Cancelled < a.Output.Cancelled {
			return 0, false
		}
		running := float64(min(a.Count, b.Count)) * float64(b.At-a.At)
		known := float64(c.before) * float64(b.At-a.At)
		for _, r := range e.Records {
			known += float64(e.listened(r, a.At, b.At))
		}
		if running > known {
			total += float64(made) * (running - known) / running
		}
	}
	return int(math.Round(total)), true
}

// listened is for how long, between two moments, a stream had a user: from its
// connection to its end, and the time between two readings more, by which they may be
// late.
func (e *Evidence) listened(r loadgen.Record, from, until time.Duration) time.Duration {
	if r.Connected == 0 {
		return 0
	}
	if r.End != loadgen.Open {
		left := r.Ended + e.Poll
		if unseen(r) {
			left = r.Ended + max(e.Poll, e.window(r))
		}
		until = min(until, left)
	}
	return max(0, until-max(from, r.Connected))
}

// unseen tells whether a stream left, and its server cannot know at once.
func unseen(r loadgen.Record) bool {
	return r.End == loadgen.Left && (r.Disconnect == loadgen.Stall || r.Disconnect == loadgen.Vanish || r.Disconnect == loadgen.Overstay)
}

// heardOut is how many replies came to their end, or may have, while somebody was
// there for them.
func heardOut(records []loadgen.Record) int {
	n := 0
	for _, r := range records {
		if r.End == loadgen.Completed || unseen(r) {
			n++
		}
	}
	return n
}

// ranOut warns of replies that ran to their end for users who had left: within the
// windows, or there would be upstreams that stayed. Others who use the upstreams may have
// asked for them.
func (j *judge) ranOut(g *Generations, others bool) {
	left := 0
	for _, row := range j.report.Disconnects {
		left += row.Left
	}
	if j.stuck > 0 || others || g.RanOut <= max(2, left/20) {
		return
	}
	j.find(Finding{
		Code: NoUpstreamCancel, Severity: SeverityWarning,
		Summary: fmt.Sprintf("the upstream wrote its reply to the end for at least %s who had left: consistent with a release that does not cancel the generation",
			count(g.RanOut, "user")),
		Evidence: fmt.Sprintf("of the upstream's replies %s came to their end and %s did not; of its %s about %s were for users who had left",
			thousands(g.Completed), thousands(g.Cancelled), count(g.Tokens, "token"), thousands(g.Wasted)),
		Hint: "cancel the request to the model with the session, on every end",
	})
}
