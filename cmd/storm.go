package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// stormConfig is what storm's flags bind into.
type stormConfig struct {
	leakcheck.Config
	request requestFlags
	rate    rateFlag
	paced   bool // by the user
	vars    string
	probes  []string
	asks    headerFlag // what probes ask with
	require waysFlag
	reports reportsFlag
	save    outputFlag
}

func newStorm() *cobra.Command {
	c := stormConfig{Config: leakcheck.Config{Plan: loadgen.DefaultPlan()}.WithDefaults()}
	cmd := &cobra.Command{
		Use:   "storm [URL]",
		Short: "open many streams, have them leave, and see whether every session comes back",
		Long: `storm opens many streams at URL, has each leave in one of the ways of the mix,
watches the server's session endpoint until every session is back or its window
has passed, and says so with evidence. Some streams, the controls, stay all the
time: their sessions have to live on.

Without URL it starts the reference server on loopback and storms that. The base
URL of a reference server means its /sse/chat; there the sessions are found by
themselves. Of any other server --probe says where they are counted or listed:

` + listKinds("  ") + `
In front of it may stand what is counted, as in upstreams=json:URL#JQ: sessions,
upstreams, workers, descriptors or memory. Several of one are summed. The URL of a
reference server that is a gateway's model, upstreams=http://127.0.0.1:8081, tells
what it generated for users who had left.
sse-tool probe SPEC shows what a specification reads.

In the URL, headers and body {{id}} is the stream's own id, {{n}} its number, and
{{column}} its row's value of a column of --vars.

The ways to leave are ` + loadgen.Even(loadgen.Disconnects()...).String() + `.

Exit codes: 0 clean; 1 leaking, over-reaping or crashed; 2 wrong usage or it
could not begin; 3 inconclusive; 130 interrupted.`,
		Example: `  sse-tool storm
  sse-tool storm -n 5000 http://127.0.0.1:8080
  sse-tool storm --disconnect close=6,reset=3 --window 5s http://127.0.0.1:8080
  sse-tool storm http://127.0.0.1:9000/events --probe json:http://127.0.0.1:9000/health#.active
  sse-tool storm --report json=storm.json http://127.0.0.1:8080`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.rate = rateFlag(c.Plan.Rate)
	c.Plan.Mix, c.Plan.Ramp, c.Plan.Tag, c.Plan.Request = nil, 0, "", loadgen.Request{}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVarP(&c.Plan.Streams, "streams", "n", c.Plan.Streams, "streams that will leave")
	f.IntVar(&c.Plan.Controls, "controls", c.Plan.Controls, "streams that stay")
	f.Var(&c.rate, "rate", "how many streams open in a second")
	f.DurationVar(&c.Plan.Ramp, "ramp", 0, "how long the opening takes, in place of --rate")
	f.DurationVar(&c.Plan.Hold, "hold", c.Plan.Hold, "how long all of them stay open together")
	f.Var(&c.Plan.Mix, "disconnect", "how they leave, by weight (default: every way alike)")
	f.Var(&c.require, "require", "ways that have to be judged, or the verdict is inconclusive")
	f.Var(&c.Windows, "window", "how long a session may remain: 5s, close=5s, or timeout (repeat; default: by the server's own bounds)")
	f.StringArrayVar(&c.probes, "probe", nil, "where sessions are counted or listed (repeat)")
	f.Var(&c.asks, "probe-header", `a header field for probes, "Name: value" (repeat)`)
	f.DurationVar(&c.Poll, "poll", c.Poll, "how often that is read")
	f.DurationVar(&c.MaxTime, "max-time", 2*time.Minute, "how long it may take; a way that takes longer is left out")
	f.Uint64Var(&c.Plan.Seed, "seed", 0, "what decides who leaves how")
	c.request.bind(f)
	f.StringVar(&c.vars, "vars", "", "comma-separated values, the columns' names on top: a row a stream, for {{column}}")
	f.Var(&c.Plan.SessionFrom, "session-from", "how a stream learns its session's id: header:NAME, event:NAME#JQ, var:COLUMN, sent or none (default header:X-Session-Id, or sent)")
	f.Var(&c.reports, "report", reportUsage)
	f.Var(&c.save, "save", "write what was seen: sse-tool judge judges it again")
	return cmd
}

func (c *stormConfig) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	if err := c.resolve(cmd); err != nil {
		return usageError{err}
	}
	if err := errors.Join(c.reports.check(), c.save.check("--save")); err != nil {
		return err
	}
	if len(args) == 0 {
		child, err := startChild(ctx, cmd)
		if err != nil {
			return fmt.Errorf("start the reference server: %w", err)
		}
		defer child.stop()
		args = []string{child.url}
	}
	if err := c.aim(ctx, args[0]); err != nil {
		return fmt.Errorf("storm: %w", err)
	}
	p := newProgress(cmd.ErrOrStderr())
	c.Progress = p.show
	evidence, err := leakcheck.Gather(ctx, c.Config)
	p.close()
	switch {
	case evidence == nil && ctx.Err() != nil:
		return errInterrupted
	case evidence == nil:
		return fmt.Errorf("storm %s: %w", loadgen.Redact(c.Plan.Request.URL), err)
	}
	saved := c.save.write("save", evidence.Save)
	report := leakcheck.Judge(evidence)
	written := errors.Join(saved, c.reports.write(cmd.OutOrStdout(), report), tellActions(cmd.ErrOrStderr(), report))
	if report.Interrupted != "" {
		return conclude(cmd, errInterrupted, written)
	}
	return conclude(cmd, outcome(report.Verdict), written)
}

