package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// fingerprint is what the leaks look like.
type fingerprint struct {
	leaking, clean []loadgen.Disconnect
	// sessions is how many stayed past their windows; late says that all of them
	// came back in the end, stepwise that they did as a sweep or a timeout takes
	// them.
	sessions       int
	late, stepwise bool
	// inLine says that they came back in the order in which they had left.
	inLine bool
	// few says that hardly one stayed of those that left in the same ways.
	few bool
	// part says that more of them came back in time than stayed.
	part bool
	// trickling says that a good part of them came back, and others may yet.
	trickling bool
	// completes and completed say that streams that completed leak, or do not.
	completes, completed bool
	// upstreams says that they were looked at, upstreamsGone that none stayed.
	upstreams, upstreamsGone bool
	// goOn says that replies go on for longer than anybody watched: an upstream that is
	// gone was cancelled.
	goOn bool
	// ended says that the server has ended the streams that never left by themselves.
	ended bool
	// warmedUp says that the sessions of the warm-up came back, whose streams closed.
	warmedUp bool
	// beaten says that heartbeats came over the streams that vanished, due that one should
	// have, as far as anybody knows.
	beaten, due bool
	// heartbeat is the longest time between two heartbeats of any stream; zero
	// where none came. silent is for how long nothing came over the streams before
	// they left and leaked; zero where something did.
	heartbeat, silent time.Duration
	// took is how long the run did.
	took time.Duration
	// patient says that sessions were watched for longer than two heartbeats.
	patient bool
	// hangups says that every way in which a connection is hung up leaks.
	hangups bool
	// some is what those that leak in part tell, written what those that came back
	// by a failed write do; both are empty where they do not.
	some, written string
	// sockets is where the connections of the sessions that stayed are.
	sockets standing
	// more is what else to ask for, to learn what the fingerprint does not tell.
	more []string
}

// only tells whether every leaking way is one of these.
func (f fingerprint) only(these ...loadgen.Disconnect) bool {
	return len(f.leaking) > 0 && !slices.ContainsFunc(f.leaking, func(d loadgen.Disconnect) bool { return !slices.Contains(these, d) })
}

// alsoOverstay tells whether streams that never leave stay beside those that are lost,
// and no other: two defences are missing, a timeout and a bound on what is unacknowledged.
// What comes back one after the other is in a queue, and a stream that was ended has had
// its timeout.
func (f fingerprint) alsoOverstay() bool {
	if f.queued() || f.ended {
		return false
	}
	return f.only(loadgen.Overstay, loadgen.Vanish, loadgen.Stall) && slices.Contains(f.leaking, loadgen.Overstay) && len(f.leaking) > 1
}

// alsoComplete tells whether sessions of completed streams stay beside others, and those
// of streams that hang up do not: a disconnect releases, and each of these lacks something
// of its own.
func (f fingerprint) alsoComplete() bool {
	if f.queued() {
		return false
	}
	hears := f.warmedUp || slices.ContainsFunc(f.clean, func(d loadgen.Disconnect) bool { return hangsUp(d) && !replaces(d) })
	return f.completes && len(f.leaking) > 1 && hears && !slices.ContainsFunc(f.leaking, hangsUp)
}

// with is the fingerprint with one leaking way alone, without the one without it.
func (f fingerprint) with(d loadgen.Disconnect) fingerprint {
	f.leaking = []loadgen.Disconnect{d}
	return f
}

func (f fingerprint) without(d loadgen.Disconnect) fingerprint {
	f.leaking = slices.DeleteFunc(slices.Clone(f.leaking), func(l loadgen.Disconnect) bool { return l == d })
	return f
}

// removes tells whether the sessions of some way come back: what ends these does remove
// them.
func (f fingerprint) removes() bool {
	return f.warmedUp || slices.ContainsFunc(f.clean, func(d loadgen.Disconnect) bool { return !replaces(d) })
}

