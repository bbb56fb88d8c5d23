package leakcheck

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Thresholds are bounds on the figures of a report. *Thresholds is a flag value,
// given once for each.
type Thresholds []Threshold

// Set reads one more threshold from a flag.
func (ts *Thresholds) Set(text string) error {
	t, err := ParseThreshold(text)
	if err != nil {
		return err
	}
	*ts = append(*ts, t)
	return nil
}

// String writes the thresholds as they were given, with blanks between them.
func (ts *Thresholds) String() string {
	texts := make([]string, len(*ts))
	for i, t := range *ts {
		texts[i] = t.text
	}
	return strings.Join(texts, " ")
}

// Type names the flag's kind in a help text.
func (*Thresholds) Type() string { return "threshold" }

// ThresholdResult is what came of one threshold.
type ThresholdResult struct {
	// FailIf is the threshold as it was written.
	FailIf string `json:"fail_if"`
	// Value is the figure, in seconds, in percent or as a number, as the threshold
	// has it; nil where it was never measured.
	Value *float64 `json:"value"`
	// Broken says that the run fails by it: the figure is beyond the bound, or was
	// never measured.
	Broken bool `json:"broken"`
	// Summary says in words what the figure is.
	Summary string `json:"summary"`
}

// Apply holds a report against the thresholds: the report gets a result for each
// of them, and a finding for each that is broken. The verdict stays: it is about
// sessions. A figure that was never measured breaks its threshold, for nobody can
// say that it was held.
func (ts Thresholds) Apply(r *Report) {
	var broken []Finding
	for _, t := range ts {
		result := t.of(r)
		r.Thresholds = append(r.Thresholds, result)
		switch {
		case result.Broken && result.Value == nil:
			broken = append(broken, Finding{
				Code: BrokenThreshold, Severity: SeverityError,
				Summary:  fmt.Sprintf("%s: nobody can say that --fail-if %s was held", result.Summary, t),
				Evidence: t.figure.what, Hint: t.missing(r),
			})
		case result.Broken:
			broken = append(broken, Finding{
				Code: BrokenThreshold, Severity: SeverityError,
				Summary:  fmt.Sprintf("%s: --fail-if %s", result.Summary, t),
				Evidence: t.figure.what, Hint: "sse-tool report OLD.json NEW.json shows what is other than in an earlier run",
			})
		}
	}
	r.Findings = append(r.Findings, broken...) // not at once: they are no figures of the run
}

// missing is a way out where the figure was never measured.
func (t Threshold) missing(r *Report) string {
	if row := r.row(t.way); t.way != "" && (row == nil || row.Left == 0) {
		return fmt.Sprintf("no stream left by %s: take it among the ways, --disconnect %s", t.way, t.way)
	}
	return cmp.Or(t.figure.missing, "leave the threshold out where there is no such figure")
}

// Broken tells whether a threshold is broken.
func (r *Report) Broken() bool {
	return slices.ContainsFunc(r.Thresholds, func(t ThresholdResult) bool { return t.Broken })
}

// of is what comes of a threshold.
func (t Threshold) of(r *Report) ThresholdResult {
	name := t.figure.name
	if t.way != "" {
		name += "." + string(t.way)
	}
	if t.quantile != "" {
		name += "." + t.quantile
	}
	value, said, ok := t.value(r)
	if !ok {
		return ThresholdResult{FailIf: t.text, Broken: true, Summary: name + " was never measured"}
	}
	return ThresholdResult{FailIf: t.text, Value: &value, Broken: t.beyond(value), Summary: name + " is " + said}
}

// value is the figure in a report, and as it is said.
func (t Threshold) value(r *Report) (value float64, said string, ok bool) {
	switch {
	case t.figure.length != nil:
		value = t.figure.length(r)
		return value, exactly(value), true
	case t.figure.times != nil:
		q := t.figure.times(r, t.way)
		if q == nil {
			return 0, "", false
		}
		value = q.named(t.quantile)
		return value, exactly(value), true
	}
	n, of := t.figure.count(r, t.way)
	switch {
	case of == nothing:
		return float64(n), thousands(n), true
	case of == 0: // no stream, no control, no way, or nobody who tells
		return 0, "", false
	case t.percent:
		value = 100 * float64(n) / float64(of)
		return value, fmt.Sprintf("%s%% (%s of %s)", strconv.FormatFloat(math.Floor(value*100)/100, 'f', -1, 64), thousands(n), thousands(of)), true
	}
	return float64(n), fmt.Sprintf("%s of %s", thousands(n), thousands(of)), true
}

// exactly writes a time so that it is not taken for its bound.
func exactly(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond).String()
}

func (t Threshold) beyond(value float64) bool {
	switch t.operator {
	case "<":
		return value < t.bound
	case "<=":
		return value <= t.bound
	case ">":
		return value > t.bound
	default:
		return value >= t.bound
	}
}
