package leakcheck

import (
	"maps"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	serving = "main.serve main.go:10"
	pinging = "main.(*hub).ping hub.go:41"
	idling  = "net/http.(*persistConn).readLoop transport.go:2205"
)

func TestConsistKeepsThreeMoments(t *testing.T) {
	var track Track
	see := func(n, open int, running bool) {
		track.consist(map[string]int{serving: n}, open, running)
		track.plateau(open, n)
	}
	track.consist(nil, 0, false)
	if track.Parts != nil {
		t.Fatal("of a place that tells nothing something is kept")
	}
	see(1, 0, false)
	see(2, 0, false)
	see(12, 10, true)
	handedOut := *track.Parts
	see(22, 20, true)
	see(13, 10, true)
	see(3, 0, true)
	for name, got := range map[string]map[string]int{"baseline 2": track.Parts.Baseline, "plateau 22": track.Parts.Plateau, "end 3": track.Parts.End} {
		if _, want, _ := strings.Cut(name, " "); len(got) != 1 || thousands(got[serving]) != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if handedOut.End[serving] != 12 || handedOut.Plateau[serving] != 12 {
		t.Errorf("what was handed out has changed: %+v", handedOut)
	}
}

func TestGrown(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		baseline, plateau, end map[string]int
		open                   int
		want                   map[string]int
	}{
		{"all is back", map[string]int{idling: 2}, map[string]int{idling: 2, serving: 100}, map[string]int{idling: 2}, 0, nil},
		{"controls are served", nil, map[string]int{serving: 100}, map[string]int{serving: 10}, 10, nil},
		{"controls are served by two each", nil, map[string]int{serving: 200}, map[string]int{serving: 20}, 10, nil},
		{"what is left of the streams", nil, map[string]int{serving: 100, pinging: 100}, map[string]int{serving: 10, pinging: 100}, 10, map[string]int{pinging: 90}},
		{"it begins when they leave", map[string]int{idling: 1}, map[string]int{serving: 100}, map[string]int{serving: 10, pinging: 14, idling: 1}, 10, map[string]int{pinging: 14}},
		{"the largest that are named are others", nil, nil, map[string]int{pinging: 5}, 0, map[string]int{pinging: 5}},
	} {
		track := Track{PlateauOpen: 100, Parts: &Parts{Baseline: tt.baseline, Plateau: tt.plateau, End: tt.end}}
		got := map[string]int{}
		for _, g := range track.grown(tt.open) {
			got[g.name] = g.by
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if (Track{}).grown(0) != nil {
		t.Error("of a place that tells nothing something grew")
	}
}

// The stack that stays is named in what is found of the sessions, and in nothing of
// a server that is right.
func TestFindingsNameTheStack(t *testing.T) {
	workers := Track{
		Series: Series{Name: "workers", Role: Workers, Spec: "goroutines:http://a"}, PlateauOpen: 13, Plateau: 27,
		Readings: []Reading{{Sent: watchEnds - testPoll, At: watchEnds, Count: 14}},
		Parts: &Parts{
			Baseline: map[string]int{idling: 1}, Plateau: map[string]int{idling: 1, serving: 13, pinging: 13},
			End: map[string]int{idling: 2, serving: 3, pinging: 13},
		},
	}
	s := newScene(10, 3, closing)
	s.keep(closing, never)
	e := s.see()
	e.Tracks = append(e.Tracks, workers)
	r := Judge(e)
	if f := r.Findings[0]; !strings.HasSuffix(f.Evidence, `; among workers there are 10 more of "`+pinging+`"`) {
		t.Errorf("%s: %s", f.Code, f.Evidence)
	}

	e = newScene(10, 3, loadgen.Close).see()
	e.Tracks = append(e.Tracks, workers)
	if r := Judge(e); len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
}
