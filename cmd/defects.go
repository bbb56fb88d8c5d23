package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/sse-tool/sse-tool/server"
)

// defectNames is the list in the help of serve.
func defectNames() string {
	var b strings.Builder
	for _, d := range server.Defects() {
		fmt.Fprintf(&b, "  %s\n", d.Name)
	}
	return b.String()
}

// unknownDefect is the answer to the name of a defect that does not exist.
func unknownDefect(name string, err error) error {
	var names []string
	for _, d := range server.Defects() {
		names = append(names, string(d.Name))
	}
	return nearest(fmt.Errorf("--defect: %w", err), name, names, "--list-defects tells what each leaves out")
}

// defectsWidth is the usual width of a terminal, in columns.
const defectsWidth = 80

// writeDefects is serve --list-defects: of each its name, and three lines,
// wrapped, each under its title.
func writeDefects(w io.Writer) error {
	var b strings.Builder
	for i, d := range server.Defects() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, d.Name)
		for _, line := range []struct{ title, text string }{{"left out", d.Lacks}, {"shows", d.Effect}, {"seen in", d.Bug}} {
			fmt.Fprintf(&b, "  %-9s ", line.title)
			writeWrapped(&b, line.text, 12)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeWrapped writes a text whose lines begin at a column.
func writeWrapped(b *strings.Builder, text string, column int) {
	at := column
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len(word) > defectsWidth:
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = column
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	b.WriteByte('\n')
}
