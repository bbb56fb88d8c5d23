package cmd

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/cmd/contract"
	"github.com/sse-tool/sse-tool/server"
)

func newConformance() *cobra.Command {
	addr := "127.0.0.1:8000"
	cmd := &cobra.Command{
		Use:   "conformance",
		Short: "have our SSE client tested by the public SSE contract tests",
		Long: `conformance serves the test-service protocol of the SSE contract tests
(github.com/launchdarkly/sse-contract-tests). Their program, with --url URL,
asks it for streams of a server of its own, and is told what sse-tool's client
reads from them.

The first line on stdout is the service's base URL, printed once it accepts. It
ends on a signal, or when that program is told to end it
(--stop-service-at-end). Whoever reaches it has it send requests to anywhere:
keep it on loopback.`,
		Example: `  sse-tool conformance
  sse-tool conformance --addr 127.0.0.1:0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveConformance(cmd, addr) },
	}
	cmd.Flags().StringVar(&addr, "addr", addr, "where to listen; port 0 picks one")
	return cmd
}

func serveConformance(cmd *cobra.Command, addr string) error {
	ln, err := server.Listen(cmd.Context(), addr)
	if err != nil {
		return notListening(addr, err)
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), baseURL("http", ln.Addr())); err != nil {
		return errors.Join(unwritten("conformance", err), ln.Close())
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	return contract.Serve(cmd.Context(), ln, log) // a signal is how a service is stopped: that is no failure
}
