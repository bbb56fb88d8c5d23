package client

import (
	"math"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		retry, cap  time.Duration
		vain        int
		least, most time.Duration
	}{
		{s, 30 * s, 0, s, 2 * s},
		{s, 30 * s, 1, s, 3 * s},
		{s, 30 * s, 4, s, 17 * s},
		{s, 30 * s, 5, s, 31 * s},
		{s, 30 * s, 1000000, s, 31 * s},
		{0, 30 * s, 0, 0, minWindow},
		{0, 30 * s, 2, 0, 4 * minWindow},
		{60 * s, 30 * s, 0, 60 * s, 90 * s}, // the server's wish is above the cap
		{s, 1, 3, s, s + 1},
		{math.MaxInt64, 30 * s, 3, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64 - 5, 1 << 62, 3, math.MaxInt64 - 5, math.MaxInt64},
		{s, 1 << 62, 1000, s, 1<<62 + s},
		{0, 1, 1000, 0, 1},
	} {
		b := backoff{retry: c.retry, cap: c.cap, vain: c.vain}
		least, most := b.wait(0), b.wait(1)
		if least != c.least || most != c.most {
			t.Errorf("%+v waits from %v to %v, want %v to %v", b, least, most, c.least, c.most)
		}
		if half := b.wait(0.5); half < least || half > most {
			t.Errorf("%+v waits %v", b, half)
		}
	}
}
