package cmd

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// leakcheckStreams is how many streams leave in each way: answers may cost money.
const leakcheckStreams = 50

func newLeakcheck() *cobra.Command {
	c := newCheck("leakcheck", leakcheckStreams)
	c.Apart, c.deep = true, true
	c.MaxTime = 10 * time.Minute
	cmd := &cobra.Command{
		Use:   "leakcheck [URL] [-- COMMAND]",
		Short: "check each way of leaving on its own, for CI",
		Long: `leakcheck opens a few streams at URL for each way of leaving, and says of each way
whether every session came back, and which defence is missing where not. Where
sessions are listed by ids that the streams know, the ways run side by side;
where they are only counted, one after the other. It says first how many requests
it will make, for they may cost money, then how long it may take, and shows no
progress.

Without URL it checks the reference server, started on loopback. The base URL of a
reference server means its /sse/chat; there everything that it tells is read:
sessions, upstreams, goroutines, descriptors and memory. Of any other server --probe
says where its sessions are counted or listed; without it the usual places are tried,
and how one is made is explained where there is none:

` + listKinds("  ") + `
In front of it may stand what is counted, as in workers=process:PID#threads:
sessions, upstreams, workers, descriptors or memory. Several of one are summed. Of
workers, descriptors and memory only what grows with every round is a leak.
sse-tool probe SPEC shows what a specification reads.

A COMMAND is started first and stopped at the end; URL is where its server
answers. {{pid}} in a --probe is the process of that. With --direct the server itself
is checked first, and then what leads to it, to tell what that changes.

In the URL, headers and body {{id}} is the stream's own id, {{n}} its number, and
{{column}} its row's value of a column of --vars.

The ways to leave are ` + loadgen.Even(loadgen.Disconnects()...).String() + `.

` + thresholdHelp,
		Example: `  sse-tool leakcheck
  sse-tool leakcheck http://127.0.0.1:8080 --report junit=leakcheck.xml
  sse-tool leakcheck http://127.0.0.1:9000/events --probe json:http://127.0.0.1:9000/health#.active
  sse-tool leakcheck http://127.0.0.1:9000/events --report junit=leakcheck.xml -- npm start
  sse-tool leakcheck https://chat.example/events --direct http://10.0.0.7:9000/events
  sse-tool leakcheck http://127.0.0.1:9000/chat -d '{"message": "hi"}' --probe json:http://127.0.0.1:9000/sessions#. --session-from event:session#.id`,
		Args: urlAndCommand,
		RunE: func(cmd *cobra.Command, args []string) error { return runLeakcheck(cmd, &c, args) },
	}
	c.bind(cmd.Flags(), "streams that leave in each way")
	c.direct.bind(cmd.Flags())
	return cmd
}

func runLeakcheck(cmd *cobra.Command, c *checkConfig, args []string) error {
	ctx := cmd.Context()
	args, err := c.prepare(cmd, args)
	if err != nil {
		return err
	}
	c.seeks = cmd.ErrOrStderr()
	release, err := c.begin(ctx, cmd, args)
	if err != nil {
		return err
	}
	defer release()
	fmt.Fprintln(cmd.ErrOrStderr(), printable(c.announce()))
	c.Progress = c.tellTime(cmd.ErrOrStderr())
	if c.direct.url != "" {
		evidence, err := c.directly(ctx, cmd.ErrOrStderr())
		if evidence != nil || err != nil {
			return c.conclude(cmd, evidence, err)
		}
	}
	evidence, err := leakcheck.Gather(ctx, c.Config)
	return c.conclude(cmd, evidence, err)
}

// announce says what the check will ask of the server.
func (c *checkConfig) announce() string {
	full := c.WithDefaults()
	rounds := ""
	if full.Rounds > 1 {
		rounds = fmt.Sprintf(", %d rounds", full.Rounds)
	}
	twice := ""
	if c.direct.url != "" {
		twice = ", and as many to " + client.Redact(c.direct.url)
	}
	again := ""
	if full.Plan.Controls > 0 {
		again = " (more where the server ends them)"
	}
	return fmt.Sprintf("%s: at most %s requests to %s: %s in each of %s, %s%s%s%s", c.name,
		humanize.Comma(int64(full.Requests())), client.Redact(c.Plan.Request.URL), english.Plural(full.Plan.Streams, "stream", ""),
		english.Plural(len(full.Plan.Mix.Ways()), "way", ""), english.Plural(full.Plan.Controls, "control", ""), again, rounds, twice)
}

// longWait is from when on it is said how long a check may take.
const longWait = 30 * time.Second

// tellTime says once, as soon as it is known, how long the check may take.
func (c *checkConfig) tellTime(w io.Writer) func(leakcheck.Progress) {
	told := false
	return func(p leakcheck.Progress) {
		if told || p.AtMost == 0 {
			return
		}
		told = true
		if p.AtMost < longWait {
			return
		}
		why := ""
		if p.Waves > c.WithDefaults().Rounds {
			why = "sessions are only counted, so one way leaves after the other: "
		}
		fmt.Fprintf(w, "%s: %sat most %s more, where sessions stay\n", c.name, why, p.AtMost.Round(time.Second))
	}
}