// hears tells whether a way in which a client is lost gives its session back: then a
// disconnect and a failed write are listened to, and what stays lacks something of its
// own. That answers which are through come back, or streams that reach the timeout, says
// nothing of those.
func (f fingerprint) hears() bool { return f.warmedUp || slices.ContainsFunc(f.clean, loses) }

// queued tells whether sessions come back late, one after the other: whatever was to end
// them has, and its release has to wait.
func (f fingerprint) queued() bool { return (f.late || f.trickling) && !f.stepwise }

// slow tells whether sessions are only late: one after the other, or while most came back in
// time.
func (f fingerprint) slow() bool { return f.queued() || (f.late && f.part) }

// lacksBound tells whether sessions stay of clients that went silently, and not for want of a
// release: others who are lost come back, these do not, nor one after the other.
func (f fingerprint) lacksBound() bool {
	return f.only(loadgen.Vanish, loadgen.Stall) && f.hears() && !f.slow()
}

// sweepable tells whether a sweep that takes nobody is known to leave its sessions alone:
// some session was removed, or else not even their upstreams were ended.
func (f fingerprint) sweepable() bool { return f.removes() || (f.upstreams && !f.upstreamsGone) }

// unbeaten tells whether who vanished would have been noticed if heartbeats had come: none
// did that was due, or a bound on what is unacknowledged is known from those that stalled.
func (f fingerprint) unbeaten() bool {
	return f.only(loadgen.Vanish) && !f.beaten && (f.due || slices.Contains(f.clean, loadgen.Stall))
}

// toldOf tells whether some way leaks of which the server is told at once.
func (f fingerprint) toldOf() bool {
	return slices.ContainsFunc(f.leaking, func(d loadgen.Disconnect) bool { return hangsUp(d) || d == loadgen.Early })
}

// cancelled tells whether sessions stay of which the upstreams were cancelled, and nothing
// removes any. It takes a way in which one leaves whose reply goes on: of a completed stream
// it is through, of an early one it may never have begun, and a refreshed page's is its
// successor's. Streams that never leave have to be ended for that, or they may be through.
func (f fingerprint) cancelled() bool {
	left := slices.ContainsFunc(f.leaking, func(d loadgen.Disconnect) bool {
		return (loses(d) && d != loadgen.Early) || (d == loadgen.Overstay && f.ended)
	})
	return f.upstreamsGone && f.goOn && left && !f.removes()
}

// noticed tells whether the server's end of the connections must have noticed that
// the clients have hung up: a write has failed, or the connections are gone.
func (f fingerprint) noticed() bool {
	return f.sockets.allGone() || (f.heartbeat > 0 && f.patient)
}

// known is a fingerprint, and what it says.
type known struct {
	fits    func(fingerprint) bool
	finding Finding
	// notes are what more of the run's figures it rests on; nil is nothing.
	notes func(fingerprint) string
}

// known is the first of the known fingerprints that fits.
func (f fingerprint) known() known {
	return fingerprints[slices.IndexFunc(fingerprints, func(k known) bool { return k.fits(f) })]
}

// told is what a known fingerprint adds to the evidence.
func (k known) told(f fingerprint) string {
	if k.notes == nil {
		return ""
	}
	if text := k.notes(f); text != "" {
		return "; " + text
	}
	return ""
}

// noRemove is what two fingerprints are known for.
var noRemove = Finding{
	Code:    NoRemove,
	Summary: "sessions stay although their upstreams are gone: consistent with a release that cancels but does not remove the entry from the session map",
	Hint:    "remove the session from the map where it is cancelled, if the entry is still its own",
}

