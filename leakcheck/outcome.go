package leakcheck

// Outcome is whether a run passes, after all that was asked of it: the verdict, the
// thresholds, and the run that it was held against.
type Outcome string

// The outcomes.
const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	Unproved Outcome = "unproved" // what was seen proves nothing
)

// Outcome is how the run ends. A broken threshold fails it, whatever the verdict is.
// Else an inconclusive run proves nothing, not even that it is no worse than
// another; one that was held against an earlier run fails by what got worse and by
// nothing else; and any other passes if it is clean.
func (r *Report) Outcome() Outcome {
	switch {
	case r.Broken():
		return Failed
	case r.Verdict == Inconclusive:
		return Unproved
	case r.Compared != nil && len(r.Compared.Worse) == 0:
		return Passed
	case r.Compared != nil:
		return Failed
	case r.Verdict == Clean:
		return Passed
	default:
		return Failed
	}
}
