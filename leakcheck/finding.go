package leakcheck

import "github.com/sse-tool/sse-tool/loadgen"

// Code names what a finding is about. Codes that are the name of a defence left
// out say what the run's evidence is consistent with.
type Code string

// The codes.
const (
	// Leak: sessions stay, and no fingerprint says more.
	Leak Code = "leak"
	// Late: sessions came back, but after their window.
	Late Code = "late"
	// NoRemove: sessions are cancelled but stay in the list.
	NoRemove Code = "no-remove"
	// NoCallbacks: nothing that happens to a stream releases its session.
	NoCallbacks Code = "no-callbacks"
	// NoCompletionCallback: only completed streams stay.
	NoCompletionCallback Code = "no-completion-callback"
	// NoErrorCallback: only streams that ended otherwise stay.
	NoErrorCallback Code = "no-error-callback"
	// NoTimeout: a stream that never leaves is never ended.
	NoTimeout Code = "no-timeout"
	// NoHeartbeat: only streams that vanished while nothing was sent stay.
	NoHeartbeat Code = "no-heartbeat"
	// NoWriteDeadline: streams that stalled or vanished stay.
	NoWriteDeadline Code = "no-write-deadline"
	// NoBackPressure: while clients stalled nothing came over the streams of others.
	NoBackPressure Code = "no-back-pressure"
	// SweepNever: streams that vanished stay, and no sweep takes them.
	SweepNever Code = "sweep-never"
	// EarlyAbort: only streams that left before the first event stay.
	EarlyAbort Code = "early-abort"
	// SlowReclaim: sessions come back late, one after the other.
	SlowReclaim Code = "slow-reclaim"
	// WritesNothing: whoever hangs up stays, and nothing is ever written.
	WritesNothing Code = "writes-nothing"
	// ReleaseFailsForSome: of those that left in one way some stay and some do not.
	ReleaseFailsForSome Code = "release-fails-for-some"
	// NoUpstreamCancel: sessions come back, upstreams do not.
	NoUpstreamCancel Code = "no-upstream-cancel"
	// WorkerLeak: sessions come back, workers grow with every round.
	WorkerLeak Code = "worker-leak"
	// FDLeak: sessions come back, descriptors grow with every round.
	FDLeak Code = "fd-leak"
	// MemoryLeak: sessions come back, memory grows with every round.
	MemoryLeak Code = "memory-leak"
	// ControlsKilled: live sessions were ended.
	ControlsKilled Code = "controls-killed"
	// SweepKillsLive: live sessions were ended at one moment.
	SweepKillsLive Code = "sweep-kills-live"
	// RefreshKillsSuccessor: a refreshed session was removed or ended by the
	// clean-up of the stream before it.
	RefreshKillsSuccessor Code = "refresh-kills-successor"
	// RefreshKeepsBoth: only sessions of refreshed pages stay.
	RefreshKeepsBoth Code = "refresh-keeps-both"
	// RefreshRefused: the page that came back was not let in.
	RefreshRefused Code = "refresh-refused"
	// IdleCut: live streams were ended after the same length of silence.
	IdleCut Code = "idle-cut"
	// HasCrashed: the server died under the test.
	HasCrashed Code = "crashed"
	// ServerRestarted: the server began another life under the test.
	ServerRestarted Code = "server-restarted"
	// ProbeBlind: a probe did not rise with the streams.
	ProbeBlind Code = "probe-blind"
	// ProbeFailed: a probe did not answer when it mattered.
	ProbeFailed Code = "probe-failed"
	// Unproven: sessions were there when the last reading came, within their
	// windows.
	Unproven Code = "unproven"
	// TooOld: streams left so late that the timeout may have taken their sessions.
	TooOld Code = "too-old"
	// Noise: other clients moved a count.
	Noise Code = "noise"
	// Strangers: entries that nobody knows came and stayed.
	Strangers Code = "strangers"
	// Lost: streams were lost on our side, or by an answer that is not well
	// formed.
	Lost Code = "lost"
	// CounterWrong: fewer sessions than streams that are open.
	CounterWrong Code = "counter-wrong"
	// BelowBaseline: fewer sessions at the end than before the run.
	BelowBaseline Code = "below-baseline"
	// WarmUpStayed: a count began with sessions of the warm-up.
	WarmUpStayed Code = "warm-up-stayed"
	// FewOpened: too few streams opened.
	FewOpened Code = "few-opened"
	// IsRejected: the server refused streams.
	IsRejected Code = "rejected"
	// EndedEarly: streams were through before they were to leave.
	EndedEarly Code = "ended-early"
	// Unfinished: streams that were to complete did not.
	Unfinished Code = "unfinished"
	// ReconnectLoop: answers end without a word that says so, and their request, asked
	// again, is answered with a stream again.
	ReconnectLoop Code = "reconnect-loop"
	// CutByServer: streams broke before they were to leave.
	CutByServer Code = "cut-by-server"
	// WayNotJudged: a way could not be judged.
	WayNotJudged Code = "not-judged"
	// ProxyHolds: sessions stay only through what stands between ([Between]).
	ProxyHolds Code = "proxy-holds"
	// ProxyCuts: live streams are ended only there.
	ProxyCuts Code = "proxy-cuts"
	// ProxyDelays: sessions come back later through it.
	ProxyDelays Code = "proxy-delays"
	// ProxyBuffers: events come later through it.
	ProxyBuffers Code = "proxy-buffers"
	// ProxyHides: sessions stay only at the server itself.
	ProxyHides Code = "proxy-hides"
	// WasInterrupted: the run was ended from outside.
	WasInterrupted Code = "interrupted"
	// BrokenThreshold: a figure is beyond the bound that was given, or was never
	// measured.
	BrokenThreshold Code = "threshold"
	// GotWorse: the run is worse than the earlier one that it was held against.
	GotWorse Code = "worse"
)

// Severity is how much a finding weighs.
type Severity string

// The severities: an error decides the verdict, a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is one thing that the readings show.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Disconnects are the ways that showed it.
	Disconnects []loadgen.Disconnect `json:"disconnects,omitempty"`
	// Role is that of the probes whose readings it is about; empty for a finding
	// about ways or the run.
	Role Role `json:"role,omitempty"`
	// Summary says what was seen and what it is consistent with.
	Summary string `json:"summary"`
	// Evidence is the run's figures for it.
	Evidence string `json:"evidence"`
	// Hint says what to do about it.
	Hint string `json:"hint"`
	// Fixes say how that is done in the server's own frameworks, where they are
	// known.
	Fixes []Fix `json:"fixes,omitempty"`
}