// fingerprints are what is known, the first that fits is it. Which ways leak says
// more than how long: what only the timeout or the sweep took back stays as long
// as they let it.
var fingerprints = []known{
	{func(f fingerprint) bool { return f.sessions == 0 }, Finding{
		Code:    NoUpstreamCancel,
		Summary: "sessions come back, their upstreams do not: consistent with a release that does not cancel the generation",
		Hint:    "cancel the request to the model with the session, on every end",
	}, nil},
	{func(f fingerprint) bool { return f.late && f.few }, Finding{
		Code:    Late,
		Summary: "a few sessions come back after their windows, and most that left in the same ways within: consistent with a server, or a machine, that was busy for a moment",
		Hint:    "run with nothing else on the machine, or with fewer streams (-n); or give the window that you promise with --window",
	}, nil},
	// Whatever the ways were: each of the defences below is missing with its upstreams still
	// there, or while some way comes back.
	{func(f fingerprint) bool { return f.cancelled() && !f.late && !f.trickling && f.some == "" }, noRemove, nil},
	// One way is enough: a stream that is open after the timeout has not been ended. One that
	// was ended, and whose session stays, lacks a release.
	{func(f fingerprint) bool { return f.only(loadgen.Overstay) && !f.ended && !f.slow() }, Finding{
		Code:    NoTimeout,
		Summary: "a stream that never leaves is not ended at the timeout: consistent with a timeout of zero, or one that ends nothing",
		Hint:    "give every stream a longest life, and release its session when that is over",
	}, nil},
	{func(f fingerprint) bool { return f.written != "" }, Finding{
		Code:    Late,
		Summary: "every session comes back by a write that fails, which for a FIN is the second heartbeat, and that is after its window: consistent with a server that notices only by writing",
		Hint:    "give a window of two heartbeats and some, --window; or send heartbeats more often, or watch the connection: the request's context, res.on('close')",
	}, func(f fingerprint) string { return f.written }},
	{func(f fingerprint) bool { return f.only(loadgen.Early) && f.hears() && !f.slow() }, Finding{
		Code:    EarlyAbort,
		Summary: "only sessions of streams that left before the first event stay: consistent with a watch for the disconnect that begins too late",
		Hint:    "watch for the disconnect before the session is registered, and look once more when it is; read a request's body before anything else, for some servers watch the connection only then (Go's net/http)",
	}, nil},
	{func(f fingerprint) bool { return f.only(loadgen.Refresh) && f.hears() && !f.slow() }, Finding{
		Code:    RefreshKeepsBoth,
		Summary: "only sessions of refreshed pages stay: consistent with a successor that takes the place of the old session, whose own clean-up then finds no entry of its own",
		Hint:    "end and remove the session that is replaced, or give each stream a key of its own",
	}, nil},
	{func(f fingerprint) bool { return f.lacksBound() && f.unbeaten() }, Finding{
		Code:    NoHeartbeat,
		Summary: "only sessions of clients that vanished while nothing was sent stay: consistent with no heartbeat on an idle stream",
		Hint:    "send a comment after each silence of 15 s, and bound how long it may stay unacknowledged",
	}, nil},
	{func(f fingerprint) bool {
		return f.lacksBound() && (f.beaten || f.heartbeat > 0 || slices.Contains(f.leaking, loadgen.Stall))
	}, Finding{
		Code:    NoWriteDeadline,
		Summary: "sessions of clients that stalled or vanished stay: consistent with no bound on how long a write may stay unacknowledged",
		Hint:    "set TCP_USER_TIMEOUT on each accepted connection, and a deadline on each write",
	}, nil},
	{func(f fingerprint) bool { return f.only(loadgen.Complete) && f.removes() && !f.slow() }, Finding{
		Code:    NoCompletionCallback,
		Summary: "only sessions of completed streams stay: consistent with no release when the reply is done",
		Hint:    "release the session on completion as on an error",
	}, nil},
	{func(f fingerprint) bool { return f.some != "" }, Finding{
		Code:    ReleaseFailsForSome,
		Summary: "some sessions stay and others, whose clients left in the same way, come back: consistent with a clean-up that throws, dead-locks or gives up where another is under way",
		Hint:    "let the removal from the session map come first and be unable to fail; log what the clean-up throws; take no lock in it that a write may hold",
	}, func(f fingerprint) string { return f.some }},
	{func(f fingerprint) bool {
		return f.silent > 0 && f.hangups && !f.completes && !f.sockets.allGone() && (!f.late || f.stepwise)
	}, Finding{
		Code:    WritesNothing,
		Summary: "sessions stay however their clients hang up, and nothing is written to them meanwhile: consistent with a handler that waits for its next message and neither writes nor watches the connection",
		Hint:    "send a comment after each silence of 15 s and release the session when a write fails; or wait for the connection's end too: the request's context, res.on('close')",
	}, func(f fingerprint) string {
		text := fmt.Sprintf("nothing had come for at least %s before they hung up, and no heartbeat in the %s of the run", seconds(f.silent), seconds(f.took))
		return joined(text, f.sockets.String())
	}},
	{func(f fingerprint) bool { return f.queued() && (len(f.leaking) > 1 || f.inLine) }, Finding{
		Code:    SlowReclaim,
		Summary: "sessions come back one after the other, and after their windows: consistent with a release that is queued behind a slow worker",
		Hint:    "release the session where its end is noticed, not in a queue; or give the window that you promise with --window",
	}, nil},
	{func(f fingerprint) bool { return f.completed && len(f.leaking) > 1 && f.toldOf() }, Finding{
		Code:    NoErrorCallback,
		Summary: "sessions of completed streams come back, those of streams that left do not: consistent with no release on a disconnect or a failed write",
		Hint:    "release the session when the request's context ends or a write fails: onError, onTimeout, res.on('close')",
	}, func(f fingerprint) string { return f.sockets.String() }},
	{func(f fingerprint) bool { return f.late && f.completes && len(f.leaking) > 1 }, Finding{
		Code:    NoCallbacks,
		Summary: "however the stream leaves, its session comes back only when a sweep or the timeout takes it: consistent with no release at the end of a stream, neither on completion nor on an error",
		Hint:    "release the session in one place that every end goes through: defer or finally, onCompletion, onTimeout and onError",
	}, nil},
	{func(f fingerprint) bool { return f.late }, Finding{
		Code:    Late,
		Summary: "every session comes back, but after its window: consistent with a release that waits for a sweep or a timeout",
		Hint:    "release the session at once in the callbacks of completion, timeout and error; or give the window that you promise with --window",
	}, nil},
	{func(f fingerprint) bool { return f.completes && len(f.leaking) > 1 && f.upstreamsGone }, noRemove, nil},
	{func(f fingerprint) bool {
		return f.completes && len(f.leaking) > 1 && !f.upstreams && f.sockets.allGone()
	}, Finding{
		Code:    NoRemove,
		Summary: "sessions stay although their connections are gone, however the stream leaves: consistent with a release that closes but does not remove the entry from the session map",
		Hint:    "remove the session from the map where its stream ends, if the entry is still its own",
	}, func(f fingerprint) string { return f.sockets.String() }},
	{func(f fingerprint) bool {
		return !f.late && f.hangups && !f.completes && f.noticed() && (!f.ended || !slices.Contains(f.leaking, loadgen.Overstay))
	}, Finding{
		Code:    NoErrorCallback,
		Summary: "sessions stay however their clients hang up, although the server's end has noticed it: consistent with no release on a disconnect, and failed writes that are ignored; no stream completed, so nobody knows of completion",
		Hint:    "release the session when the request's context ends or a write fails: onError, onTimeout, res.on('close')",
	}, func(f fingerprint) string {
		if f.heartbeat == 0 {
			return f.sockets.String()
		}
		return joined(fmt.Sprintf("a heartbeat came every %s, and the sessions were watched for longer than two", seconds(f.heartbeat)), f.sockets.String())
	}},
	{func(f fingerprint) bool { return f.completes && len(f.leaking) > 1 && f.upstreams }, Finding{
		Code:    NoCallbacks,
		Summary: "sessions and their upstreams stay, however the stream leaves: consistent with no release at the end of a stream, neither on completion nor on an error",
		Hint:    "release the session in one place that every end goes through: defer or finally, onCompletion, onTimeout and onError",
	}, nil},
	{func(fingerprint) bool { return true }, Finding{
		Code:    Leak,
		Summary: "sessions stay after their streams have left",
		Hint:    "release the session on every end of its stream",
	}, nil},
}

// joined puts two parts of an evidence together.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
