package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/report"
	"github.com/sse-tool/sse-tool/loadgen"
)

// directConfig asks what stands between changes: the server itself is checked first,
// and then what was asked for, which leads through a proxy to it.
type directConfig struct {
	url    string
	report *leakcheck.Report // of the server itself
}

func (d *directConfig) bind(f *pflag.FlagSet) {
	f.StringVar(&d.url, "direct", "", "check the server itself at this URL first, and tell what stands between it and URL changes")
}

// check sees that there is something to compare with.
func (d *directConfig) check(args []string) error {
	switch {
	case d.url == "":
		return nil
	case len(args) == 0:
		return errors.New("--direct: no URL that leads to it through something else")
	case args[0] == d.url:
		return errors.New("--direct: it is the URL itself: give that of the server behind it")
	}
	return nil
}

// directly checks the server itself, and keeps the report. The check must have been
// aimed; the same probes are read. It returns evidence only where it was interrupted.
// Whether the other check can begin is tried first, for this one takes minutes.
func (c *checkConfig) directly(ctx context.Context, stderr io.Writer) (*leakcheck.Evidence, error) {
	if err := loadgen.Try(ctx, c.Plan); err != nil {
		return nil, err
	}
	direct := c.Config
	direct.Plan.Request.URL = c.direct.url
	if c.Server != nil {
		direct.Plan, _ = shape(direct.Plan)
	}
	evidence, err := leakcheck.Gather(ctx, direct)
	switch {
	case evidence == nil && ctx.Err() != nil:
		return nil, errInterrupted
	case evidence == nil:
		return nil, fmt.Errorf("--direct %s: %w", client.Redact(c.direct.url), err)
	case ctx.Err() != nil:
		return evidence, err
	}
	c.direct.report = leakcheck.Judge(evidence)
	fmt.Fprintf(stderr, "direct, at %s: %s: %s\n", printable(c.direct.report.Target), c.direct.report.Verdict, printable(report.Headline(c.direct.report)))
	return nil, nil
}

// compare adds to a report how it differs from that of the server itself, and says on
// stderr where it does not.
func (d *directConfig) compare(through *leakcheck.Report, stderr io.Writer) {
	if d.report == nil || through.Interrupted != "" {
		return
	}
	found := leakcheck.Between(d.report, through)
	if len(found) == 0 {
		fmt.Fprintln(stderr, "what stands between changes nothing that was seen")
	}
	through.Findings = append(found, through.Findings...)
}
