package report

import (
	"encoding/json"
	"io"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// JSON writes a report as one JSON object in the form of [leakcheck.Schema],
// indented. An empty list is [], never null.
func JSON(w io.Writer, r *leakcheck.Report) error {
	full := *r
	full.Judged = list(r.Judged)
	full.NotJudged = list(r.NotJudged)
	full.Findings = list(r.Findings)
	full.Disconnects = list(r.Disconnects)
	full.Probes = list(r.Probes)
	full.Readings = list(r.Readings)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(full)
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
