package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Wave is a part of a run's load: streams that opened, left and were watched
// together, before the next ones opened. Moments count from the run's start.
type Wave struct {
	// Round counts from zero; where the ways leave one after the other a round has a
	// wave for each of them.
	Round int `json:"round"`
	// First is the number of the wave's first stream. The controls came with the
	// first wave; whatever is opened in another's place has a later number.
	First int `json:"first"`
	// From is when it began to open, Until when it was watched no longer.
	From  time.Duration `json:"from"`
	Until time.Duration `json:"until"`
}

// waves are the evidence's. Where none were noted the whole run was one.
func (e *Evidence) waves() []Wave {
	if len(e.Waves) == 0 {
		return []Wave{{Until: e.Took}}
	}
	return e.Waves
}

// inWave are the records of a wave, and those of controls that were opened again
// in its time.
func (e *Evidence) inWave(i int) []loadgen.Record {
	waves := e.waves()
	first, end := waves[i].First, len(e.Records)
	if i+1 < len(waves) {
		end = waves[i+1].First
	}
	return e.Records[min(first, end):end]
}

// plans are the loads of a check, one after the other: a round has one where the
// sessions can be told apart, or where a mix is asked for, else one for each way: refresh
// comes last, for the successors of its streams stay, and would end at their timeout in the
// time of another. The controls come with the first.
func (c Config) plans(byID bool) []loadgen.Plan {
	round := []loadgen.Plan{c.atOnce()}
	if c.Apart && !byID {
		round = nil
		ways := slices.Clone(c.Plan.Mix.Ways())
		slices.SortStableFunc(ways, func(a, b loadgen.Disconnect) int { return cmp.Compare(staysOn(a), staysOn(b)) })
		for _, d := range ways {
			p := c.Plan
			p.Mix = loadgen.Even(d)
			round = append(round, p)
		}
	}
	var plans []loadgen.Plan
	for range c.Rounds {
		plans = append(plans, round...)
	}
	for i := range plans {
		plans[i].Seed += uint64(i)
		if i > 0 {
			plans[i].Controls = 0
		}
	}
	return plans
}

// staysOn is one for a way of leaving whose streams have successors that stay.
func staysOn(d loadgen.Disconnect) int {
	if d == loadgen.Refresh {
		return 1
	}
	return 0
}

// atOnce is the plan of all ways side by side.
func (c Config) atOnce() loadgen.Plan {
	p := c.Plan
	if c.Apart {
		p.Streams = p.WithDefaults().Streams * max(1, len(p.Mix.Ways()))
	}
	return p
}

// Requests is how many requests a check makes of the target at the most, the first
// try, the warm-up and the request that is asked again included, once its ways are known ([Config.Fit]); controls that
// are opened again are not.
func (c Config) Requests() int {
	c = c.WithDefaults()
	n := 0
	for _, p := range c.plans(true) {
		n += p.Streams
		for _, s := range p.Schedule() {
			if s.Disconnect == loadgen.Refresh {
				n++ // its successor
			}
		}
	}
	return n + c.Plan.Controls + tried + min(c.Plan.Streams, warmUpStreams) + c.againAsked()
}
