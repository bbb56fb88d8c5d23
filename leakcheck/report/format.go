package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Format is a way to write a report.
type Format string

// The formats.
const (
	// TextFormat is for people: a verdict, a table, a curve, findings.
	TextFormat Format = "text"
	// JSONFormat is for programs.
	JSONFormat Format = "json"
	// JUnitFormat is for CI systems that show tests: XML, a case for each way and
	// probe.
	JUnitFormat Format = "junit"
	// MarkdownFormat is for a CI job's summary and for tickets, as GitHub and
	// GitLab show it.
	MarkdownFormat Format = "markdown"
	// HTMLFormat is one page with charts, to be read offline or printed.
	HTMLFormat Format = "html"
)

// writers has one writer a format, and one for comparisons; nil is a format that
// has none.
var writers = []struct {
	format  Format
	write   func(io.Writer, *leakcheck.Report) error
	compare func(io.Writer, *leakcheck.Comparison) error
}{
	{TextFormat, func(w io.Writer, r *leakcheck.Report) error { return Text(w, r, Plain) },
		func(w io.Writer, c *leakcheck.Comparison) error { return TextComparison(w, c, Plain) }},
	{JSONFormat, JSON, jsonComparison},
	{JUnitFormat, JUnit, nil},
	{MarkdownFormat, Markdown, markdownComparison},
	{HTMLFormat, HTML, htmlComparison},
}

// Formats returns every format.
func Formats() []Format {
	all := make([]Format, len(writers))
	for i, w := range writers {
		all[i] = w.format
	}
	return all
}

// UnknownFormatError is the answer to the name of a format that does not exist.
type UnknownFormatError struct{ Name string }

func (e *UnknownFormatError) Error() string { return fmt.Sprintf("unknown report format %q", e.Name) }

// Hint names the formats that there are.
func (e *UnknownFormatError) Hint() string {
	names := make([]string, 0, len(writers))
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "the formats are " + strings.Join(names, ", ")
}

// ParseFormat returns the format with that name, or an *UnknownFormatError.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
	}
	return "", &UnknownFormatError{Name: name}
}

// Write writes a report in a format.
func Write(w io.Writer, f Format, r *leakcheck.Report) error {
	for _, writer := range writers {
		if writer.format == f {
			return writer.write(w, r)
		}
	}
	return &UnknownFormatError{Name: string(f)}
}

// NoComparisonError is the answer to a comparison in a format that has none.
type NoComparisonError struct{ Format Format }

func (e *NoComparisonError) Error() string { return fmt.Sprintf("%s has no comparisons", e.Format) }

// Hint names a way out.
func (*NoComparisonError) Hint() string {
	return "write each report by itself, or compare them in another format"
}

// Compares tells whether a format has comparisons.
func Compares(f Format) bool {
	for _, writer := range writers {
		if writer.format == f {
			return writer.compare != nil
		}
	}
	return false
}

// WriteComparison writes a comparison in a format, or fails with a
// *NoComparisonError.
func WriteComparison(w io.Writer, f Format, c *leakcheck.Comparison) error {
	for _, writer := range writers {
		switch {
		case writer.format != f:
		case writer.compare == nil:
			return &NoComparisonError{Format: f}
		default:
			return writer.compare(w, c)
		}
	}
	return &UnknownFormatError{Name: string(f)}
}
