package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

var (
	// A workflow command ends at its line's end, its properties at a comma or
	// colon; each is written as the runner decodes it.
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// Annotate writes each finding of a report as a workflow command of GitHub
// Actions, which shows it as an annotation of the run: an error or a warning, as
// severe as the finding is. What is no worse than in the run that it was held against is
// a warning.
func Annotate(w io.Writer, r *leakcheck.Report) error {
	r = printable(r)
	var b bytes.Buffer
	for _, f := range r.Findings {
		kind := "warning"
		if f.Severity == leakcheck.SeverityError && !known(r, f) {
			kind = "error"
		}
		text := f.Summary + "\nseen: " + f.Evidence + "\ntry: " + f.Hint
		for _, fix := range f.Fixes {
			text += fmt.Sprintf("\nin %s: %s", fix.Framework, fix.Text)
		}
		fmt.Fprintf(&b, "::%s title=%s::%s\n", kind, commandProperty.Replace("sse-tool: "+string(f.Code)+ofWays(f)), commandData.Replace(text))
	}
	_, err := w.Write(b.Bytes())
	return err
}
