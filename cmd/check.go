package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// checkConfig is a check of a server as flags describe it: what storm and
// leakcheck have in common.
type checkConfig struct {
	leakcheck.Config
	name    string // of the command
	deep    bool   // every role that the server tells of is read
	request requestFlags
	started startedConfig
	direct  directConfig
	rate    rateFlag
	paced   bool // by the user
	vars    string
	probes  []string
	asks    headerFlag // what probes ask with
	seeks   io.Writer  // where it is told at which usual place sessions were found; nil does not look
	require waysFlag
	reports reportsFlag
	save    outputFlag
	gate    gateFlags
	config  configFlag
}

// newCheck is one with a command's own number of streams.
func newCheck(name string, streams int) checkConfig {
	c := checkConfig{name: name, Config: leakcheck.Config{Plan: loadgen.DefaultPlan()}.WithDefaults()}
	c.Rounds = 0 // the probes decide
	c.rate = rateFlag(c.Plan.Rate)
	c.Plan.Streams = streams
	c.Plan.Mix, c.Plan.Ramp, c.Plan.Tag, c.Plan.Request = nil, 0, "", loadgen.Request{}
	return c
}

// bind makes the flags; streams is what -n says.
func (c *checkConfig) bind(f *pflag.FlagSet, streams string) {
	f.SortFlags = false
	f.IntVarP(&c.Plan.Streams, "streams", "n", c.Plan.Streams, streams)
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
	f.Var(&c.Framework, "framework", "what the server is written with, for what to do about findings: spring, fastapi, node, go or nginx (default: what its headers and probes tell)")
	f.DurationVar(&c.MaxTime, "max-time", c.MaxTime, "how long it may take; a way that takes longer is left out")
	f.IntVar(&c.Rounds, "rounds", 0, "how often all of that is done (default 1, or 3 where workers, descriptors or memory are read)")
	f.Uint64Var(&c.Plan.Seed, "seed", 0, "what decides who leaves how")
	c.started.bind(f)
	c.request.bind(f)
	f.StringVar(&c.vars, "vars", "", "comma-separated values, the columns' names on top: a row a stream, for {{column}}")
	f.Var(&c.Plan.SessionFrom, "session-from", "how a stream learns its session's id: header:NAME, event:NAME#JQ, var:COLUMN, sent or none (default header:X-Session-Id, or sent)")
	f.Var(&c.reports, "report", reportUsage)
	f.Var(&c.save, "save", "write what was seen: sse-tool judge judges it again")
	c.gate.bind(f)
	f.StringVar((*string)(&c.config), "config", "", configUsage)
}

// prepare takes the flags and arguments, and those of a file, before anything is asked of
// anybody. It returns the arguments that are not a command's, with the file's URL where
// there are none.
func (c *checkConfig) prepare(cmd *cobra.Command, args []string) ([]string, error) {
	args, err := c.started.split(cmd, args)
	if err != nil {
		return nil, usageError{err}
	}
	if args, err = c.config.configure(cmd, args); err != nil {
		return nil, err
	}
	for _, check := range []func() error{
		func() error { return c.started.resolve(cmd, args, c.probes) },
		func() error { return c.direct.check(args) },
		func() error { return c.resolve(cmd) },
	} {
		if err := check(); err != nil {
			return nil, usageError{err}
		}
	}
	if err := c.gate.read(cmd); err != nil {
		return nil, err
	}
	return args, errors.Join(c.reports.check(), c.save.check("--save"))
}

// begin aims a check that was prepared at the URL of its arguments, whose server it
// may have to start or wait for, or at a reference server of its own. release stops
// what was started.
func (c *checkConfig) begin(ctx context.Context, cmd *cobra.Command, args []string) (release func(), err error) {
	if len(args) == 0 {
		child, err := startChild(ctx, cmd, childArgs)
		if err != nil {
			return nil, fmt.Errorf("start the reference server: %w", err)
		}
		release, args = child.stop, []string{child.url}
	} else {
		release, err = c.arrive(ctx, cmd, args[0])
	}
	if err == nil {
		err = c.aim(ctx, args[0])
	}
	switch {
	case err == nil:
		return release, nil
	case ctx.Err() != nil: // the error may be any that a cancelled step gives
		err = errInterrupted
	default:
		err = fmt.Errorf("%s: %w", c.name, err)
	}
	release()
	return nil, err
}

// conclude judges what a check has seen, writes what is asked for of it, and ends
// the command.
func (c *checkConfig) conclude(cmd *cobra.Command, evidence *leakcheck.Evidence, err error) error {
	switch {
	case evidence == nil && cmd.Context().Err() != nil:
		return errInterrupted
	case evidence == nil:
		return fmt.Errorf("%s %s: %w", c.name, client.Redact(c.Plan.Request.URL), err)
	}
	saved := c.save.write("save", evidence.Save)
	report := leakcheck.Judge(evidence)
	c.direct.compare(report, cmd.ErrOrStderr())
	c.gate.hold(report)
	written := errors.Join(saved, c.reports.write(cmd.OutOrStdout(), report), tellActions(cmd.ErrOrStderr(), report))
	c.gate.tell(cmd.ErrOrStderr(), report)
	if report.Interrupted != "" {
		return conclude(cmd, errInterrupted, written)
	}
	return conclude(cmd, outcome(report), written)
}

// outcome is that of a run as a command's error; nil is a run that passes.
func outcome(r *leakcheck.Report) error {
	if o := r.Outcome(); o != leakcheck.Passed {
		return outcomeError{o}
	}
	return nil
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
func (c *checkConfig) resolve(cmd *cobra.Command) error {
	f := cmd.Flags()
	if f.Changed("rate") && f.Changed("ramp") {
		return errors.New("--rate and --ramp both say how fast streams open: give one of them")
	}
	if err := aboveZero(f, "streams", "ramp", "hold", "poll", "rounds"); err != nil {
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
func (c *checkConfig) checkPaths() error {
	taken := map[string]bool{}
	take := func(flag, path string) error {
		clean := filepath.Clean(path)
		if path != "" && taken[clean] {
			return fmt.Errorf("%s%s: something else is written there too", flag, path)
		}
		taken[clean] = true
		return nil
	}
	errs := []error{take("--save ", string(c.save)), take("--command-log ", string(c.started.log))}
	for _, out := range c.reports {
		errs = append(errs, take("--report "+string(out.format)+"=", out.path))
	}
	return errors.Join(errs...)
}

func (c *checkConfig) resolveRequest() error {
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
