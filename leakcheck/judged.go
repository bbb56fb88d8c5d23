package leakcheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/loadgen"
)

// judged lists the ways that were judged, and those that were not.
func (j *judge) judged() {
	r := j.report
	r.NotJudged = append(r.NotJudged, j.e.Skipped...)
	for _, row := range r.Disconnects {
		if row.Left > row.Unknown {
			r.Judged = append(r.Judged, string(row.Name))
			continue
		}
		r.NotJudged = append(r.NotJudged, j.notJudged(row))
	}
	j.required()
}

// required finds ways that had to be judged and were not.
func (j *judge) required() {
	for _, d := range j.e.Required {
		if slices.Contains(j.report.Judged, string(d)) || j.e.Interrupted != "" || j.e.Crashed != 0 {
			continue
		}
		f := Finding{
			Code: WayNotJudged, Severity: SeverityError, Disconnects: []loadgen.Disconnect{d},
			Summary:  fmt.Sprintf("%s is required and could not be judged", d),
			Evidence: "no stream left in this way", Hint: "take more streams: -n",
		}
		if i := slices.IndexFunc(j.report.NotJudged, func(n NotJudged) bool { return n.Name == string(d) }); i >= 0 {
			f.Evidence, f.Hint = j.report.NotJudged[i].Why, j.report.NotJudged[i].How
		}
		j.find(f)
	}
}

// undecided warns of sessions that stayed past windows that decide nothing.
func (j *judge) undecided() {
	for _, row := range j.report.Disconnects {
		if row.Unknown == 0 || !j.e.undecided(row.Name) || j.e.Interrupted != "" || j.e.Crashed != 0 {
			continue
		}
		f := Finding{
			Code: WayNotJudged, Severity: SeverityWarning, Disconnects: []loadgen.Disconnect{row.Name},
			Summary: fmt.Sprintf("%s of %s left by %s prove nothing: nobody knows after what time this server has to miss them",
				thousands(row.Unknown), count(row.Left, "session"), row.Name),
			Evidence: fmt.Sprintf("past their window of %s", seconds(j.e.Windows[row.Name])),
			Hint:     fmt.Sprintf("give the window that you promise: --window %s=30s", row.Name),
		}
		if row.Reclaim != nil && j.byID {
			f.Evidence += fmt.Sprintf("; of those that came back the slowest took %.2f s", row.Reclaim.Max)
		}
		j.find(f)
	}
}

func (j *judge) notJudged(row Row) NotJudged {
	n := NotJudged{Name: string(row.Name)}
	switch undecided := j.leftUndecided(); {
	case j.e.Interrupted != "" || j.e.Crashed != 0:
		n.Why, n.How = "the run did not come to its end", "run it again"
	case row.Left == 0 && row.Name == loadgen.Complete:
		n.Why, n.How = "no stream ended by itself", "ask for a shorter answer, or hold longer: --hold"
	case row.Left == 0 && row.Name == loadgen.Stall && j.notFilled():
		n.Why, n.How = "too little was sent to close the clients' windows", "ask for an answer with more and larger events"
	case row.Left == 0:
		n.Why, n.How = "no stream was open when it was to leave", j.liveLonger()
	case j.e.undecided(row.Name):
		n.Why, n.How = "nothing is known of the server's bounds for it", fmt.Sprintf("give a window for each: %s", strings.Join(j.windowFlags(), " "))
	case j.belowZero(Sessions):
		n.Why, n.How = "the count of sessions went below zero", countTheMap
	case j.blind[Sessions] && j.overAtOnce():
		n.Why, n.How = "the streams had ended before the probe could show them", j.liveLonger()
	case j.blind[Sessions]:
		n.Why, n.How = "the probe did not show the streams", "give the probe of the server that serves them"
	case !j.byID && j.leaked > 0:
		n.Why, n.How = "sessions remain, and by their number alone nobody can tell whose they are", "leave in one way at a time: --disconnect "+string(row.Name)
	case !j.byID && len(undecided) > 0:
		n.Why = fmt.Sprintf("sessions remain, and by their number alone nobody can tell whether they are those of %s", ways(undecided))
		n.How = "leave in one way at a time: --disconnect " + string(row.Name)
	case j.tooOldAll(row.Name):
		n.Why, n.How = "the streams left so close to the server's timeout that it may be what took their sessions", "open faster (--ramp) or hold shorter (--hold)"
	case j.e.outOfTime():
		n.Why, n.How = fmt.Sprintf("the run might take no longer than %s, and that was over before the window had passed", j.e.MaxTime), j.e.moreTime()
	default:
		n.Why, n.How = "no reading came after the streams had left", "see that the probe answers under load"
	}
	return n
}

// notFilled tells whether a stream stopped reading, and too little came to fill its
// receive buffer.
func (j *judge) notFilled() bool {
	return slices.ContainsFunc(j.e.Records, func(r loadgen.Record) bool {
		return r.Disconnect == loadgen.Stall && r.End == loadgen.Untried
	})
}

// liveLonger is the way out where streams were over before they were to leave. An answer
// without an end was ended by something else.
func (j *judge) liveLonger() string {
	if j.e.Endless {
		return "see what ends streams at the server or a proxy (a sweep, a limit, the timeout), or hold shorter: --hold"
	}
	return "ask for a longer answer, or hold shorter: --hold"
}

// windowFlags are the flags that have the ways judged of whose bounds nothing is known.
func (j *judge) windowFlags() []string {
	var flags []string
	for _, row := range j.report.Disconnects {
		if row.Left > 0 && j.e.undecided(row.Name) {
			flags = append(flags, fmt.Sprintf("--window %s=30s", row.Name))
		}
	}
	return flags
}

// tooOldAll tells whether every stream of a way left too late to prove anything.
func (j *judge) tooOldAll(d loadgen.Disconnect) bool {
	return !slices.ContainsFunc(j.e.Records, func(r loadgen.Record) bool { return gone(r) && way(r) == d && !j.e.tooOld(r) })
}
