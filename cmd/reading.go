package cmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/leakcheck"
)

const (
	shownIDs   = 10
	shownParts = 10
)

// writeReading prints what one reading said, for people.
func writeReading(w io.Writer, series []leakcheck.Series, samples []leakcheck.Sample) error {
	var b bytes.Buffer
	for i, s := range samples {
		fmt.Fprintf(&b, "%-11s %s (%s)\n", series[i].Name, figureOf(series[i].Role, s.Count), series[i].Spec)
		for _, id := range s.IDs[:min(len(s.IDs), shownIDs)] {
			fmt.Fprintf(&b, "  %s\n", printable(id))
		}
		if more := len(s.IDs) - shownIDs; more > 0 {
			fmt.Fprintf(&b, "  and %s more; --json has all of them\n", humanize.Comma(int64(more)))
		}
		parts := byCount(s.Parts)
		for _, name := range parts[:min(len(parts), shownParts)] {
			fmt.Fprintf(&b, "  %8s  %s\n", humanize.Comma(int64(s.Parts[name])), printable(name))
		}
		if more := len(parts) - shownParts; more > 0 {
			fmt.Fprintf(&b, "  and %d smaller ones; --json has more of them\n", more)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// figureOf writes a count as its role has it.
func figureOf(role leakcheck.Role, n int) string {
	if role == leakcheck.Memory && n >= 0 {
		return humanize.IBytes(uint64(n))
	}
	return humanize.Comma(int64(n))
}

// byCount are the names of parts, the largest first.
func byCount(parts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(parts[b], parts[a]), cmp.Compare(a, b))
	})
}

// jsonReading is one figure of a reading. IDs is null where the place only counts.
type jsonReading struct {
	At time.Time `json:"at"`
	leakcheck.Series
	Count int            `json:"count"`
	IDs   []string       `json:"ids"`
	Parts map[string]int `json:"parts,omitempty"`
}

// writeJSONReading prints a line for each figure.
func writeJSONReading(w io.Writer, at time.Time, series []leakcheck.Series, samples []leakcheck.Sample) error {
	var b bytes.Buffer
	for i, s := range samples {
		line, err := json.Marshal(jsonReading{at, series[i], s.Count, s.IDs, s.Parts})
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	_, err := w.Write(b.Bytes())
	return err
}
