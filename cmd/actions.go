package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/report"
)

// tellActions tells GitHub Actions what a run came to: the findings as
// annotations, and the report at the end of the job's summary. The runner reads
// its commands from both streams; they go to errOut, for stdout may be a
// report's. Elsewhere it does nothing.
//
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func tellActions(errOut io.Writer, r *leakcheck.Report) error {
	var errs []error
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		errs = append(errs, report.Annotate(errOut, r))
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		errs = append(errs, appendSummary(path, r))
	}
	return errors.Join(errs...)
}

func appendSummary(path string, r *leakcheck.Report) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return hinted{fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err), "unset it where there is no GitHub Actions"}
	}
	if err := errors.Join(report.Markdown(f, r), f.Close()); err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return nil
}
