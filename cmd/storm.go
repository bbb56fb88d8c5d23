package cmd

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

func newStorm() *cobra.Command {
	c := newCheck("storm", loadgen.DefaultPlan().Streams)
	c.MaxTime = 2 * time.Minute
	cmd := &cobra.Command{
		Use:   "storm [URL] [-- COMMAND]",
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

A COMMAND is started first and stopped at the end; URL is where its server
answers. {{pid}} in a --probe is the process of that.

The ways to leave are ` + loadgen.Even(loadgen.Disconnects()...).String() + `.

` + thresholdHelp,
		Example: `  sse-tool storm
  sse-tool storm -n 5000 http://127.0.0.1:8080
  sse-tool storm --disconnect close=6,reset=3 --window 5s http://127.0.0.1:8080
  sse-tool storm http://127.0.0.1:9000/events --probe json:http://127.0.0.1:9000/health#.active
  sse-tool storm --report json=storm.json http://127.0.0.1:8080`,
		Args: urlAndCommand,
		RunE: func(cmd *cobra.Command, args []string) error { return storm(cmd, &c, args) },
	}
	c.bind(cmd.Flags(), "streams that will leave")
	return cmd
}

func storm(cmd *cobra.Command, c *checkConfig, args []string) error {
	ctx := cmd.Context()
	args, err := c.prepare(cmd, args)
	if err != nil {
		return err
	}
	release, err := c.begin(ctx, cmd, args)
	if err != nil {
		return err
	}
	defer release()
	p := newProgress(cmd.ErrOrStderr())
	c.Progress = p.show
	evidence, err := leakcheck.Gather(ctx, c.Config)
	p.close()
	return c.conclude(cmd, evidence, err)
}
