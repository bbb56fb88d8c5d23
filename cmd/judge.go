package cmd

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func newJudge() *cobra.Command {
	var reports reportsFlag
	cmd := &cobra.Command{
		Use:   "judge FILE",
		Short: "judge again what a run saw",
		Long: `judge reads what storm saw and wrote with --save, and comes to the same verdict
from it, with the same reports and the same exit code (that of the verdict, for a
run that was interrupted). Nothing is sent to any server. A FILE of - is the
standard input.`,
		Example: `  sse-tool storm --save run.json http://127.0.0.1:8080
  sse-tool judge run.json --report json=-`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			evidence, err := readEvidence(cmd.InOrStdin(), args[0])
			if err != nil {
				return fmt.Errorf("judge: %w", err)
			}
			if err := reports.check(); err != nil {
				return err
			}
			report := leakcheck.Judge(evidence)
			return conclude(cmd, outcome(report.Verdict), reports.write(cmd.OutOrStdout(), report))
		},
	}
	cmd.Flags().Var(&reports, "report", reportUsage)
	return cmd
}

func readEvidence(stdin io.Reader, path string) (*leakcheck.Evidence, error) {
	evidence, err := readSaved(stdin, path, leakcheck.ReadEvidence)
	if err != nil {
		return nil, hinted{err, "give the file that storm wrote with --save"}
	}
	return evidence, nil
}
