package leakcheck

import (
	"testing"
	"time"
)

// What a gauge stayed above or below for a time is no dip or peak of a reading or two.
func TestGaugeIsSteady(t *testing.T) {
	for _, c := range []struct {
		name            string
		values          []int // one each second
		highest, lowest int   // that lasted for two seconds
	}{
		{"it does not move", []int{5, 5, 5, 5, 5, 5}, 5, 5},
		{"a dip of one reading", []int{5, 5, 0, 5, 5, 5}, 5, 5},
		{"a dip of two", []int{5, 5, 0, 0, 5, 5}, 0, 5},
		{"three are no dip", []int{5, 0, 0, 0, 5, 5}, 0, 0},
		{"a peak of two", []int{0, 9, 9, 0, 0, 0}, 0, 0},
		{"a peak of three", []int{0, 9, 9, 9, 0, 0, 0}, 9, 0},
		{"it falls at the end, and nothing tells for how long", []int{5, 5, 5, 5, 5, 0}, 5, 5},
		{"it has fallen", []int{5, 5, 5, 0, 0, 0}, 5, 0},
		{"one reading", []int{5}, 5, 5},
		{"none", nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var readings []Reading
			for i, n := range c.values {
				readings = append(readings, Reading{At: time.Duration(i) * time.Second, Count: n})
			}
			of := func(r Reading) int { return r.Count }
			if got := lowest(of, readings, 2*time.Second); got != c.lowest {
				t.Errorf("lowest: got %d, want %d", got, c.lowest)
			}
			if len(readings) > 0 {
				if got := sustained(of, readings, 2*time.Second); got != c.highest {
					t.Errorf("highest: got %d, want %d", got, c.highest)
				}
			}
		})
	}
}
