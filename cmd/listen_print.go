package cmd

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/sse-tool/sse-tool/client"
)

// printer returns how what comes is shown. Once ctx is done an output that takes
// nothing is not waited for.
func (c *listenConfig) printer(ctx context.Context, stdout, stderr io.Writer) printer {
	out := &patient{ctx: ctx, w: stdout}
	notes := notes{w: stderr, paint: paintFor(stderr)}
	switch {
	case c.json:
		return &jsonPrinter{w: out}
	case c.field.code != nil:
		return &fieldPrinter{notes: notes, w: out, field: c.field, terminal: isTerminal(stdout)}
	default:
		return &peoplePrinter{notes: notes, w: out, paint: paintFor(stdout), columns: columnsOf(stdout), lastID: c.WithDefaults().LastEventID}
	}
}

// nameOf is an event's name; one without a name is a message (HTML 9.2.6).
func nameOf(e client.Event) string {
	if len(e.Name) == 0 {
		return "message"
	}
	return string(e.Name)
}

// paint puts text into a terminal's colours (ECMA-48, SGR), where it may.
type paint bool

const (
	bold    = "1"
	dim     = "2"
	green   = "32"
	yellow  = "33"
	blue    = "34"
	magenta = "35"
	cyan    = "36"
)

func paintFor(w io.Writer) paint { return paint(isTerminal(w) && os.Getenv("NO_COLOR") == "") }

func (p paint) in(colour, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// columnsOf is how wide a terminal is; zero for what is none.
func columnsOf(w io.Writer) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
