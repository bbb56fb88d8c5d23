package leakcheck

import (
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Phase is a part of a run.
type Phase string

// The phases, in their order.
const (
	WarmingUp Phase = "warming up"
	Baseline  Phase = "reading the baseline"
	Opening   Phase = "opening"
	Holding   Phase = "holding"
	Leaving   Phase = "leaving"
	Watching  Phase = "watching"
)

// Progress is where a run stands.
type Progress struct {
	Phase Phase
	// Wave numbers the part of the load that is under way from 1; Waves is how many
	// there are, zero before that is known.
	Wave, Waves int
	// Counts are those of the wave's streams, and of all controls.
	loadgen.Counts
	// Reclaimed is how many sessions of streams that are over are back, by the
	// readings so far.
	Reclaimed int
	// WindowLeft is how much is left of the longest window; zero before the
	// streams have left.
	WindowLeft time.Duration
	// AtMost is how much longer the run takes where no session comes back; zero before
	// that is known.
	AtMost time.Duration
}
