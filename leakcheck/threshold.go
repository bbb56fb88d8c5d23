package leakcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/internal/near"
	"github.com/sse-tool/sse-tool/loadgen"
)

// Threshold is a bound on a figure of a report. It is written as what fails a
// run: "ttfe.p99>500ms", "opened<100%". [ParseThreshold] makes one.
type Threshold struct {
	text     string
	figure   figure
	way      loadgen.Disconnect // empty is all
	quantile string             // empty where the figure is one number
	operator string
	bound    float64 // seconds, percent or a number
	percent  bool
}

// String is the threshold as it was written, without blanks.
func (t Threshold) String() string { return t.text }

// ThresholdError is the answer to a threshold that is none.
type ThresholdError struct {
	Text string
	why  string
	hint string
}

func (e *ThresholdError) Error() string { return fmt.Sprintf("threshold %q: %s", e.Text, e.why) }

// Hint says what there is in place of it.
func (e *ThresholdError) Hint() string { return e.hint }

// A name may have a letter in it that none has: it is told as a name that is not
// there.
var thresholdForm = regexp.MustCompile(`^([^<>=\s]+)\s*(<=|>=|<|>)\s*([^<>=\s]+)$`)

// ParseThreshold reads a threshold, or returns a *[ThresholdError].
func ParseThreshold(text string) (Threshold, error) {
	text = strings.TrimSpace(text)
	wrong := func(why, hint string) (Threshold, error) {
		return Threshold{}, &ThresholdError{Text: text, why: why, hint: hint}
	}
	m := thresholdForm.FindStringSubmatch(text)
	if m == nil {
		return wrong("it is no figure with <, <=, > or >= and a bound", "write what fails the run, such as ttfe.p99>500ms or opened<100%")
	}
	t := Threshold{text: m[1] + m[2] + m[3], operator: m[2]}
	name, parts, _ := strings.Cut(m[1], ".")
	i := slices.IndexFunc(figures, func(f figure) bool { return f.name == name })
	if i < 0 {
		return wrong(fmt.Sprintf("there is no figure %q", name), thereAre("figures", name, figureNames()))
	}
	t.figure = figures[i]
	if why, hint := t.parts(parts); why != "" {
		return wrong(why, hint)
	}
	if why, hint := t.limit(m[3]); why != "" {
		return wrong(why, hint)
	}
	return t, nil
}

// thereAre is a hint with the names nearest to one that is none, or with all.
func thereAre(what, asked string, names []string) string {
	if nearest := near.Names(asked, names); len(nearest) > 0 {
		return "nearest: " + strings.Join(nearest, ", ")
	}
	return "the " + what + " are " + strings.Join(names, ", ")
}

// parts reads what stands behind the figure's name; why is empty where it is well.
func (t *Threshold) parts(text string) (why, hint string) {
	name := t.figure.name
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '.' })
	if t.figure.times != nil {
		if len(parts) == 0 || !slices.Contains(quantileNames, parts[len(parts)-1]) {
			return fmt.Sprintf("%s is many times: it does not say which", name),
				fmt.Sprintf("write %s.p99, or another of %s", name, strings.Join(quantileNames, ", "))
		}
		t.quantile = parts[len(parts)-1]
		parts = parts[:len(parts)-1]
	}
	switch {
	case len(parts) == 0:
		return "", ""
	case !t.figure.byWay || len(parts) > 1:
		return fmt.Sprintf("%s has no %q", name, strings.Join(parts, ".")), "write " + t.example()
	}
	d, err := loadgen.ParseDisconnect(parts[0])
	if err != nil {
		ways := make([]string, 0, len(loadgen.Disconnects()))
		for _, d := range loadgen.Disconnects() {
			ways = append(ways, string(d))
		}
		return fmt.Sprintf("there is no way to leave %q", parts[0]), thereAre("ways", parts[0], ways)
	}
	t.way = d
	return "", ""
}

// example is a right threshold on the same figure.
func (t *Threshold) example() string {
	switch {
	case t.figure.times != nil:
		return t.figure.name + ".p99>500ms"
	case t.figure.length != nil:
		return t.figure.name + ">2m"
	default:
		return t.figure.name + ">0"
	}
}

// limit reads the bound.
func (t *Threshold) limit(text string) (why, hint string) {
	if t.figure.count == nil {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || text == "0" {
			return fmt.Sprintf("%q is no length of time", text), "write a time with its unit: 500ms, 5s, 1m30s"
		}
		t.bound = d.Seconds()
		return "", ""
	}
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0 && n <= 1e15) { // so written that NaN is none either
		return fmt.Sprintf("%q is no number", text), "write a number, such as 10, or a share, such as 99.5%"
	}
	if percent && t.figure.name == "warnings" {
		return "warnings are a share of nothing", "write a number: warnings>0"
	}
	t.bound, t.percent = n, percent
	return "", ""
}
