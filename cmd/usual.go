package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	// trialStreams are opened to see which figure rises with them.
	trialStreams = 2
	// trialHold is longer than any figure is waited for.
	trialHold = 15 * time.Second
)

// findProbe looks for the sessions of a server that no probe was given for, at the
// usual places, and says on told which it took: one that was seen to rise with
// streams of ours.
func findProbe(ctx context.Context, plan loadgen.Plan, access probe.Access, told io.Writer) (*probe.Candidate, error) {
	if err := loadgen.Try(ctx, plan); err != nil {
		return nil, err // there is no stream, whatever else there is
	}
	fmt.Fprintln(told, "no --probe: looking for the sessions at the server's usual places, with a few streams")
	survey := probe.Look(ctx, plan.Request.URL, access)
	found, rises, err := survey.Moves(ctx, trial(plan))
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, &noPlaceError{survey, rises}
	}
	fmt.Fprintf(told, "sessions are read at %s (found there; --probe takes another place)\n", printable(found.Spec()))
	return found, nil
}

// trial opens streams as a plan's are, which stay until they are shut.
func trial(plan loadgen.Plan) func(context.Context) (int, func(), error) {
	return func(ctx context.Context) (int, func(), error) {
		p := plan.WithDefaults()
		p.Streams, p.Controls, p.Mix, p.Shape = trialStreams, 0, loadgen.Even(loadgen.Close), nil
		p.Ramp, p.Hold, p.Tag = time.Millisecond, trialHold, p.Tag+"-trial"
		load, err := loadgen.Start(ctx, p, time.Now())
		if err != nil {
			return 0, nil, err
		}
		select {
		case <-load.Opened():
		case <-ctx.Done():
		}
		return trialStreams, load.Release, context.Cause(ctx)
	}
}

// noPlaceError says that a server's sessions were found nowhere.
type noPlaceError struct {
	survey probe.Survey
	rises  []int // of the survey's candidates
}

func (e *noPlaceError) Error() string {
	if len(e.survey.Candidates) == 0 {
		return "no probe is given, and the server's sessions are counted at none of the usual places"
	}
	return "no probe is given, and no count at the usual places rose with the streams that were opened"
}

// Hint says what to give.
func (*noPlaceError) Hint() string { return probe.NoProbe }

// Explain says what was looked at, and how a place is made.
func (e *noPlaceError) Explain() string {
	var b strings.Builder
	b.WriteString("\nasked for at the server:\n")
	byOutcome := map[string][]string{}
	var order []string
	for _, t := range e.survey.Tried {
		if byOutcome[t.Outcome] == nil {
			order = append(order, t.Outcome)
		}
		byOutcome[t.Outcome] = append(byOutcome[t.Outcome], t.Path)
	}
	for _, outcome := range order {
		b.WriteString(wrapped("  "+printable(outcome)+":", byOutcome[outcome]))
	}
	for i, c := range e.survey.Candidates {
		fmt.Fprintf(&b, "  %s rose by %d with %d streams", printable(c.Spec()), e.rises[i], trialStreams)
		if e.rises[i] > 0 {
			b.WriteString(" (are there several workers behind one port, each with a count of its own?)")
		}
		b.WriteByte('\n')
	}
	for _, c := range e.survey.Others {
		fmt.Fprintf(&b, "  %s=%s is there too, and counts no sessions\n", c.Series()[0].Role, printable(c.Spec()))
	}
	for _, outcome := range order {
		if strings.HasPrefix(outcome, "401 ") || strings.HasPrefix(outcome, "403 ") {
			b.WriteString("  who may see more says so by --probe-header 'Authorization: Bearer TOKEN'\n")
			break
		}
	}
	b.WriteString("\n" + howToShow())
	return b.String()
}

// wrapped is a list of words behind a head, in lines of a terminal's width.
func wrapped(head string, words []string) string {
	const width = 90
	var b strings.Builder
	column := len(head)
	b.WriteString(head)
	for _, w := range words {
		if column+1+len(w) > width {
			b.WriteString("\n   ")
			column = 3
		}
		b.WriteString(" " + w)
		column += 1 + len(w)
	}
	return b.String() + "\n"
}

// explanation is what an error has to say at length; empty where it has nothing.
func explanation(err error) string {
	var long interface{ Explain() string }
	if errors.As(err, &long) {
		return long.Explain()
	}
	return ""
}
