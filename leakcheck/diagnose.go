package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// diagnose names what the leaks are consistent with: the fingerprint is which
// ways leak, whether upstreams do, and whether they come back late.
func (j *judge) diagnose() {
	if j.leaked == 0 && j.stuck == 0 {
		return
	}
	leaking, clean := j.split()
	seen := fingerprint{
		leaking: leaking, clean: clean,
		sessions: j.leaked, late: j.leaked == j.late, stepwise: j.stepwise(),
		completes: slices.Contains(leaking, loadgen.Complete),
		completed: slices.Contains(clean, loadgen.Complete),
		upstreams: j.knows(Upstreams), upstreamsGone: j.knows(Upstreams) && j.stuck == 0,
	}
	if seen.only(loadgen.Vanish, loadgen.Stall) {
		j.findUnswept()
	}
	for _, known := range fingerprints {
		if !known.fits(seen) {
			continue
		}
		f := known.finding
		f.Severity, f.Evidence = SeverityError, j.leakEvidence(leaking)
		if f.Code != NoUpstreamCancel {
			f.Disconnects = leaking
		}
		j.find(f)
		return
	}
}

// fingerprint is what the leaks look like.
type fingerprint struct {
	leaking, clean []loadgen.Disconnect
	// sessions is how many stayed past their windows; late says that all of them
	// came back in the end, stepwise that they did as a sweep or a timeout takes
	// them.
	sessions       int
	late, stepwise bool
	// completes and completed say that streams that completed leak, or do not.
	completes, completed bool
	// upstreams says that they were looked at, upstreamsGone that none stayed.
	upstreams, upstreamsGone bool
}

// only tells whether every leaking way is one of these.
func (f fingerprint) only(these ...loadgen.Disconnect) bool {
	return len(f.leaking) > 0 && !slices.ContainsFunc(f.leaking, func(d loadgen.Disconnect) bool { return !slices.Contains(these, d) })
}

// fingerprints are what is known, the first that fits is it. Which ways leak says
// more than how long: what only the timeout or the sweep took back stays as long
// as they let it.
var fingerprints = []struct {
	fits    func(fingerprint) bool
	finding Finding
}{
	{func(f fingerprint) bool { return f.sessions == 0 }, Finding{
		Code:    NoUpstreamCancel,
		Summary: "sessions come back, their upstreams do not: consistent with a release that does not cancel the generation",
		Hint:    "cancel the request to the model with the session, on every end",
	}},
	{func(f fingerprint) bool { return f.only(loadgen.Overstay) }, Finding{
		Code:    NoTimeout,
		Summary: "a stream that never leaves is not ended at the timeout: consistent with a timeout of zero, or one that ends nothing",
		Hint:    "give every stream a longest life, and release its session when that is over",
	}},
	{func(f fingerprint) bool { return f.only(loadgen.Early) && len(f.clean) > 0 }, Finding{
		Code:    EarlyAbort,
		Summary: "only sessions of streams that left before the first event stay: consistent with a watch for the disconnect that begins too late",
		Hint:    "watch for the disconnect before the session is registered, and look once more when it is",
	}},
	{func(f fingerprint) bool { return f.only(loadgen.Vanish) && len(f.clean) > 0 }, Finding{
		Code:    NoHeartbeat,
		Summary: "only sessions of clients that vanished while nothing was sent stay: consistent with no heartbeat on an idle stream",
		Hint:    "send a comment after each silence of 15 s, and bound how long it may stay unacknowledged",
	}},
	{func(f fingerprint) bool { return f.only(loadgen.Vanish, loadgen.Stall) }, Finding{
		Code:    NoWriteDeadline,
		Summary: "sessions of clients that stalled or vanished stay: consistent with no bound on how long a write may stay unacknowledged",
		Hint:    "set TCP_USER_TIMEOUT on each accepted connection, and a deadline on each write",
	}},
	{func(f fingerprint) bool { return f.only(loadgen.Complete) && len(f.clean) > 0 }, Finding{
		Code:    NoCompletionCallback,
		Summary: "only sessions of completed streams stay: consistent with no release when the reply is done",
		Hint:    "release the session on completion as on an error",
	}},
	{func(f fingerprint) bool { return f.late && !f.stepwise && len(f.leaking) > 1 }, Finding{
		Code:    SlowReclaim,
		Summary: "every session comes back, one after the other and after its window: consistent with a release that is queued behind a slow worker",
		Hint:    "release the session where its end is noticed, not in a queue; or give the window that you promise with --window",
	}},
	{func(f fingerprint) bool { return f.completed && len(f.leaking) > 1 }, Finding{
		Code:    NoErrorCallback,
		Summary: "sessions of completed streams come back, those of streams that left do not: consistent with no release on a disconnect or a failed write",
		Hint:    "release the session when the request's context ends or a write fails: onError, onTimeout, res.on('close')",
	}},
	{func(f fingerprint) bool { return f.late }, Finding{
		Code:    Late,
		Summary: "every session comes back, but after its window: consistent with a release that waits for a sweep or a timeout",
		Hint:    "release the session at once in the callbacks of completion, timeout and error; or give the window that you promise with --window",
	}},
	{func(f fingerprint) bool { return f.completes && len(f.leaking) > 1 && f.upstreamsGone }, Finding{
		Code:    NoRemove,
		Summary: "sessions stay although their upstreams are gone: consistent with a release that cancels but does not remove the entry from the session map",
		Hint:    "remove the session from the map where it is cancelled, if the entry is still its own",
	}},
	{func(f fingerprint) bool { return f.completes && len(f.leaking) > 1 && f.upstreams }, Finding{
		Code:    NoCallbacks,
		Summary: "sessions and their upstreams stay, however the stream leaves: consistent with no release at the end of a stream, neither on completion nor on an error",
		Hint:    "release the session in one place that every end goes through: defer or finally, onCompletion, onTimeout and onError",
	}},
	{func(fingerprint) bool { return true }, Finding{
		Code:    Leak,
		Summary: "sessions stay after their streams have left",
		Hint:    "release the session on every end of its stream; leave in every way (no --disconnect) and read upstreams too to learn which defence is missing",
	}},
}

