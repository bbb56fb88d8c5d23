// Package near finds the names that are like one that was mistyped.
package near

import (
	"cmp"
	"slices"
	"strings"
)

// Most is how many names are offered in place of one that is not there.
const Most = 4

// Names returns the names that are like one that was asked for, the most like
// first, at most [Most]: those at a small distance, and those of which one contains
// the other.
func Names(asked string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	small := strings.ToLower(asked)
	for _, name := range names {
		other := strings.ToLower(name)
		d := Distance(small, other)
		part := len(small) > 2 && strings.Contains(other, small) || len(other) > 2 && strings.Contains(small, other)
		if part || d <= max(1, min(len(small), len(other))/4) {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var all []string
	for _, c := range near[:min(len(near), Most)] {
		all = append(all, c.name)
	}
	return all
}

// Distance is how many bytes have to be put in, taken out, changed or swapped with the
// next to make one text of the other (optimal string alignment).
func Distance(a, b string) int {
	const longest = 200 // it takes time by the product of the lengths
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range len(a) {
		for j := range len(b) {
			change := rows[i][j]
			if a[i] != b[j] {
				change++
			}
			d := min(change, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}
