package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/report"
)

// reportsFlag says where reports are written, given one by one as FORMAT=PATH.
// Where none goes to stdout, the text report does.
type reportsFlag []struct {
	format report.Format
	path   string
}

const stdoutPath = "-"

const reportUsage = "write a report: text, json, junit, markdown or html=PATH; - is stdout (repeat)"

func (r *reportsFlag) Set(text string) error {
	name, path, ok := strings.Cut(text, "=")
	format, err := report.ParseFormat(name)
	if err != nil {
		return err
	}
	if !ok || path == "" {
		return fmt.Errorf("no path behind %q: write it as %s=report.%s, or %s=- for stdout", text, name, name, name)
	}
	*r = append(*r, struct {
		format report.Format
		path   string
	}{format, path})
	return nil
}

func (r *reportsFlag) String() string { return "" }

// Type names the flag's kind in a help text.
func (*reportsFlag) Type() string { return "format=path" }

// check sees, before anything is measured, that every file can be written.
func (r reportsFlag) check() error {
	for _, out := range r {
		if out.path == stdoutPath {
			continue
		}
		if err := outputFlag(out.path).check("--report"); err != nil {
			return err
		}
	}
	return nil
}

// rendering writes one thing in a format; the style is that of a text.
type rendering func(w io.Writer, f report.Format, style report.Style) error

func ofReport(r *leakcheck.Report) rendering {
	return func(w io.Writer, f report.Format, style report.Style) error {
		if f == report.TextFormat {
			return report.Text(w, r, style)
		}
		return report.Write(w, f, r)
	}
}

func ofComparison(c *leakcheck.Comparison) rendering {
	return func(w io.Writer, f report.Format, style report.Style) error {
		if f == report.TextFormat {
			return report.TextComparison(w, c, style)
		}
		return report.WriteComparison(w, f, c)
	}
}

// write writes a report to all that asked for it.
func (r reportsFlag) write(stdout io.Writer, rep *leakcheck.Report) error {
	return r.render(stdout, ofReport(rep))
}

// render writes to every path, files first; one that cannot be written keeps no
// other from it.
func (r reportsFlag) render(stdout io.Writer, render rendering) error {
	var errs []error
	shown := false
	for _, out := range r {
		if out.path == stdoutPath {
			shown = true
			continue
		}
		errs = append(errs, outputFlag(out.path).write("report", func(w io.Writer) error { return render(w, out.format, report.Plain) }))
	}
	for _, out := range r {
		if out.path == stdoutPath {
			errs = append(errs, toStdout(render(stdout, out.format, report.Plain)))
		}
	}
	if !shown {
		errs = append(errs, toStdout(render(stdout, report.TextFormat, style(stdout))))
	}
	return errors.Join(errs...)
}

func toStdout(err error) error {
	if err != nil {
		return fmt.Errorf("report to stdout: %w", err)
	}
	return nil
}

// style is how a text report looks on an output.
func style(w io.Writer) report.Style {
	return report.Style(isTerminal(w) && os.Getenv("NO_COLOR") == "")
}

// isTerminal tells whether an output is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
