package report

import (
	"bytes"
	"fmt"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// measured writes what the run measured of the server.
func measured(w *bytes.Buffer, r *leakcheck.Report) {
	if len(r.Facts) == 0 {
		return
	}
	fmt.Fprintf(w, "\nthe server, as measured\n")
	for _, f := range r.Facts {
		fmt.Fprintf(w, "  %-11s %s\n              %s\n", f.Name, f.Value, f.Evidence)
	}
}

func markdownMeasured(w *bytes.Buffer, r *leakcheck.Report) {
	if len(r.Facts) == 0 {
		return
	}
	fmt.Fprintf(w, "\n### The server, as measured\n\n")
	for _, f := range r.Facts {
		fmt.Fprintf(w, "- %s: **%s**; %s\n", prose(string(f.Name)), prose(f.Value), prose(f.Evidence))
	}
}
