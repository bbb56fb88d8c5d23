package cmd

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// gateFlags say what a run has to hold besides its verdict: bounds on its figures,
// and to be no worse than an earlier run.
type gateFlags struct {
	failIf  leakcheck.Thresholds
	compare string
	before  *leakcheck.Report
}

func (g *gateFlags) bind(f *pflag.FlagSet) {
	f.Var(&g.failIf, "fail-if", "exit with 1 where this holds: ttfe.p99>500ms, reclaim.p99>5s, opened<100% (repeat)")
	f.StringVar(&g.compare, "compare", "", "a JSON report of before: exit with 1 for what got worse since, and for nothing else")
}

// thresholdHelp is what the long help of a check says of them, and of the codes that
// come of them.
var thresholdHelp = `Thresholds (--fail-if) bound these figures with <, <=, > or >=. Where it says .p99
there are min, p50, p90, p99 and max. A number may be a share, as in leaked>1%. A
figure that was never measured breaks its threshold.

` + leakcheck.FigureHelp("  ") + `
Exit codes: 0 clean; 1 leaking, over-reaping or crashed, or a broken threshold;
with --compare 1 is for what got worse alone; 2 wrong usage or it could not begin;
3 inconclusive; 130 interrupted.`

// read reads the earlier run, before anything is opened.
func (g *gateFlags) read(cmd *cobra.Command) error {
	if g.compare == "" {
		return nil
	}
	before, err := readReport(cmd.InOrStdin(), g.compare)
	if err != nil {
		return fmt.Errorf("--compare: %w", err)
	}
	g.before = before
	return nil
}

// hold puts into a report what came of it.
func (g *gateFlags) hold(r *leakcheck.Report) {
	g.failIf.Apply(r)
	if g.before != nil {
		r.CompareWith(g.before)
	}
}

// tell says on stderr, in a line each, what failed the run: the report may be in a file.
func (g *gateFlags) tell(errOut io.Writer, r *leakcheck.Report) {
	for _, t := range r.Thresholds {
		if t.Broken {
			fmt.Fprintf(errOut, "sse-tool: --fail-if %s: %s\n", t.FailIf, t.Summary)
		}
	}
	switch c := r.Compared; {
	case c == nil:
	case r.Verdict == leakcheck.Inconclusive:
		fmt.Fprintf(errOut, "sse-tool: inconclusive: whether it is worse than %s cannot be told\n", g.compare)
	case len(c.Worse) == 0:
		fmt.Fprintf(errOut, "sse-tool: no worse than %s\n", g.compare)
	default:
		fmt.Fprintf(errOut, "sse-tool: worse than %s: %s\n", g.compare, printable(c.Summary()))
	}
}