// stepwise tells whether the late sessions came back in a few steps, as a sweep
// takes them, or all at one age, as a timeout does.
func (j *judge) stepwise() bool {
	if !j.byID {
		return true // nobody can tell
	}
	tracks := j.tracks(Sessions)
	steps := map[time.Duration]bool{}
	var youngest, oldest time.Duration
	for _, r := range j.e.Records {
		s := sighted(tracks, r.N)
		if !gone(r) || s.Gone == 0 || s.Last-r.Ended <= j.e.Windows[way(r)] {
			continue
		}
		steps[s.Gone] = true
		age := s.Gone - r.Connected
		if len(steps) == 1 && oldest == 0 {
			youngest = age
		}
		youngest, oldest = min(youngest, age), max(oldest, age)
	}
	return len(steps) <= maxSteps || oldest-youngest < alike
}

// findUnswept tells of sessions that were listed after the sweep that should have
// taken them, because their clients had vanished.
func (j *judge) findUnswept() {
	swept := j.e.limits().swept()
	if !j.byID || swept == 0 {
		return
	}
	tracks := j.tracks(Sessions)
	n := 0
	for _, r := range j.e.Records {
		if gone(r) && way(r) == loadgen.Vanish && sighted(tracks, r.N).Last-r.Ended > swept {
			n++
		}
	}
	if n == 0 {
		return
	}
	j.find(Finding{
		Code: SweepNever, Severity: SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Vanish},
		Summary:  "sessions of clients that vanished outlive the server's sweeps: consistent with heartbeats that count as activity although nobody acknowledges them",
		Evidence: fmt.Sprintf("%s listed more than %s after the client had vanished: idle timeout, a sweep's period and %s", count(n, "session"), seconds(swept), seconds(slackKnown)),
		Hint:     "take as activity only what comes from the client: a pong, or bytes that its kernel acknowledged",
	})
}

// maxSteps is how many moments a sweep has in the time that is watched.
const maxSteps = 3

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

// knows tells whether a role was looked at, by probes that saw the streams.
func (j *judge) knows(r Role) bool { return len(j.tracks(r)) > 0 && !j.blind[r] }

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
