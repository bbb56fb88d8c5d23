package leakcheck

import (
	"fmt"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	// fastestRamp is how many streams open in a second at the most where nobody
	// asked for it.
	fastestRamp = 5000
	// fitSlack is what opening may take longer than planned.
	fitSlack = 500 * time.Millisecond
)

// Fit makes the plan fit the server, as far as it is known (c.Server), and the
// time that the run may take. Streams have to leave young enough for the server's
// timeout, because a session that goes at the age of the timeout proves nothing:
// where pace says that nobody asked for a certain ramp, they open faster. Where
// no mix was given, it becomes every way that this machine can take and the time
// allows; the others are told as skipped. A way that was named, or is required, and
// does not fit is an error: *UnableError, *TooOldError or *TooLongError.
func (c *Config) Fit(pace bool) error {
	named := len(c.Plan.Mix) > 0
	if err := c.chooseWays(); err != nil {
		return err
	}
	if c.Server == nil || c.Server.Config.Timeout == 0 {
		return nil
	}
	full := c.atOnce().WithDefaults()
	shortest := full.Ramp
	if pace {
		shortest = min(shortest, time.Duration(full.Streams)*time.Second/fastestRamp)
	}
	ramp := full.Ramp
	for _, share := range full.Mix {
		err := c.fitWay(share.Disconnect, full, shortest, &ramp)
		if err == nil {
			continue
		}
		if named || slices.Contains(c.Require, share.Disconnect) {
			return err
		}
		c.skip(share.Disconnect, err)
	}
	if len(c.Plan.Mix) == 0 {
		return &TooOldError{Age: full.Life(), Timeout: c.Server.Config.Timeout}
	}
	if ramp != full.Ramp {
		c.Plan.Ramp = ramp
	}
	return nil
}

// fitWay tells whether one way fits, and shortens the ramp to what it needs.
func (c *Config) fitWay(d loadgen.Disconnect, full loadgen.Plan, shortest time.Duration, ramp *time.Duration) unfit {
	limits := c.Server.Config
	window, _ := c.Windows.For(d, &limits, 0, full.Life())
	if need := full.Life() + window; c.Windows.endsAtTimeout(d) && c.MaxTime != 0 && need > c.MaxTime {
		return &TooLongError{Disconnect: d, Need: need, MaxTime: c.MaxTime}
	}
	switch {
	case d == loadgen.Overstay:
		return nil
	case c.Windows.endsAtTimeout(d):
		window = 0 // the timeout may end the session, once the stream has left
	}
	oldest := limits.Timeout - window - fitSlack
	if full.Hold+shortest > oldest {
		return &TooOldError{Age: full.Life(), Timeout: limits.Timeout, Window: window}
	}
	*ramp = min(*ramp, oldest-full.Hold)
	return nil
}

// skip leaves a way out of the mix and tells why.
func (c *Config) skip(d loadgen.Disconnect, why unfit) {
	c.Plan.Mix = slices.DeleteFunc(slices.Clone(c.Plan.Mix), func(s loadgen.Share) bool { return s.Disconnect == d })
	c.Skipped = append(c.Skipped, NotJudged{Name: string(d), Why: why.Error(), How: why.Hint()})
}

// unfit is why a way cannot be taken, and what would help.
type unfit interface {
	error
	Hint() string
}

// TooLongError says that a way takes longer than the run may.
type TooLongError struct {
	Disconnect    loadgen.Disconnect
	Need, MaxTime time.Duration
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s takes %s, more than the %s that the run may take", e.Disconnect, round2(e.Need), e.MaxTime)
}

// Hint says how much time it needs.
func (e *TooLongError) Hint() string {
	return fmt.Sprintf("give it the time: --max-time %s", (e.Need + time.Minute).Round(time.Minute))
}

// TooOldError says that a plan's streams would leave so late that the server's
// timeout may take their sessions.
type TooOldError struct {
	Age, Timeout, Window time.Duration
}

func (e *TooOldError) Error() string {
	if e.Window == 0 {
		return fmt.Sprintf("streams would leave at the age of %s, and the server's timeout of %s may end them before",
			round2(e.Age), round2(e.Timeout))
	}
	return fmt.Sprintf("streams would leave at the age of %s: within their window of %s the server's timeout of %s may end them",
		round2(e.Age), round2(e.Window), round2(e.Timeout))
}

// Hint says what to change.
func (*TooOldError) Hint() string {
	return "open faster (--ramp), hold shorter (--hold), take fewer streams (-n) or a shorter --window, or test a server with a longer --timeout"
}

func round2(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
