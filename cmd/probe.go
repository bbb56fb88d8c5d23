package cmd

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
)

// probeConfig is what probe's flags bind into.
type probeConfig struct {
	list   bool
	json   bool
	watch  bool
	poll   time.Duration
	length time.Duration // of the watch; zero is until a signal
	header headerFlag
	trust  requestFlags // only those of TLS
}

func newProbe() *cobra.Command {
	c := probeConfig{poll: 500 * time.Millisecond}
	cmd := &cobra.Command{
		Use:   "probe SPEC",
		Short: "read once, or watch, what --probe is to read",
		Long: `probe reads a place where sessions are counted or listed, as storm does, and
prints what it says: to get a specification right before it decides a verdict. A
URL alone is that of a reference server.

` + listKinds("  ") + `
In front of it may stand what is counted, as in upstreams=json:URL#JQ: sessions,
upstreams, workers, descriptors or memory; upstreams=URL is a reference server's.`,
		Example: `  sse-tool probe --list
  sse-tool probe json:http://127.0.0.1:8080/sessions#.sessions
  sse-tool probe --watch goroutines:http://127.0.0.1:6060`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&c.list, "list", false, "list the kinds of places, an example each")
	f.BoolVar(&c.json, "json", false, "print a JSON object a line; it has every id")
	f.BoolVar(&c.watch, "watch", false, "read again and again: a live line, or a line a change where there is no terminal")
	f.DurationVar(&c.poll, "poll", c.poll, "how often --watch reads")
	f.DurationVar(&c.length, "for", 0, "how long --watch goes on (default: until it is interrupted)")
	f.VarP(&c.header, "probe-header", "H", `a header field for the request, "Name: value" (repeat)`)
	c.trust.bindTLS(f)
	return cmd
}

// listKinds is a line for each kind of probe, behind an indent.
func listKinds(indent string) string {
	var b strings.Builder
	for _, k := range probe.Kinds() {
		fmt.Fprintf(&b, "%s%s\n%s    %s\n", indent, k.Form, indent, k.About)
	}
	return b.String()
}

func (c *probeConfig) run(cmd *cobra.Command, args []string) error {
	if c.list {
		return unwritten("probe", writeKinds(cmd.OutOrStdout()))
	}
	if err := c.check(cmd, args); err != nil {
		return err
	}
	ctx := cmd.Context()
	p, err := c.open(args[0])
	if err != nil {
		return err
	}
	if idle, ok := p.(interface{ CloseIdleConnections() }); ok {
		defer idle.CloseIdleConnections()
	}
	answer, err := p.Read(ctx)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return fmt.Errorf("probe %s: %w", p.Series()[0].Name, err)
	case c.watch:
		return c.follow(ctx, cmd, p, answer)
	case c.json:
		return unwritten("probe", writeJSONReading(cmd.OutOrStdout(), time.Now(), p.Series(), answer.Samples))
	default:
		return unwritten("probe", writeReading(cmd.OutOrStdout(), p.Series(), answer.Samples))
	}
}

func (c *probeConfig) check(cmd *cobra.Command, args []string) error {
	f := cmd.Flags()
	switch {
	case len(args) == 0:
		return hinted{errors.New("probe: no specification"), "sse-tool probe --list shows what there is"}
	case !c.watch && (f.Changed("for") || f.Changed("poll")):
		return usageError{errors.New("--for and --poll say how to --watch: give that too")}
	case c.poll < 10*time.Millisecond:
		return usageError{fmt.Errorf("poll: %s is below 10ms", c.poll)}
	case f.Changed("for") && c.length <= 0:
		return usageError{fmt.Errorf("for: %s is not above zero", c.length)}
	}
	return nil
}

// open makes the probe of a specification.
func (c *probeConfig) open(spec string) (leakcheck.Probe, error) {
	trust, err := c.trust.tls()
	if err != nil {
		return nil, usageError{err}
	}
	access := probe.Access{TLS: trust, Header: http.Header(c.header)}
	return probe.Parse(spec, access)
}

func writeKinds(w io.Writer) error {
	var b strings.Builder
	for _, k := range probe.Kinds() {
		fmt.Fprintf(&b, "%s\n    %s\n    %s\n", k.Form, k.About, k.Example)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
