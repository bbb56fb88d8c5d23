package leakcheck

import (
	"cmp"
	"fmt"

	"github.com/sse-tool/sse-tool/loadgen"
)

// refused finds pages that were refreshed and not let in again.
func (j *judge) refused() {
	pages, refused, first := map[string]bool{}, map[string]bool{}, ""
	for _, r := range j.e.Records {
		if r.Succeeds == "" {
			continue
		}
		pages[r.Succeeds] = true
		if r.End == loadgen.Rejected {
			refused[r.Succeeds] = true
			first = cmp.Or(first, fmt.Sprintf("%s, for one, was answered: %s", name(r), r.Err))
		}
	}
	n, of := len(refused), len(pages)
	if n == 0 || j.e.Crashed != 0 || j.e.Interrupted != "" {
		return
	}
	severity := SeverityWarning
	if float64(n) > (1-enoughOpened)*float64(of) {
		severity = SeverityError
	}
	j.find(Finding{
		Code: RefreshRefused, Severity: severity, Disconnects: []loadgen.Disconnect{loadgen.Refresh},
		Summary:  fmt.Sprintf("of %s %s %s refused at first or for good: consistent with the old session holding its place", count(of, "refreshed page"), thousands(n), were(n)),
		Evidence: first,
		Hint:     "let the page that comes back replace its old session, and compare before anything is removed; or raise the limit of sessions a user",
	})
}
