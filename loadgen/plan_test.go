package loadgen

import (
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestPlanDefaults(t *testing.T) {
	p := Plan{Request: Request{URL: "http://h/"}}.WithDefaults()
	if p.Streams != 1000 || p.Controls != 0 || p.Rate != 1000 || p.Hold != 2*time.Second || p.OpenTimeout != 10*time.Second {
		t.Errorf("defaults are %+v", p)
	}
	if p.Ramp != time.Second || p.Request.Method != "GET" || !reflect.DeepEqual(p.Mix, Even(Disconnects()...)) {
		t.Errorf("ramp %s, method %s, mix %s", p.Ramp, p.Request.Method, p.Mix)
	}
	if again := (Plan{}).WithDefaults(); !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(p.Tag) || again.Tag == p.Tag {
		t.Errorf("tags are %q and %q", p.Tag, again.Tag)
	}
	if again := p.WithDefaults(); !reflect.DeepEqual(again, p) {
		t.Errorf("defaults of defaults are %+v, not %+v", again, p)
	}
	if err := p.Validate(); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
	if d := DefaultPlan(); d.Controls != 10 {
		t.Errorf("the command line's plan has %d controls", d.Controls)
	}
}

func TestPlanRamp(t *testing.T) {
	for _, c := range []struct {
		plan Plan
		want time.Duration
	}{
		{Plan{Streams: 100, Rate: 50}, 2 * time.Second},
		{Plan{Streams: 1, Rate: 1000}, time.Millisecond},
		{Plan{Streams: 100, Rate: 50, Ramp: time.Minute}, time.Minute},
	} {
		p := c.plan.WithDefaults()
		if p.Ramp != c.want || p.Life() != c.want+p.Hold {
			t.Errorf("%d at %g: a ramp of %s and a life of %s", p.Streams, p.Rate, p.Ramp, p.Life())
		}
		if p.Patience() < p.Life() || p.Patience() < 10*time.Second {
			t.Errorf("%d at %g: a patience of %s", p.Streams, p.Rate, p.Patience())
		}
	}
}

func TestPlanValidate(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Plan)
	}{
		{"", func(*Plan) {}},
		{"", func(p *Plan) { p.Streams, p.Controls = maxStreams, maxStreams }},
		{"streams: -1", func(p *Plan) { p.Streams = -1 }},
		{"streams: 1000001", func(p *Plan) { p.Streams = maxStreams + 1 }},
		{"controls: -1", func(p *Plan) { p.Controls = -1 }},
		{"controls: 1000001", func(p *Plan) { p.Controls = maxStreams + 1 }},
		{"rate: -2", func(p *Plan) { p.Rate = -2 }},
		{"rate: NaN", func(p *Plan) { p.Rate = math.NaN() }},
		{"rate: at 1e-12 a second 1000 streams take longer", func(p *Plan) { p.Rate = 1e-12 }},
		{"", func(p *Plan) { p.Rate, p.Ramp = 1e-12, time.Second }},
		{"ramp: -1s", func(p *Plan) { p.Ramp = -time.Second }},
		{"ramp: 2562047h0m0s", func(p *Plan) { p.Ramp = 2562047 * time.Hour }},
		{"hold: -1s", func(p *Plan) { p.Hold = -time.Second }},
		{"hold: 2562047h0m0s", func(p *Plan) { p.Hold = 2562047 * time.Hour }},
		{"open timeout: -1s", func(p *Plan) { p.OpenTimeout = -time.Second }},
		{`unknown way to disconnect "clsoe"`, func(p *Plan) { p.Mix = Mix{{"clsoe", 1}} }},
		{`unknown way to disconnect ""`, func(p *Plan) { p.Mix = Mix{{"", 1}} }},
		{"weight", func(p *Plan) { p.Mix = Mix{{Close, 0}} }},
		{"weight", func(p *Plan) { p.Mix = Mix{{Close, 2}, {Reset, -1}} }},
		{"weight", func(p *Plan) { p.Mix = Mix{{Close, maxWeight + 1}} }},
		{"url", func(p *Plan) { p.Request.URL = "" }},
	} {
		p := Plan{Request: Request{URL: "http://h/"}}
		c.change(&p)
		err := p.WithDefaults().Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Validate() = %v, want %q", err, c.want)
		}
	}
}
