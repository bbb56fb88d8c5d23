package probe

import (
	"cmp"
	"slices"
	"strings"
)

const (
	mostNear  = 4  // names that are offered in place of one that is not there
	mostNames = 12 // names that are listed where none is near
)

// offer says what there is in place of a name that is not there: the nearest
// names, or else the first of all.
func offer(asked string, names []string) string {
	if len(names) == 0 {
		return "there are none"
	}
	if near := nearest(asked, names); asked != "" && len(near) > 0 {
		return "nearest there: " + strings.Join(near, ", ")
	}
	return "there are " + some(names)
}

// some are the first of a list of names.
func some(names []string) string {
	if len(names) > mostNames {
		names = append(slices.Clone(names[:mostNames]), "…")
	}
	return strings.Join(names, ", ")
}

// nearest are the names that are like one that was asked for, the most like
// first: those at a small distance, and those of which one contains the other.
func nearest(asked string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	small := strings.ToLower(asked)
	for _, name := range names {
		other := strings.ToLower(name)
		d := distance(small, other)
		part := len(small) > 2 && strings.Contains(other, small) || len(other) > 2 && strings.Contains(small, other)
		if part || d <= max(1, min(len(small), len(other))/4) {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var all []string
	for _, c := range near[:min(len(near), mostNear)] {
		all = append(all, c.name)
	}
	return all
}

// distance is how many bytes have to be put in, taken out or changed to make one
// text of the other (Levenshtein).
func distance(a, b string) int {
	const longest = 200 // it takes time by the product of the lengths
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := above
			if a[i] != b[j] {
				change++
			}
			above = row[j+1]
			row[j+1] = min(change, above+1, row[j]+1)
		}
	}
	return row[len(b)]
}
