package leakcheck

import (
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Comparison is two reports side by side: before and after a change, or direct and
// through a proxy.
type Comparison struct {
	Before *Report `json:"before"`
	After  *Report `json:"after"`
	// Gone are findings of before whose code after does not have, New are those of
	// after that before did not, Same are those of after that both have.
	Gone []Finding `json:"gone"`
	New  []Finding `json:"new"`
	Same []Finding `json:"same"`
	// Disconnects has every way of the two, in the order of [loadgen.Disconnects].
	Disconnects []RowChange `json:"disconnects"`
	// Worse is what got worse.
	Worse []Worse `json:"worse"`
}

// RowChange is how a way fared twice; nil is a run that did not take it.
type RowChange struct {
	Name   loadgen.Disconnect `json:"name"`
	Before *Row               `json:"before"`
	After  *Row               `json:"after"`
}

// Compare puts two reports side by side. It is a pure function, and keeps both.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Before: before, After: after, Gone: []Finding{}, New: []Finding{}, Same: []Finding{}, Disconnects: []RowChange{}}
	for _, f := range before.Findings {
		if !has(after, f.Code) {
			c.Gone = append(c.Gone, f)
		}
	}
	for _, f := range after.Findings {
		if has(before, f.Code) {
			c.Same = append(c.Same, f)
		} else {
			c.New = append(c.New, f)
		}
	}
	for _, d := range loadgen.Disconnects() {
		change := RowChange{Name: d, Before: before.row(d), After: after.row(d)}
		if change.Before != nil || change.After != nil {
			c.Disconnects = append(c.Disconnects, change)
		}
	}
	c.Worse = worse(before, after)
	return c
}

func has(r *Report, code Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// row is that of a way; nil where there is none.
func (r *Report) row(d loadgen.Disconnect) *Row {
	i := slices.IndexFunc(r.Disconnects, func(row Row) bool { return row.Name == d })
	if i < 0 {
		return nil
	}
	return &r.Disconnects[i]
}
