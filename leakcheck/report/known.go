package report

import (
	"slices"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// known tells whether a finding fails nothing, for the run was held against an
// earlier one that had it as well. An inconclusive run cannot tell.
func known(r *leakcheck.Report, f leakcheck.Finding) bool {
	return r.Compared != nil && r.Verdict != leakcheck.Inconclusive && !asked(f) &&
		!slices.ContainsFunc(r.Compared.Worse, func(w leakcheck.Worse) bool {
			return w.Code == f.Code || w.Disconnect != "" && slices.Contains(f.Disconnects, w.Disconnect)
		})
}

// knownWay tells the same of the sessions of a way that leaked.
func knownWay(r *leakcheck.Report, d loadgen.Disconnect) bool {
	return r.Compared != nil && r.Verdict != leakcheck.Inconclusive &&
		!slices.ContainsFunc(r.Compared.Worse, func(w leakcheck.Worse) bool { return w.Disconnect == d })
}
