package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// startedConfig says how a check comes by a server that is not there yet: it waits for
// it, or starts it.
type startedConfig struct {
	wait time.Duration // zero is not to wait
	log  outputFlag    // where what the command says goes; empty is stderr
	args []string      // the command; none where nothing is to be started
}

// urlAndCommand takes one argument at the most in front of "--", and a command behind
// it.
func urlAndCommand(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		args = args[:dash]
	}
	return cobra.MaximumNArgs(1)(cmd, args)
}

// commandWait is how long a command's server is waited for unless --wait says it.
const commandWait = 30 * time.Second

func (s *startedConfig) bind(f *pflag.FlagSet) {
	f.DurationVar(&s.wait, "wait", 0, "wait this long for a server that is starting (default: not; 30s for a COMMAND)")
	f.Var(&s.log, "command-log", "write what the COMMAND says into this file (default: stderr)")
}

// split takes the arguments that stand behind "--" for the command, and returns the
// others.
func (s *startedConfig) split(cmd *cobra.Command, args []string) ([]string, error) {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		return args, nil
	}
	args, s.args = args[:dash], args[dash:]
	if len(s.args) == 0 {
		return nil, errors.New("behind -- stands no command")
	}
	return args, nil
}

// resolve checks the flags against what is to be started for the check of args.
func (s *startedConfig) resolve(cmd *cobra.Command, args, probes []string) error {
	if err := aboveZero(cmd.Flags(), "wait"); err != nil {
		return err
	}
	if len(s.args) > 0 {
		if len(args) == 0 {
			return errors.New("no URL in front of --: give that at which the command's server answers")
		}
		if s.wait == 0 {
			s.wait = commandWait
		}
		return s.log.check("--command-log")
	}
	if slices.ContainsFunc(probes, func(spec string) bool { return strings.Contains(spec, pidPlaceholder) }) {
		return errors.New("--probe: " + pidPlaceholder + " is the process of a command, and none is started: give one behind --")
	}
	if s.log != "" {
		return errors.New("--command-log: no command is started")
	}
	return nil
}

// arrive waits for the server of a URL, having started it where that was asked for.
// stop is never nil: it ends what was started.
func (c *checkConfig) arrive(ctx context.Context, cmd *cobra.Command, address string) (stop func(), err error) {
	plan := c.Plan
	plan.Request.URL = cmp.Or(c.direct.url, address) // the server, before what stands in front of it
	if plan.WithDefaults().Validate() != nil {
		return func() {}, nil //nolint:nilerr // aim says what is wrong
	}
	p, stop, err := c.started.begin(ctx, plan, cmd.ErrOrStderr())
	if p != nil && err == nil {
		c.probes = p.withPID(c.probes, plan.Request.URL)
	}
	if err == nil && c.direct.url != "" && c.started.wait > 0 {
		plan.Request.URL = address
		err = waitFor(ctx, plan, c.started.wait, nil, cmd.ErrOrStderr())
	}
	return stop, err
}

// begin waits for the server of a plan, having started it where there is a command.
// stop, which is never nil, ends the command, and tells on stderr if it had ended
// before.
func (s *startedConfig) begin(ctx context.Context, plan loadgen.Plan, stderr io.Writer) (p *program, stop func(), err error) {
	stop = func() {}
	if len(s.args) == 0 {
		if s.wait > 0 {
			err = waitFor(ctx, plan, s.wait, nil, stderr)
		}
		return nil, stop, err
	}
	if starting(ctx, plan) == nil {
		if ctx.Err() != nil {
			return nil, stop, errInterrupted
		}
		return nil, stop, hinted{
			fmt.Errorf("%s was not started: something answers at %s already", s.args[0], client.Redact(plan.Request.URL)),
			"stop what listens there, or check that one: leave the command out",
		}
	}
	out, prefix := stderr, filepath.Base(s.args[0])+" | "
	var file *os.File
	if s.log != "" {
		if file, err = os.Create(string(s.log)); err != nil {
			return nil, stop, fmt.Errorf("--command-log: %w", err)
		}
		out, prefix = file, ""
	}
	p, err = startProgram(s.args, out, prefix)
	if err != nil {
		if file != nil {
			err = errors.Join(err, file.Close())
		}
		return nil, stop, err
	}
	stop = func() {
		early := p.ended()
		p.stop()
		if early && err == nil {
			fmt.Fprintf(stderr, "sse-tool: %s\n", printable((&endedError{p, "during the check"}).Error()))
		}
		if err := p.closeLog(file); err != nil {
			printError(stderr, err)
		}
	}
	err = p.ready(ctx, func(ctx context.Context, gone <-chan struct{}) error { return waitFor(ctx, plan, s.wait, gone, stderr) })
	return p, stop, err
}

// closeLog closes the file of what a command that was stopped had to say, where there is one, and
// tells if it lacks something.
func (p *program) closeLog(f *os.File) error {
	if f == nil {
		return nil
	}
	if err := cmp.Or(p.untold, f.Close()); err != nil {
		return fmt.Errorf("--command-log: %w", err)
	}
	return nil
}
