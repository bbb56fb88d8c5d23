package server

import (
	"fmt"
	"slices"
	"strings"
)

// A Defect is a part of a defence that is left out on purpose, to prove that
// the detector finds it. Its name is the code of the finding it must give.
//
// Each one stands where the right code stands: search for the constant.
type Defect string

const (
	NoTimeout             Defect = "no-timeout"              // newSession
	NoCallbacks           Defect = "no-callbacks"            // manager.finish and newSession
	NoCompletionCallback  Defect = "no-completion-callback"  // manager.finish
	NoErrorCallback       Defect = "no-error-callback"       // manager.finish and newSession
	NoHeartbeat           Defect = "no-heartbeat"            // conversation.beat
	NoWriteDeadline       Defect = "no-write-deadline"       // Config.patience, Server.pongs and Server.Serve
	NoRemove              Defect = "no-remove"               // manager.release
	NoUpstreamCancel      Defect = "no-upstream-cancel"      // manager.generate and manager.finish
	WorkerLeak            Defect = "worker-leak"             // conversation.run
	FDLeak                Defect = "fd-leak"                 // manager.open
	MemoryLeak            Defect = "memory-leak"             // manager.farewell
	SweepKillsLive        Defect = "sweep-kills-live"        // manager.sweep
	SweepNever            Defect = "sweep-never"             // newSession
	RefreshKillsSuccessor Defect = "refresh-kills-successor" // manager.release and manager.finish
	EarlyAbort            Defect = "early-abort"             // conversation.begin and newSession
	SlowReclaim           Defect = "slow-reclaim"            // manager.finish, and backlog
)

// DefectInfo describes a Defect in three lines.
type DefectInfo struct {
	Name   Defect
	Lacks  string // what is left out
	Effect string // what shows from outside
	Bug    string // where it was seen: repository and number, or the habit that it comes from
}

// Defects returns all known defects, in the order of the defences that they
// break.
func Defects() []DefectInfo {
	return []DefectInfo{
		{NoTimeout, "the timeout: it is told in the config, and nothing enforces it",
			"a stream that never leaves stays for ever; every other way is clean",
			"new SseEmitter(0L), as tutorials have it: zero means never"},
		{NoCallbacks, "release on every end: neither completion, nor timeout, nor error, nor a failed write gives the session back",
			"every way of leaving waits for the sweep, and the upstream generates for nobody until then",
			"modelcontextprotocol/python-sdk#2455: 224 sessions made, none removed; spring-boot#12321"},
		{NoCompletionCallback, "release when the reply is done",
			"completed streams stay in the list until the sweep; every other way is clean",
			"codev#580: 2932 opened, 462 closed"},
		{NoErrorCallback, "release on a disconnect or a failed write",
			"completed and timed-out streams are released; every other way waits for the sweep, and the upstream generates for nobody until then",
			"jetty#3283, spring-boot#27574: onError is never called"},
		{NoHeartbeat, "heartbeats on an idle stream",
			"nothing is sent for longer than the interval; who vanishes from an idle stream stays until the sweep or the timeout, and a sweep takes an idle listener for lost",
			"bpolaszek/freddie#50: who dies silently on an idle stream is never seen to leave"},
		{NoWriteDeadline, "the write deadline and TCP_USER_TIMEOUT",
			"who stalls or vanishes stays until the sweep or the timeout",
			"gmuxapp/gmux#243: a killed client stays for minutes; netpulse#67: one sleeping phone stops every stream"},
		{NoRemove, "removal from the session map: a session is cancelled, but its entry stays",
			"the list keeps ids whose upstreams, workers and descriptors are gone; neither the sweep nor DELETE removes them",
			"modelcontextprotocol/java-sdk#162: the session map only grows"},
		{NoUpstreamCancel, "the upstream's cancellation",
			"sessions fall, upstreams stay until their reply is done; an endless one stays until shutdown",
			"litellm#3341, open-webui#456, next.js#50364: the model writes on for nobody"},
		{WorkerLeak, "the end of the heartbeat's own goroutine, which ticks on for a session that is gone",
			"sessions fall, goroutines grow by one for each until shutdown",
			"a ScheduledExecutorService made for each connection and never shut down, as tutorials have it"},
		{FDLeak, "the close of a second descriptor of the connection, taken to look at it",
			"sessions fall, open descriptors grow by one for each, in CLOSE_WAIT, until shutdown",
			"jersey#3105 and modelcontextprotocol/java-sdk#1021: CLOSE_WAIT for ever, the pool exhausted"},
		{MemoryLeak, "the release of a session's buffer: 64 KiB stay for each",
			"sessions fall, memory grows with every round until shutdown",
			"next.js#94919: 256 KiB for each aborted request"},
		{SweepKillsLive, "the sweep's look at last activity",
			"live streams are cut, all at one moment, at every sweep",
			"insforge-mcp#71, modelcontextprotocol/python-sdk#2455: a clean-up that walks the map and closes every entry"},
		{SweepNever, "the acknowledgement: a heartbeat that only reached our own send buffer refreshes last activity",
			"nothing by itself; with no-write-deadline and a long timeout, who vanishes is never swept",
			"lastActive = now after each send, as most sweeps have it"},
		{RefreshKillsSuccessor, "the compare in compare-and-delete: an old stream's late release goes by its id",
			"after a refresh the new stream is open at its client and not in the list",
			"netpulse#199; emitters.remove(id) in the callback of a stream that was replaced, as tutorials have it"},
		{EarlyAbort, "the look at a client until its first event is out",
			"who leaves before the first event stays until the sweep; who leaves later is released at once",
			"spring-framework#33340, stemdeck#513: gone before the handler is installed"},
		{SlowReclaim, "a release that keeps up: one slow worker does it, five sessions a second",
			"everything comes back, late as soon as many leave at once",
			"a clean-up on one background thread that writes to a database"},
	}
}

// ParseDefect returns the defect of that name, or an error that lists the
// known ones.
func ParseDefect(name string) (Defect, error) {
	var known []string
	for _, d := range Defects() {
		if string(d.Name) == name {
			return d.Name, nil
		}
		known = append(known, string(d.Name))
	}
	return "", fmt.Errorf("defect %q: unknown; known are %s", name, strings.Join(known, ", "))
}

// defective tells whether any of them was asked for.
func (c Config) defective(ds ...Defect) bool {
	return slices.ContainsFunc(ds, func(d Defect) bool { return slices.Contains(c.Defects, d) })
}
