package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// New makes the command tree of sse-tool.
func New(version string) *cobra.Command {
	root := &cobra.Command{
		Use:   "sse-tool",
		Short: "SSE client, load tester and session-leak detector",
		Long: `sse-tool opens many Server-Sent Events streams, has them leave in every way a
real client leaves, and proves through the server's own session endpoint that
every session came back, and no live one was killed.`,
		Example: `  sse-tool storm                        # against a server of its own
  sse-tool serve --addr 127.0.0.1:8080  # the reference server
  sse-tool storm http://127.0.0.1:8080  # against that one
  sse-tool leakcheck                    # way by way, for CI
  sse-tool listen http://127.0.0.1:8080 # one stream of it
  echo hi | sse-tool chat               # one answer of a model, or of a server of its own`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("sse-tool {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newServe(), newStorm(), newLeakcheck(), newListen(), newChat(), newProbe(), newJudge(), newReport(), newConformance())
	return root
}

// Run runs a tree as a process with these arguments and streams, and returns
// the code to exit with. When ctx ends, as it does on a signal, the command ends
// what it has begun and the code is [ExitInterrupted].
func Run(ctx context.Context, root *cobra.Command, args []string, in io.Reader, out, errOut io.Writer) int {
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	command, err := root.ExecuteContextC(ctx)
	err = mistyped(command, err)
	if err != nil && !errors.As(err, new(outcomeError)) && !errors.Is(err, errInterrupted) {
		printError(errOut, err)
	}
	return exitCode(err)
}

func printError(w io.Writer, err error) {
	fmt.Fprintf(w, "sse-tool: %s\n", printable(message(err))) // a server may have had its part in the text
	if h := hint(err); h != "" {
		fmt.Fprintf(w, "hint: %s\n", printable(h))
	}
	fmt.Fprint(w, explanation(err))
}
