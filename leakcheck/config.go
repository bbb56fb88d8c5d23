package leakcheck

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Config is what a run is to do.
type Config struct {
	// Plan is the load. Its defaults are package loadgen's.
	Plan loadgen.Plan
	// Probes are the places where sessions are read; at least one of them has
	// the role sessions.
	Probes []Probe
	// Windows are how long sessions may remain. Default: by what the server
	// tells of its bounds, else by its heartbeat ([Windows.For]).
	Windows Windows
	// Apart judges each way on its own: Plan.Streams is then how many leave in each.
	// Where every probe of sessions lists ids by which the streams are known the ways
	// run side by side, else one after the other.
	Apart bool
	// Rounds is how often the streams open, leave and are watched. Default 1, or
	// [SlopeRounds] where a probe reads workers, descriptors or memory: of those only
	// what grows with every round is a leak.
	Rounds int
	// Poll is how often the probes are read. Default 100 ms.
	Poll time.Duration
	// Server is what is known of the server before, where no probe tells it.
	Server *Server
	// MaxTime is how long the run may take: a way that needs longer is left out as far
	// as that can be known before ([Config.Fit]), and what has not come back by then is
	// not waited for. Zero is for ever.
	MaxTime time.Duration
	// Require are ways without which there is no verdict: one that cannot be taken
	// is an error, one that turns out not to be judged makes it Inconclusive.
	Require []loadgen.Disconnect
	// Skipped are ways that were left out; the report tells of them.
	Skipped []NotJudged
	// Endless says that the streams' answers go on for ever.
	Endless bool
	// Framework is what the server is written with; empty leaves it to what the
	// probes and the server's own headers tell.
	Framework Framework
	// Tool is the name and version that reports carry.
	Tool string
	// Progress, if it is not nil, is called at every poll, from one goroutine;
	// the run waits for it.
	Progress func(Progress)
}

// WithDefaults returns the config with every default filled in.
func (c Config) WithDefaults() Config {
	c.Plan = c.Plan.WithDefaults()
	if c.Poll == 0 {
		c.Poll = 100 * time.Millisecond
	}
	if c.Rounds == 0 {
		c.Rounds = 1
		if c.reads(func(r Role) bool { return !r.PerStream() }) {
			c.Rounds = SlopeRounds
		}
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	return c
}

// SlopeRounds is how many rounds it takes to tell growth from a beginning.
const SlopeRounds = 3

// maxRounds keeps a slip of the finger from a run without end.
const maxRounds = 1000

// ErrNoProbe says that nothing was given that tells a server's sessions.
var ErrNoProbe = errors.New("no probe reads the server's sessions")

// Validate tells what is wrong with a config whose defaults are filled in, its
// probes left out.
func (c Config) Validate() error {
	if c.Poll < 10*time.Millisecond {
		return fmt.Errorf("poll: %s is below 10ms", c.Poll)
	}
	if c.Poll > time.Minute {
		return fmt.Errorf("poll: %s is above a minute", c.Poll)
	}
	if err := c.Plan.Validate(); err != nil {
		return err
	}
	if err := c.validateTime(); err != nil {
		return err
	}
	if c.Rounds < 1 || c.Rounds > maxRounds {
		return fmt.Errorf("rounds: %d is not from 1 to %d", c.Rounds, maxRounds)
	}
	for _, d := range c.Require {
		if len(c.Plan.Mix) > 0 && !c.Plan.Mix.Has(d) {
			return &NotInMixError{Disconnect: d, Mix: c.Plan.Mix}
		}
	}
	return nil
}

// fewestReadings is how often a probe is read in the shortest run: half of it for the
// baseline.
const fewestReadings = 2 * baselineReads

// validateTime tells of a time for the whole run in which nothing can be seen.
func (c Config) validateTime() error {
	switch {
	case c.MaxTime == 0:
		return nil
	case c.MaxTime < 0:
		return fmt.Errorf("max-time: %s is below zero", c.MaxTime)
	case c.MaxTime < c.Plan.Hold:
		return fmt.Errorf("max-time: %s is shorter than streams are held, %s (hold)", c.MaxTime, c.Plan.Hold)
	case c.MaxTime < c.Plan.Life():
		return &NoTimeError{MaxTime: c.MaxTime, Life: c.Plan.Life()}
	case c.MaxTime < fewestReadings*c.Poll:
		return fmt.Errorf("poll: %s is too long for a run of %s (max-time), which reads its probes %d times at least", c.Poll, c.MaxTime, fewestReadings)
	}
	return nil
}

// NoTimeError says that a run may not even take the time for its streams to open and be
// held.
type NoTimeError struct{ MaxTime, Life time.Duration }

func (e *NoTimeError) Error() string {
	return fmt.Sprintf("max-time: %s is shorter than streams take to open and are held, %s (ramp and hold)", e.MaxTime, round2(e.Life))
}

// Hint says what to change.
func (e *NoTimeError) Hint() string {
	return fmt.Sprintf("open faster (--rate, --ramp), or give it the time: --max-time %s", (e.Life + time.Minute).Round(time.Minute))
}

// NotInMixError says that a way is required in which no stream is to leave.
type NotInMixError struct {
	Disconnect loadgen.Disconnect
	Mix        loadgen.Mix
}

func (e *NotInMixError) Error() string {
	return fmt.Sprintf("%s is required, and not one of the ways to leave (%s)", e.Disconnect, e.Mix)
}

// Hint says how it would become one.
func (e *NotInMixError) Hint() string {
	return fmt.Sprintf("leave in that way too: --disconnect %s,%s", e.Mix, e.Disconnect)
}

// chooseWays takes every way that this machine can take where none was named,
// and tells of those that it cannot. A way that was named or is required has to be
// taken.
func (c *Config) chooseWays() error {
	named := len(c.Plan.Mix) > 0
	if !named {
		c.Plan.Mix = loadgen.Even(loadgen.Disconnects()...)
	}
	for _, share := range slices.Clone(c.Plan.Mix) {
		err := share.Disconnect.Able()
		switch unable := (&UnableError{Disconnect: share.Disconnect, Err: err}); {
		case err == nil:
		case named, slices.Contains(c.Require, share.Disconnect):
			return unable
		default:
			c.skip(share.Disconnect, unable)
		}
	}
	return nil
}

// UnableError says that this machine cannot take a way that was asked for.
type UnableError struct {
	Disconnect loadgen.Disconnect
	Err        error // wraps errors.ErrUnsupported
}

func (e *UnableError) Error() string { return fmt.Sprintf("%s: %v", e.Disconnect, e.Err) }

func (e *UnableError) Unwrap() error { return e.Err }

// Hint says where it could be taken.
func (e *UnableError) Hint() string {
	if e.Disconnect == loadgen.Vanish {
		return "run as root, or in a network of your own: unshare -Urn, server included"
	}
	return "run on Linux"
}

// readsSessions tells whether any probe reads the server's sessions.
func (c Config) readsSessions() bool { return c.reads(func(r Role) bool { return r == Sessions }) }

// reads tells whether any probe reads a role for which is says so.
func (c Config) reads(is func(Role) bool) bool {
	return slices.ContainsFunc(c.Probes, func(p Probe) bool {
		return slices.ContainsFunc(p.Series(), func(s Series) bool { return is(s.Role) })
	})
}