// outcome is a verdict as a command's error; nil is clean.
func outcome(v leakcheck.Verdict) error {
	if v == leakcheck.Clean {
		return nil
	}
	return verdictError{v}
}

// conclude ends a command that came to an outcome and wrote reports of it. What
// could not be written is trouble, unless there is worse.
func conclude(cmd *cobra.Command, outcome, written error) error {
	if outcome == nil {
		return written
	}
	if written != nil {
		printError(cmd.ErrOrStderr(), written)
	}
	return outcome
}

// resolve takes the flags that do not bind by themselves.
func (c *stormConfig) resolve(cmd *cobra.Command) error {
	f := cmd.Flags()
	if f.Changed("rate") && f.Changed("ramp") {
		return errors.New("--rate and --ramp both say how fast streams open: give one of them")
	}
	if err := aboveZero(f, "streams", "ramp", "hold", "poll"); err != nil {
		return err
	}
	c.paced = f.Changed("rate") || f.Changed("ramp")
	c.Require = c.require
	if f.Changed("disconnect") { // who names a way wants it judged
		c.Require = append(c.Require, c.Plan.Mix.Ways()...)
	}
	if err := c.checkPaths(); err != nil {
		return err
	}
	c.Tool = "sse-tool " + cmd.Root().Version
	c.Plan.Rate = float64(c.rate)
	if err := c.resolveRequest(); err != nil {
		return err
	}
	return c.Config.WithDefaults().Validate()
}

// checkPaths tells of a file that is to be written twice.
func (c *stormConfig) checkPaths() error {
	taken := map[string]bool{string(c.save): c.save != ""}
	for _, out := range c.reports {
		if taken[out.path] {
			return fmt.Errorf("--report %s=%s: something else is written there too", out.format, out.path)
		}
		taken[out.path] = true
	}
	return nil
}

func (c *stormConfig) resolveRequest() error {
	r := loadgen.Request{
		URL:    "http://localhost", // in place of that which is not known yet
		Method: c.request.method, Header: c.request.fields(), Body: c.request.data, Resolve: c.request.resolve,
	}
	var err error
	if r.TLS, err = c.request.tls(); err != nil {
		return err
	}
	if c.vars != "" {
		if r.Vars, err = readVars(c.vars); err != nil {
			return err
		}
	}
	c.Plan.Request = r
	return nil
}

func readVars(path string) (loadgen.Vars, error) {
	f, err := os.Open(path)
	if err != nil {
		return loadgen.Vars{}, fmt.Errorf("--vars: %w", err)
	}
	defer f.Close()
	vars, err := loadgen.ReadVars(f)
	if err != nil {
		return loadgen.Vars{}, fmt.Errorf("--vars: %s: %w", path, err)
	}
	return vars, nil
}

// reads tells whether one of the probes reads a role.
func (c *stormConfig) reads(role leakcheck.Role) bool {
	return slices.ContainsFunc(c.Probes, func(p leakcheck.Probe) bool {
		return slices.ContainsFunc(p.Series(), func(s leakcheck.Series) bool { return s.Role == role })
	})
}

// aim points the run at a URL: it finds out whose server that is and where its
// sessions are read.
func (c *stormConfig) aim(ctx context.Context, address string) error {
	access := probe.Access{TLS: c.Plan.Request.TLS, Header: http.Header(c.asks), Target: address, Resolve: c.Plan.Request.Resolve}
	c.Plan.Request.URL = address
	if err := c.Plan.WithDefaults().Validate(); err != nil {
		if errors.As(err, new(*loadgen.NoColumnError)) {
			return err
		}
		return hinted{err, "a stream's URL begins with http:// or https://"}
	}
	for _, spec := range c.probes {
		p, err := probe.Parse(spec, access)
		if err != nil {
			return err
		}
		c.Probes = append(c.Probes, p)
	}
	own := probe.Detect(ctx, address, access)
	if own == nil {
		return nil
	}
	answer, err := own.Read(ctx)
	if err != nil {
		return err
	}
	c.Server = answer.Server
	if err := c.Fit(!c.paced); err != nil {
		return err
	}
	if c.reads(leakcheck.Upstreams) { // they are another server's
		own = own.Only(leakcheck.Sessions)
	}
	if !c.reads(leakcheck.Sessions) {
		c.Probes = append([]leakcheck.Probe{own}, c.Probes...)
	}
	c.Plan, c.Endless = shape(c.Plan)
	c.Endless = c.Endless && !c.Server.Remote
	return nil
}
