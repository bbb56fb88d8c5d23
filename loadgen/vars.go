package loadgen

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Vars are rows of values, one row a stream: users, tokens, conversations. In a
// [Request] {{column}} stands for a row's value of that column. Streams take the
// rows in turn, and begin again where there are no more; a successor and a
// control that opens again have the row of the stream before them. The zero value
// has none. Nothing writes to it once it is in use.
type Vars struct {
	Columns []string
	Rows    [][]string
}

// ReadVars reads comma-separated values (RFC 4180) whose first line names the
// columns. Lines in which nothing stands are left out.
func ReadVars(r io.Reader) (Vars, error) {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return Vars{}, fmt.Errorf("vars: %w", err)
	}
	if len(lines) < 2 {
		return Vars{}, errors.New("vars: there is no row below the names of the columns")
	}
	v := Vars{Columns: lines[0], Rows: lines[1:]}
	for i := range v.Columns {
		v.Columns[i] = strings.TrimSpace(strings.TrimPrefix(v.Columns[i], "\ufeff")) // spreadsheets write a BOM
	}
	return v, v.validate()
}

func (v Vars) validate() error {
	for i, c := range v.Columns {
		switch {
		case c == "" || strings.ContainsAny(c, "{} \t"):
			return fmt.Errorf("vars: %q is no name of a column", c)
		case c == "id" || c == "n":
			return fmt.Errorf("vars: a column may not be named %q: {{%s}} is the stream's own", c, c)
		case slices.Index(v.Columns, c) != i:
			return fmt.Errorf("vars: two columns are named %q", c)
		}
	}
	for i, row := range v.Rows {
		if len(row) != len(v.Columns) {
			return fmt.Errorf("vars: row %d has %d values for %d columns", i+1, len(row), len(v.Columns))
		}
	}
	return nil
}

// row is that of stream n; nil where there are none.
func (v Vars) row(n int) []string {
	if len(v.Rows) == 0 {
		return nil
	}
	return v.Rows[n%len(v.Rows)]
}

// value is stream n's of a column; empty where there is none.
func (v Vars) value(n int, column string) string {
	i := slices.Index(v.Columns, column)
	if row := v.row(n); i >= 0 && row != nil {
		return row[i]
	}
	return ""
}

// check tells of a placeholder in a text that no column fills.
func (v Vars) check(text string) error {
	if len(v.Columns) == 0 {
		return nil // then {{x}} may be meant as it stands
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if name := m[1]; name != "id" && name != "n" && !slices.Contains(v.Columns, name) {
			return &NoColumnError{Name: name, Columns: v.Columns}
		}
	}
	return nil
}

// NoColumnError says that there is no column of a name.
type NoColumnError struct {
	Name    string
	Columns []string
}

func (e *NoColumnError) Error() string { return fmt.Sprintf("vars: there is no column %q", e.Name) }

// Hint names the columns that there are.
func (e *NoColumnError) Hint() string {
	if len(e.Columns) == 0 {
		return "give rows whose first line names it: --vars FILE.csv"
	}
	return "the columns are " + strings.Join(e.Columns, ", ") + "; {{id}} and {{n}} are there too"
}
