package leakcheck

import (
	"fmt"
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// diagnose names what the leaks are consistent with: the fingerprint is which
// ways leak, and whether upstreams do.
func (j *judge) diagnose() {
	if j.leaked == 0 && j.stuck == 0 {
		return
	}
	leaking, clean := j.split()
	f := Finding{Severity: SeverityError, Disconnects: leaking, Evidence: j.leakEvidence(leaking)}
	completes := slices.Contains(leaking, loadgen.Complete)
	completed := slices.Contains(clean, loadgen.Complete)
	switch {
	case j.leaked == 0:
		f.Code = NoUpstreamCancel
		f.Disconnects = nil
		f.Summary = "sessions come back, their upstreams do not: consistent with a release that does not cancel the generation"
		f.Hint = "cancel the request to the model with the session, on every end"
	case j.leaked == j.late:
		f.Code = Late
		f.Summary = "every session comes back, but after its window: consistent with a release that waits for a sweep, a timeout or a slow worker"
		f.Hint = "release the session at once in the callbacks of completion, timeout and error; or give the window that you promise with --window"
	case completes && len(clean) == 0 && len(leaking) > 1 && j.knows(Upstreams) && j.stuck == 0:
		f.Code = NoRemove
		f.Summary = "sessions stay although their upstreams are gone: consistent with a release that cancels but does not remove the entry from the session map"
		f.Hint = "remove the session from the map where it is cancelled, if the entry is still its own"
	case completes && len(clean) == 0 && len(leaking) > 1 && j.knows(Upstreams):
		f.Code = NoCallbacks
		f.Summary = "sessions and their upstreams stay, however the stream leaves: consistent with no release at the end of a stream, neither on completion nor on an error"
		f.Hint = "release the session in one place that every end goes through: defer or finally, onCompletion, onTimeout and onError"
	case completes && len(leaking) == 1 && len(clean) > 0:
		f.Code = NoCompletionCallback
		f.Summary = "only sessions of completed streams stay: consistent with no release when the reply is done"
		f.Hint = "release the session on completion as on an error"
	case completed && !completes:
		f.Code = NoErrorCallback
		f.Summary = "sessions of completed streams come back, those of streams that left do not: consistent with no release on a disconnect or a failed write"
		f.Hint = "release the session when the request's context ends or a write fails: onError, onTimeout, res.on('close')"
	default:
		f.Code = Leak
		f.Summary = "sessions stay after their streams have left"
		f.Hint = "release the session on every end of its stream; leave in every way (no --disconnect) and read upstreams too to learn which defence is missing"
	}
	j.find(f)
}

// split parts the ways that were judged into those that leak and those that do
// not.
func (j *judge) split() (leaking, clean []loadgen.Disconnect) {
	for _, row := range j.report.Disconnects {
		switch {
		case row.Leaked > 0:
			leaking = append(leaking, row.Name)
		case row.Reclaimed > 0:
			clean = append(clean, row.Name)
		}
	}
	return leaking, clean
}

func (j *judge) knows(r Role) bool { return len(j.tracks(r)) > 0 }

func (j *judge) leakEvidence(leaking []loadgen.Disconnect) string {
	left := 0
	for _, row := range j.report.Disconnects {
		left += row.Left
	}
	text := fmt.Sprintf("%s of %s past the window", thousands(j.leaked), count(left, "session"))
	if j.late > 0 {
		text += fmt.Sprintf(", %s of them back in the end", thousands(j.late))
	}
	if len(leaking) > 0 {
		text += "; left by " + ways(leaking)
	}
	if j.knows(Upstreams) {
		text += fmt.Sprintf("; %s past the window", count(j.stuck, "upstream"))
	}
	if j.e.WarmUpStayed > 0 {
		text += fmt.Sprintf("; %s of the warm-up stayed already", thousands(j.e.WarmUpStayed))
	}
	return text
}
