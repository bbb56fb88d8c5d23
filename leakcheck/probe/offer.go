package probe

import (
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/internal/near"
)

const mostNames = 12 // names that are listed where none is near

// offer says what there is in place of a name that is not there: the nearest
// names, or else the first of all.
func offer(asked string, names []string) string {
	if len(names) == 0 {
		return "there are none"
	}
	if nearest := near.Names(asked, names); asked != "" && len(nearest) > 0 {
		return "nearest there: " + strings.Join(nearest, ", ")
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
