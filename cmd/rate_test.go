package cmd

import "testing"

func TestRateFlag(t *testing.T) {
	for text, want := range map[string]float64{
		"20": 20, "20/s": 20, "0.5/s": 0.5, "90/m": 1.5, "3600/h": 1, "1e3": 1000, "1e9/s": 1e9,
	} {
		var r rateFlag
		if err := r.Set(text); err != nil || float64(r) != want {
			t.Errorf("%s: %v a second (%v), want %v", text, float64(r), err, want)
		}
		var again rateFlag
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%s is written %s, which is read as %v (%v)", text, r.String(), float64(again), err)
		}
	}
	for _, text := range []string{"", "0", "-1", "0/s", "fast", "20/d", "20/s/s", "20 /s", "/s", "NaN", "Inf", "-Inf/m", "1e10"} {
		r := rateFlag(7)
		if err := r.Set(text); err == nil || r != 7 {
			t.Errorf("%q is taken for %v a second", text, float64(r))
		} else if hint(err) == "" {
			t.Errorf("%q: no hint", text)
		}
	}
}
