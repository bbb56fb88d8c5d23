package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/report"
)

func newReport() *cobra.Command {
	var reports reportsFlag
	cmd := &cobra.Command{
		Use:   "report A.json [B.json]",
		Short: "write a saved report in another format, or compare two",
		Long: `report reads a report that storm wrote with --report json=PATH, and writes it in
any format. With two it compares them: before and after a fix, direct and
through a proxy. The verdicts, the findings that are gone, new and still there,
and how each way of leaving fared stand side by side. One path of - is the
standard input.

Its exit code is 0 when that is done, whatever the verdicts are: they were the
exit codes of the runs.`,
		Example: `  sse-tool report storm.json --report html=storm.html
  sse-tool report before.json after.json
  sse-tool report direct.json proxied.json --report markdown=-`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			render, err := renderingOf(cmd.InOrStdin(), args, reports)
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if err := reports.check(); err != nil {
				return err
			}
			return reports.render(cmd.OutOrStdout(), render)
		},
	}
	cmd.Flags().Var(&reports, "report", reportUsage)
	return cmd
}

// renderingOf is the one saved report, or the comparison of two.
func renderingOf(stdin io.Reader, paths []string, reports reportsFlag) (rendering, error) {
	if len(paths) == 2 && paths[0] == stdinPath && paths[1] == stdinPath {
		return nil, usageError{errors.New("both files are the standard input: give the path of one")}
	}
	var read []*leakcheck.Report
	for _, path := range paths {
		r, err := readReport(stdin, path)
		if err != nil {
			return nil, err
		}
		read = append(read, r)
	}
	if len(read) == 1 {
		return ofReport(read[0]), nil
	}
	for _, out := range reports {
		if !report.Compares(out.format) {
			return nil, &report.NoComparisonError{Format: out.format}
		}
	}
	return ofComparison(leakcheck.Compare(read[0], read[1])), nil
}

func readReport(stdin io.Reader, path string) (*leakcheck.Report, error) {
	r, err := readSaved(stdin, path, leakcheck.ReadReport)
	switch {
	case errors.Is(err, leakcheck.ErrIsEvidence):
		return nil, hinted{err, "sse-tool judge FILE --report json=PATH makes a report of it"}
	case err != nil:
		return nil, hinted{err, "give the file that storm or leakcheck wrote with --report json=PATH"}
	}
	return r, nil
}
