package leakcheck

import (
	"errors"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestWindowsFlag(t *testing.T) {
	for _, tt := range []struct {
		given []string
		want  string
	}{
		{nil, ""},
		{[]string{"5s"}, "5s"},
		{[]string{"5s", "7s"}, "7s"},
		{[]string{"vanish=1m", "close=2s", "5s"}, "5s close=2s vanish=1m0s"},
		{[]string{"timeout"}, "timeout"},
		{[]string{"5s", "timeout", "close=2s"}, "timeout close=2s"},
		{[]string{"timeout", "5s"}, "5s"},
	} {
		var w Windows
		for _, text := range tt.given {
			if err := w.Set(text); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		if got := w.String(); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.given, got, tt.want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "0s", "close=", "close=0s", "close=timeout", "Timeout"} {
		if err := new(Windows).Set(text); !errors.As(err, new(*WindowError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := new(Windows).Set("closing=5s"); !errors.As(err, new(*loadgen.UnknownDisconnectError)) {
		t.Errorf("an unknown way: %v", err)
	}
}

func TestWindowsFor(t *testing.T) {
	ours := &Limits{Timeout: time.Minute, Heartbeat: time.Second, UserTimeout: 3 * time.Second}
	bare := &Limits{}
	for name, tt := range map[string]struct {
		windows   Windows
		way       loadgen.Disconnect
		limits    *Limits
		heartbeat time.Duration
		want      time.Duration
		decides   bool
	}{
		"close":                          {Windows{}, closing, ours, 0, 4 * time.Second, true},
		"refresh":                        {Windows{}, loadgen.Refresh, ours, 0, 4 * time.Second, true},
		"stall":                          {Windows{}, loadgen.Stall, ours, 0, 5 * time.Second, true},
		"vanish":                         {Windows{}, loadgen.Vanish, ours, 0, 7 * time.Second, true},
		"overstay":                       {Windows{}, loadgen.Overstay, ours, 0, 52 * time.Second, true},
		"stall, no user timeout":         {Windows{}, loadgen.Stall, bare, 0, 2 * time.Second, false},
		"vanish, no user timeout":        {Windows{}, loadgen.Vanish, bare, 0, 2 * time.Second, false},
		"overstay, no timeout":           {Windows{}, loadgen.Overstay, bare, 0, 2 * time.Second, false},
		"overstay, no timeout, for all":  {Windows{All: time.Second}, loadgen.Overstay, bare, 0, time.Second, true},
		"unknown, unheard":               {Windows{}, closing, nil, 0, 35 * time.Second, true},
		"unknown, heard":                 {Windows{}, closing, nil, 2 * time.Second, 9 * time.Second, true},
		"unknown, silent":                {Windows{}, loadgen.Vanish, nil, 2 * time.Second, 9 * time.Second, false},
		"for all":                        {Windows{All: time.Second}, closing, ours, 0, time.Second, true},
		"for all, but overstay":          {Windows{All: time.Second}, loadgen.Overstay, ours, 0, 52 * time.Second, true},
		"for all, unknown, silent":       {Windows{All: time.Second}, loadgen.Vanish, nil, 0, time.Second, true},
		"for one":                        {Windows{All: time.Second, ByWay: map[loadgen.Disconnect]time.Duration{closing: 9}}, closing, ours, 0, 9, true},
		"for overstay":                   {Windows{ByWay: map[loadgen.Disconnect]time.Duration{loadgen.Overstay: 9}}, loadgen.Overstay, ours, 0, 9, true},
		"timeout":                        {Windows{Timeout: true}, closing, ours, 0, 52 * time.Second, true},
		"timeout, stall":                 {Windows{Timeout: true}, loadgen.Stall, ours, 0, 52 * time.Second, true},
		"timeout, one of its own":        {Windows{Timeout: true, ByWay: map[loadgen.Disconnect]time.Duration{closing: 9}}, closing, ours, 0, 9, true},
		"timeout, which has passed then": {Windows{Timeout: true}, closing, &Limits{Timeout: time.Second}, 0, 2 * time.Second, true},
	} {
		got, decides := tt.windows.For(tt.way, tt.limits, tt.heartbeat, 10*time.Second)
		if got != tt.want || decides != tt.decides {
			t.Errorf("%s: got %s, %t, want %s, %t", name, got, decides, tt.want, tt.decides)
		}
	}
}
