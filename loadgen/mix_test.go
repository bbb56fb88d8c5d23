package loadgen

import (
	"errors"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseMix(t *testing.T) {
	for _, c := range []struct {
		text string
		want Mix
		back string // what String makes of it
	}{
		{"close", Mix{{Close, 1}}, "close"},
		{"close=1", Mix{{Close, 1}}, "close"},
		{"close=6,reset=3,complete", Mix{{Close, 6}, {Reset, 3}, {Complete, 1}}, "close=6,reset=3,complete"},
		{" reset , close=2 ", Mix{{Reset, 1}, {Close, 2}}, "reset,close=2"},
		{"close=1000000", Mix{{Close, 1_000_000}}, "close=1000000"},
		{"close=007", Mix{{Close, 7}}, "close=7"},
	} {
		got, err := ParseMix(c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("ParseMix(%q) = %v, %v, want %v", c.text, got, err, c.want)
			continue
		}
		if got.String() != c.back {
			t.Errorf("ParseMix(%q).String() = %q, want %q", c.text, got, c.back)
		}
		again, err := ParseMix(got.String())
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("ParseMix(%q) = %v, %v, want %v", got, again, err, got)
		}
	}
}

func TestParseMixErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"close=0", `weight of "close" is "0"`},
		{"close=-1", `"-1"`},
		{"close=1.5", `"1.5"`},
		{"close=", `weight of "close" is ""`},
		{"close=1000001", `from 1 to 1000000`},
		{"close=1=2", `"1=2"`},
		{"close= 2", `" 2"`},
		{"close,reset,close=2", `"close" is named twice`},
	} {
		m, err := ParseMix(c.text)
		if m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseMix(%q) = %v, %v, want an error with %s", c.text, m, err, c.want)
		}
	}
	for text, name := range map[string]string{
		"": "", "clsoe": "clsoe", "close,": "", "close=2,rest=3": "rest", "close =2": "close ", "=2": "",
	} {
		_, err := ParseMix(text)
		var unknown *UnknownDisconnectError
		if !errors.As(err, &unknown) || unknown.Name != name || unknown.Hint() == "" {
			t.Errorf("ParseMix(%q): %v, want an *UnknownDisconnectError of %q", text, err, name)
		}
	}
}

func TestMixIsAFlag(t *testing.T) {
	m := Even(Complete)
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(&m, "disconnect", "")
	if err := flags.Parse([]string{"--disconnect", "close=6,reset=3"}); err != nil {
		t.Fatal(err)
	}
	want := Mix{{Close, 6}, {Reset, 3}}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("the flag's value is %v, want %v", m, want)
	}
	if err := m.Set("close,typo"); err == nil || !reflect.DeepEqual(m, want) {
		t.Errorf("Set of what cannot be read: %v, and left %v", err, m)
	}
	if m.Type() == "" {
		t.Error("the flag's kind has no name")
	}
}

func TestMixWays(t *testing.T) {
	m := Mix{{Reset, 2}, {Complete, 1}}
	if want := []Disconnect{Complete, Reset}; !slices.Equal(m.Ways(), want) {
		t.Errorf("Ways() = %v, want %v", m.Ways(), want)
	}
	if !m.Has(Reset) || m.Has(Close) || Mix(nil).Has(Close) {
		t.Error("Has is wrong")
	}
	if ways := Mix(nil).Ways(); len(ways) != 0 {
		t.Errorf("an empty mix has the ways %v", ways)
	}
}

func TestDealFollowsTheWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var m Mix
		for _, d := range Disconnects()[:1+rng.IntN(len(Disconnects()))] {
			m = append(m, Share{d, 1 + rng.IntN(1<<rng.IntN(21))})
		}
		n, seed := rng.IntN(500), rng.Uint64()
		total := 0
		for _, s := range m {
			total += s.Weight
		}
		counts := map[Disconnect]int{}
		dealt := m.deal(n, rand.New(rand.NewPCG(seed, 0)))
		for _, d := range dealt {
			counts[d]++
		}
		if len(dealt) != n {
			t.Fatalf("%v deals %d of %d", m, len(dealt), n)
		}
		for _, s := range m {
			exact := float64(n) * float64(s.Weight) / float64(total)
			if math.Abs(float64(counts[s.Disconnect])-exact) >= 1 {
				t.Fatalf("%v deals %d %s of %d (seed %d), exact is %g", m, counts[s.Disconnect], s.Disconnect, n, seed, exact)
			}
		}
	}
}

func TestDealIsByItsSeed(t *testing.T) {
	m := Even(Disconnects()...)
	deal := func(seed uint64) []Disconnect { return m.deal(300, rand.New(rand.NewPCG(seed, 0))) }
	if !slices.Equal(deal(7), deal(7)) {
		t.Error("one seed deals in two ways")
	}
	if slices.Equal(deal(7), deal(8)) {
		t.Error("two seeds deal in one way")
	}
	for _, d := range Disconnects() { // no way clusters in one part
		if first := deal(7)[:150]; !slices.Contains(first[:30], d) || !slices.Contains(first[120:], d) {
			t.Errorf("%s is missing in a part of the ramp", d)
		}
	}
}
