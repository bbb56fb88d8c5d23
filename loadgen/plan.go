package loadgen

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"
)

// Plan says what load to make. The schedule that follows from it is a pure
// function of the plan ([Plan.Schedule]).
type Plan struct {
	// Request is what every stream asks for.
	Request Request

	// Streams is how many streams open and leave. Default 1,000.
	Streams int
	// Controls is how many streams open and stay until the load is released,
	// besides the Streams. Zero is none.
	Controls int
	// Mix is how the streams leave. Default every way in equal parts.
	Mix Mix
	// Shape adds query parameters to the request of the streams that leave in
	// a certain way (the controls' stand under the empty way). A parameter that
	// the request's own URL has is left as it is.
	Shape map[Disconnect]url.Values
	// Idle are the ways whose streams are asked for in such a shape that no events come
	// behind the first: how long none came says nothing of the server.
	Idle []Disconnect

	// SessionFrom says how a stream learns its session's id. The zero value takes
	// X-Session-Id, or the stream's own id.
	SessionFrom SessionFrom

	// Rate is how many streams open in a second. Default 1,000.
	Rate float64
	// Ramp is how long the opening takes; it replaces Rate. Zero means Rate
	// decides.
	Ramp time.Duration
	// Hold is how long all streams stay open together: each leaves at the age
	// of Ramp and Hold. Default 2 s.
	Hold time.Duration
	// FirstByte is how long the server takes to answer: the longest delay after
	// which an early stream leaves. Default 5 ms; a check measures it.
	FirstByte time.Duration
	// OpenTimeout bounds the time from dialling to the end of the response's
	// head. Default 10 s.
	OpenTimeout time.Duration

	// Seed decides which stream leaves in which way. Zero is a seed like any
	// other.
	Seed uint64
	// Tag begins each stream's id. Default eight random hexadecimal digits, so
	// that two runs never share an id.
	Tag string
}

// DefaultPlan returns the plan that the command line starts from: the defaults,
// and ten controls.
func DefaultPlan() Plan {
	return Plan{Streams: 1000, Controls: 10, Rate: 1000, Hold: 2 * time.Second, FirstByte: 5 * time.Millisecond, OpenTimeout: 10 * time.Second}
}

// WithDefaults returns the plan with every default filled in.
func (p Plan) WithDefaults() Plan {
	std := DefaultPlan()
	p.Request = p.Request.WithDefaults()
	p.Streams = cmp.Or(p.Streams, std.Streams)
	p.Rate = cmp.Or(p.Rate, std.Rate)
	p.Hold = cmp.Or(p.Hold, std.Hold)
	p.FirstByte = cmp.Or(p.FirstByte, std.FirstByte)
	p.OpenTimeout = cmp.Or(p.OpenTimeout, std.OpenTimeout)
	if len(p.Mix) == 0 {
		p.Mix = Even(Disconnects()...)
	}
	if p.Ramp == 0 {
		p.Ramp = time.Duration(float64(p.Streams) / p.Rate * float64(time.Second))
	}
	if p.Tag == "" {
		var b [4]byte
		rand.Read(b[:])
		p.Tag = hex.EncodeToString(b[:])
	}
	return p
}

// maxStreams is far above what one machine's ports and descriptors carry; it
// keeps a slip of the finger from asking for all memory.
const maxStreams = 1_000_000

// maxTime is the longest that a ramp or a hold may be: sums of such times are still a
// time.
const maxTime = 10_000 * time.Hour

// Validate tells what is wrong with a plan whose defaults are filled in.
func (p Plan) Validate() error {
	switch {
	case p.Streams < 1 || p.Streams > maxStreams:
		return fmt.Errorf("streams: %d is not from 1 to %d", p.Streams, maxStreams)
	case p.Controls < 0 || p.Controls > maxStreams:
		return fmt.Errorf("controls: %d is not from 0 to %d", p.Controls, maxStreams)
	case !(p.Rate >= 0): // so written that NaN is none either
		return fmt.Errorf("rate: %g a second is negative or no number", p.Rate)
	case p.Rate*maxTime.Seconds() < float64(p.Streams) && (p.Ramp < 0 || p.Ramp > maxTime):
		return fmt.Errorf("rate: at %g a second %d streams take longer than %s to open", p.Rate, p.Streams, maxTime)
	case p.Ramp < 0 || p.Ramp > maxTime:
		return fmt.Errorf("ramp: %s is not from 0 to %s", p.Ramp, maxTime)
	case p.Hold < 0 || p.Hold > maxTime:
		return fmt.Errorf("hold: %s is not from 0 to %s", p.Hold, maxTime)
	case p.OpenTimeout < 0:
		return fmt.Errorf("open timeout: %s is negative", p.OpenTimeout)
	}
	if _, err := ParseMix(p.Mix.String()); err != nil {
		return fmt.Errorf("mix: %w", err)
	}
	if err := p.SessionFrom.check(p.Request.Vars, p.Streams+p.Controls); err != nil {
		return err
	}
	return p.Request.Validate()
}

// Life is the age at which a stream of this plan leaves.
func (p Plan) Life() time.Duration { return p.Ramp + p.Hold }

// Patience is how much longer than the others a stream that is to complete is
// waited for: the server, not the plan, ends it.
func (p Plan) Patience() time.Duration { return max(p.Life(), 10*time.Second) }
