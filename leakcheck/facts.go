package leakcheck

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FactName is what a [Fact] is about.
type FactName string

// The names of facts.
const (
	// ServerFact: what the server, and proxies before it, call themselves.
	ServerFact FactName = "server"
	// HeartbeatFact: the time between two comments of a stream.
	HeartbeatFact FactName = "heartbeat"
	// TimeoutFact: the age at which the server ends a stream.
	TimeoutFact FactName = "timeout"
	// SweepFact: the time between two moments at which sessions go together.
	SweepFact FactName = "sweep"
	// IdleFact: the length of silence after which a stream is cut.
	IdleFact FactName = "idle limit"
)

// Fact is one thing that the run measured of the server, whatever the server says
// of it. Times are in seconds.
type Fact struct {
	Name FactName `json:"name"`
	// Value is what was measured, in words, with how far it may be off and what the
	// server says of it.
	Value string `json:"value"`
	// Seconds is the same as a number, and Error how far it may be off; both are
	// missing where it is no time.
	Seconds float64 `json:"value_s,omitempty"`
	Error   float64 `json:"error_s,omitempty"`
	// Told is what the server says of it; missing where it says nothing.
	Told float64 `json:"told_s,omitempty"`
	// Evidence is what it was measured on.
	Evidence string `json:"evidence"`
}

// facts are what the run shows of the server's own times. One that it does not show is
// left out: nothing is guessed.
func (j *judge) facts() {
	if len(j.e.Records) == 0 {
		return
	}
	limits := j.e.limits()
	j.serverFact()
	beat := j.e.heartbeat()
	j.measuredFact(HeartbeatFact, beat, limits.Heartbeat)
	if j.e.Crashed != 0 || j.e.Restarted != 0 { // what ended then was not ended by a bound
		return
	}
	sweep := j.e.sweepOfControls()
	lives := j.e.lives()
	if sweep == nil {
		j.measuredFact(TimeoutFact, lives.timeout(), limits.Timeout)
		if lives.timeout() == nil {
			j.measuredFact(IdleFact, lives.idleLimit(), 0)
		}
		if j.byID && !j.blind[Sessions] {
			sweep = j.e.sweepOfReclaims(j.tracks(Sessions), beat)
		}
	}
	j.measuredFact(SweepFact, sweep, limits.SweepEvery)
}

// measure is a length of time that the run shows, and how far it may be off.
type measure struct {
	length, off time.Duration
	evidence    string
}

func (j *judge) measuredFact(name FactName, m *measure, told time.Duration) {
	if m == nil {
		return
	}
	f := Fact{
		Name: name, Seconds: round(m.length), Error: round(max(m.off, time.Millisecond)), Told: round(told), Evidence: m.evidence,
		Value: fmt.Sprintf("%s ± %s", seconds(m.length), seconds(max(m.off, 10*time.Millisecond))),
	}
	if told != 0 {
		f.Value += fmt.Sprintf(" (the server says %s s)", strconv.FormatFloat(told.Seconds(), 'f', -1, 64))
	}
	j.report.Facts = append(j.report.Facts, f)
}

// serverFact tells what the responses say of who wrote them.
func (j *judge) serverFact() {
	var names, fields []string
	for _, field := range []struct{ name, value string }{
		{"Server", j.e.Software.Server}, {"X-Powered-By", j.e.Software.PoweredBy}, {"Via", j.e.Software.Via},
	} {
		if field.value != "" {
			names, fields = append(names, field.value), append(fields, field.name)
		}
	}
	if len(names) == 0 {
		return
	}
	j.report.Facts = append(j.report.Facts, Fact{
		Name: ServerFact, Value: strings.Join(names, ", "),
		Evidence: "of the first stream's response: " + strings.Join(fields, ", "),
	})
}

// fewest is how many times have to agree before they are one.
const fewest = 2

// scatter is how far times that are one may be from it: a twentieth of it, and what a
// busy machine is late by.
func scatter(length time.Duration) time.Duration { return length/20 + 150*time.Millisecond }

// agreeing are the times that lie about the middle one, where most do, within their
// scatter. It is nil where too few agree.
func agreeing[T any](all []T, figure func(T) time.Duration) []T {
	if len(all) < fewest {
		return nil
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(figure(a), figure(b)) })
	middle := figure(all[len(all)/2])
	near := slices.DeleteFunc(all, func(v T) bool { return (figure(v) - middle).Abs() > scatter(middle) })
	if len(near) < fewest || float64(len(near)) < enoughOpened*float64(len(all)) {
		return nil
	}
	return near
}

// across is the lowest and the highest of a figure.
func across[T any](all []T, figure func(T) time.Duration) (low, high time.Duration) {
	for i, v := range all {
		if i == 0 {
			low, high = figure(v), figure(v)
		}
		low, high = min(low, figure(v)), max(high, figure(v))
	}
	return low, high
}
