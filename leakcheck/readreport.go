package leakcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrIsEvidence is wrapped by [ReadReport]'s error for what [Evidence.Save] wrote.
var ErrIsEvidence = errors.New("it is what a run saw, and not a report of it")

// ReadReport reads a report that was written as JSON in the form of [Schema]. Keys
// and codes that it does not know are left out or kept as they are; what no run can
// have come to is an error.
func ReadReport(r io.Reader) (*Report, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read a report: %w", err)
	}
	report, err := parseReport(text)
	if err != nil {
		return nil, fmt.Errorf("not a JSON report: %w", err)
	}
	return report, nil
}

func parseReport(text []byte) (*Report, error) {
	var form struct {
		Schema  int `json:"schema"`
		Version int `json:"version"`
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // Windows tools write a BOM
	switch err := json.Unmarshal(text, &form); {
	case errors.As(err, new(*json.UnmarshalTypeError)):
		return nil, errors.New("it is JSON of another form")
	case err != nil:
		return nil, err
	case form.Schema == 0 && form.Version == 0:
		return nil, errors.New("it names no schema")
	case form.Schema > Schema:
		return nil, fmt.Errorf("its schema is %d, this tool reads %d: a newer one wrote it", form.Schema, Schema)
	case form.Schema == 0 && form.Version != 0:
		return nil, ErrIsEvidence
	case form.Schema != Schema:
		return nil, fmt.Errorf("its schema is %d, this tool reads %d", form.Schema, Schema)
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	return r, r.validate()
}

// longest is the longest time that a report may tell of, in seconds: 30 years.
const longest = 1e9

// validate holds what the writers of reports rely on.
func (r *Report) validate() error {
	if !slices.Contains(verdicts, r.Verdict) {
		return fmt.Errorf("unknown verdict %q", r.Verdict)
	}
	if r.Verdict == Clean && len(r.Judged) == 0 {
		return errors.New("it is clean and judged nothing, which no run comes to")
	}
	moments := []float64{r.Took}
	counts := []int{r.Controls.Kept, r.Controls.Killed, r.Streams.Opened, r.Streams.Planned}
	figures := []*Quantiles{r.Latency.Connect, r.Latency.FirstEvent, r.Latency.Gap, r.Latency.HeartbeatGap}
	for _, row := range r.Disconnects {
		moments = append(moments, row.Window)
		counts = append(counts, row.Left, row.Reclaimed, row.Leaked, row.Late, row.Unknown)
		figures = append(figures, row.Reclaim)
	}
	for _, q := range figures {
		if q != nil {
			moments = append(moments, q.Min, q.P50, q.P90, q.P99, q.Max)
		}
	}
	for _, p := range r.Probes {
		counts = append(counts, p.Baseline, p.Peak, p.End)
	}
	for _, reading := range r.Readings {
		moments, counts = append(moments, reading.At), append(counts, reading.Count)
	}
	for _, s := range r.Slopes {
		counts = append(counts, s.Least)
		for _, l := range s.Rounds {
			counts = append(counts, l.Left, l.Count, max(l.Growth, -l.Growth))
		}
	}
	if g := r.Generations; g != nil {
		counts = append(counts, g.Tokens, g.Wasted, g.Completed, g.RanOut, g.Cancelled)
	}
	for _, f := range r.Facts {
		moments = append(moments, f.Seconds, f.Error, f.Told)
	}
	buckets := slices.Concat(r.Latency.ConnectHistogram, r.Latency.FirstEventHistogram, r.Latency.GapHistogram, r.Latency.HeartbeatGapHistogram)
	for _, h := range r.History {
		moments = append(moments, h.LeftFrom, h.LeftUntil)
		for _, span := range h.Left {
			moments = append(moments, span.From, span.Until)
		}
		buckets = append(buckets, h.Reclaims...)
		for _, c := range h.Sessions {
			moments, counts = append(moments, c.At), append(counts, c.Count)
		}
	}
	if !slices.Contains(verdicts, r.Compared.verdict()) {
		return fmt.Errorf("unknown verdict %q of the run before", r.Compared.verdict())
	}
	for _, b := range buckets {
		moments, counts = append(moments, b.From, b.To), append(counts, b.Count)
	}
	return validFigures(moments, counts)
}

func validFigures(moments []float64, counts []int) error {
	for _, m := range moments {
		if m < 0 || m > longest {
			return fmt.Errorf("%g s is no time of a run", m)
		}
	}
	for _, n := range counts {
		if n < 0 {
			return fmt.Errorf("%d is no count", n)
		}
	}
	return nil
}
