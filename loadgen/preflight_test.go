package loadgen

import (
	"errors"
	"strings"
	"testing"
)

func TestPreflight(t *testing.T) {
	const here, there = "http://127.0.0.1:8080/", "http://10.0.0.1:8080/"
	for _, c := range []struct {
		name              string
		url               string
		streams, controls int
		limits            Limits
		what, hint        string // of the error; empty for none
		need              int
	}{
		{"nothing is known", there, 1_000_000, 10, Limits{}, "", "", 0},
		{"it just fits", there, 900, 36, Limits{Descriptors: 1000}, "", "", 0},
		{"one descriptor is missing", there, 900, 37, Limits{Descriptors: 1000}, "open files", "-n 899", 1001},
		{"no descriptor at all", there, 900, 37, Limits{Descriptors: 20}, "open files", "-n 1", 1001},
		{"the ports just fit", there, 990, 10, Limits{Ports: 1000}, "", "", 0},
		{"one port is missing", there, 991, 10, Limits{Ports: 1000}, "ports", "-n 990", 1001},
		{"the loopback has many addresses", here, 90_000, 10_000, Limits{Ports: 1000}, "", "", 0},
		{"but not for ever", here, 90_001, 10_000, Limits{Ports: 1000}, "ports", "-n 90000", 100_001},
		{"files come first", there, 2000, 0, Limits{Descriptors: 10, Ports: 10}, "open files", "ulimit", 2064},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Plan{Request: Request{URL: c.url}, Streams: c.streams, Controls: c.controls}
			err := p.Preflight(c.limits)
			if c.what == "" {
				if err != nil {
					t.Errorf("Preflight: %v", err)
				}
				return
			}
			var many *TooManyError
			if !errors.As(err, &many) || many.What != c.what || many.Need != c.need || !strings.Contains(many.Hint(), c.hint) {
				t.Fatalf("Preflight: %+v", err)
			}
			if !strings.Contains(err.Error(), c.what) {
				t.Errorf("the error does not say what: %s", err)
			}
		})
	}
}

func TestSources(t *testing.T) {
	for _, c := range []struct {
		url     string
		streams int
		ports   int
		want    int
	}{
		{"http://127.0.0.1/", 900, 1000, 0},
		{"http://127.0.0.1/", 901, 1000, 2},
		{"http://localhost/", 5000, 1000, 6},
		{"http://127.9.9.9/", 5000, 1000, 6},
		{"http://127.0.0.1/", 1_000_000, 1000, loopbackSources},
		{"http://127.0.0.1/", 5, 1, 6},
		{"http://127.0.0.1/", 5000, 0, 0},
		{"http://[::1]/", 5000, 1000, 0},
		{"http://10.0.0.1/", 5000, 1000, 0},
		{"http://127.0.0.1.example.com/", 5000, 1000, 0},
	} {
		p := Plan{Request: Request{URL: c.url}, Streams: c.streams}
		got := p.sources(Limits{Ports: c.ports})
		if got != c.want {
			t.Errorf("%d streams to %s with %d ports: %d sources, want %d", c.streams, c.url, c.ports, got, c.want)
		}
	}
}

func TestSourceIsOnTheLoopback(t *testing.T) {
	seen := map[string]bool{}
	for i := range loopbackSources {
		ip := source(i)
		if !ip.IsLoopback() || seen[ip.String()] {
			t.Errorf("source %d is %s", i, ip)
		}
		seen[ip.String()] = true
	}
	if !seen["127.0.0.1"] || !seen["127.0.0.2"] {
		t.Errorf("sources are %v", seen)
	}
}

// This test itself needs descriptors: limits that would refuse a few streams
// were not read right.
func TestMachineLimits(t *testing.T) {
	l := MachineLimits()
	p := Plan{Request: Request{URL: "http://10.0.0.1/"}, Streams: 10}
	if l.Descriptors < 0 || l.Ports < 0 || p.Preflight(l) != nil {
		t.Errorf("limits are %+v", l)
	}
}
