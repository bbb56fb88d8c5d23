package loadgen

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Share is one way to leave and its weight in a [Mix].
type Share struct {
	Disconnect Disconnect `json:"disconnect"`
	Weight     int        `json:"weight"`
}

// Mix says which part of the streams leaves in which way, by weight. The zero
// value is empty: a plan then takes every way in equal parts. *Mix is a flag
// value ("close=6,reset=3,complete"; a weight left out is 1).
type Mix []Share

// Even returns a mix of these ways in equal parts.
func Even(ways ...Disconnect) Mix {
	m := make(Mix, 0, len(ways))
	for _, d := range ways {
		m = append(m, Share{Disconnect: d, Weight: 1})
	}
	return m
}

// ParseMix reads a mix as it stands on the command line.
func ParseMix(text string) (Mix, error) {
	var m Mix
	for part := range strings.SplitSeq(text, ",") {
		share, err := parseShare(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if m.Has(share.Disconnect) {
			return nil, fmt.Errorf("%q is named twice", share.Disconnect)
		}
		m = append(m, share)
	}
	return m, nil
}

func parseShare(part string) (Share, error) {
	name, weight, weighed := strings.Cut(part, "=")
	d, err := ParseDisconnect(name)
	if err != nil {
		return Share{}, err
	}
	if !weighed {
		return Share{Disconnect: d, Weight: 1}, nil
	}
	w, err := strconv.Atoi(weight)
	if err != nil || w < 1 || w > maxWeight {
		return Share{}, fmt.Errorf("the weight of %q is %q, not a whole number from 1 to %d", name, weight, maxWeight)
	}
	return Share{Disconnect: d, Weight: w}, nil
}

const maxWeight = 1_000_000

// Has tells whether the mix contains a way.
func (m Mix) Has(d Disconnect) bool {
	return slices.ContainsFunc(m, func(s Share) bool { return s.Disconnect == d })
}

// Ways returns the ways of the mix, in the order in which reports list them.
func (m Mix) Ways() []Disconnect {
	return slices.DeleteFunc(Disconnects(), func(d Disconnect) bool { return !m.Has(d) })
}

// String writes the mix as [ParseMix] reads it.
func (m Mix) String() string {
	parts := make([]string, 0, len(m))
	for _, s := range m {
		part := string(s.Disconnect)
		if s.Weight != 1 {
			part += "=" + strconv.Itoa(s.Weight)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// Set reads the mix from a flag.
func (m *Mix) Set(text string) error {
	parsed, err := ParseMix(text)
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// Type names the flag's kind in a help text.
func (*Mix) Type() string { return "mix" }

// deal gives each of n streams its way. The counts follow the weights to
// within one stream (largest remainder); who gets which is shuffled by rng, so
// that no way clusters in one part of the ramp.
func (m Mix) deal(n int, rng *rand.Rand) []Disconnect {
	total := 0
	for _, s := range m {
		total += s.Weight
	}
	counts := make([]int, len(m))
	byRemainder := make([]int, len(m))
	dealt := 0
	for i, s := range m {
		counts[i] = n * s.Weight / total
		dealt += counts[i]
		byRemainder[i] = i
	}
	slices.SortStableFunc(byRemainder, func(a, b int) int {
		return cmp.Compare(n*m[b].Weight%total, n*m[a].Weight%total)
	})
	for _, i := range byRemainder[:n-dealt] {
		counts[i]++
	}
	ways := make([]Disconnect, 0, n)
	for i, s := range m {
		ways = append(ways, slices.Repeat([]Disconnect{s.Disconnect}, counts[i])...)
	}
	rng.Shuffle(n, func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	return ways
}
