package report

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// shownRounds is how many rounds' growth is told one by one.
const shownRounds = 5

// slopeFacts say of each role that is judged by its growth what came with every
// round, and from which growth on that is a leak.
func slopeFacts(r *leakcheck.Report) []fact {
	var all []fact
	for _, s := range r.Slopes {
		if len(s.Rounds) == 0 {
			continue
		}
		var growth []string
		fewest, most := s.Rounds[0].Left, 0
		for i, l := range s.Rounds {
			fewest, most = min(fewest, l.Left), max(most, l.Left)
			if i < shownRounds {
				growth = append(growth, signed(s.Role, l.Growth))
			}
		}
		if more := len(s.Rounds) - shownRounds; more > 0 {
			growth = append(growth, fmt.Sprintf("and %d more", more))
		}
		streams := comma(most)
		if fewest < most {
			streams = comma(fewest) + " to " + streams
		}
		all = append(all, fact{"growth", fmt.Sprintf("%s %s after rounds of %s streams; %s each is a leak",
			s.Role, strings.Join(growth, ", "), streams, amount(s.Role, s.Least))})
	}
	return all
}

// amount writes a count as its role has it.
func amount(role leakcheck.Role, n int) string {
	if role == leakcheck.Memory && n >= 0 {
		return humanize.IBytes(uint64(n))
	}
	return comma(n)
}

// signed is a growth, or the contrary.
func signed(role leakcheck.Role, n int) string {
	if n < 0 {
		return "-" + amount(role, -n)
	}
	return "+" + amount(role, n)
}
