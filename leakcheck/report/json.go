package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// JSON writes a report as one JSON object in the form of [leakcheck.Schema],
// indented. An empty list is [], never null.
func JSON(w io.Writer, r *leakcheck.Report) error { return writeJSON(w, complete(r)) }

// complete is a report without a list that is nil.
func complete(r *leakcheck.Report) leakcheck.Report {
	full := *r
	full.Judged = list(r.Judged)
	full.NotJudged = list(r.NotJudged)
	full.Findings = list(r.Findings)
	full.Disconnects = list(r.Disconnects)
	full.Probes = list(r.Probes)
	full.Readings = list(r.Readings)
	if r.Compared != nil {
		compared := *r.Compared
		compared.Worse = list(compared.Worse)
		full.Compared = &compared
	}
	return full
}

func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(printableJSON(b.Bytes()))
	return err
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
