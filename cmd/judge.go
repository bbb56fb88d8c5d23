package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func newJudge() *cobra.Command {
	var reports reportsFlag
	var gate gateFlags
	cmd := &cobra.Command{
		Use:   "judge FILE",
		Short: "judge again what a run saw",
		Long: `judge reads what storm saw and wrote with --save, and comes to the same verdict
from it, with the same reports and the same exit code (that of the verdict, for a
run that was interrupted). Nothing is sent to any server. A FILE of - is the
standard input. Thresholds and an earlier report to compare with are not saved:
give them again.`,
		Example: `  sse-tool storm --save run.json http://127.0.0.1:8080
  sse-tool judge run.json --report json=-`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			evidence, err := readEvidence(cmd.InOrStdin(), args[0])
			if err != nil {
				return fmt.Errorf("judge: %w", err)
			}
			if err := errors.Join(gate.read(cmd), reports.check()); err != nil {
				return err
			}
			report := leakcheck.Judge(evidence)
			gate.hold(report)
			gate.tell(cmd.ErrOrStderr(), report)
			return conclude(cmd, outcome(report), reports.write(cmd.OutOrStdout(), report))
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().Var(&reports, "report", reportUsage)
	gate.bind(cmd.Flags())
	return cmd
}

func readEvidence(stdin io.Reader, path string) (*leakcheck.Evidence, error) {
	evidence, err := readSaved(stdin, path, leakcheck.ReadEvidence)
	if err != nil {
		return nil, hinted{err, "give the file that storm or leakcheck wrote with --save"}
	}
	return evidence, nil
}
