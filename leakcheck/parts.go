package leakcheck

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Parts are what a track's counts were made of, by name, at three moments. A place
// names its largest parts only.
type Parts struct {
	// Baseline is the last reading before the streams opened.
	Baseline map[string]int `json:"baseline,omitempty"`
	// Plateau is the one at which most streams were open.
	Plateau map[string]int `json:"plateau,omitempty"`
	// End is the newest.
	End map[string]int `json:"end,omitempty"`
}

// consist takes what a reading is made of, with so many streams open throughout it;
// running says that the streams are under way. It comes before the reading's own
// plateau.
func (t *Track) consist(parts map[string]int, open int, running bool) {
	if parts == nil {
		return
	}
	if t.Parts == nil {
		t.Parts = &Parts{}
	}
	next := *t.Parts // what was handed out stays as it is
	next.End = parts
	switch {
	case !running:
		next.Baseline = parts
	case open > t.PlateauOpen:
		next.Plateau = parts
	}
	t.Parts = &next
}

// growth is a part of which there is more than the streams that are open account for.
type growth struct {
	name string
	by   int
}

// grown are the parts that grew, the largest first. What belongs to a stream that is
// open is known from the plateau: of that, as much is left out as streams are still open.
func (t Track) grown(open int) []growth {
	if t.Parts == nil {
		return nil
	}
	var all []growth
	for name, end := range t.Parts.End {
		before := t.Parts.Baseline[name]
		live := 0.0
		if t.PlateauOpen > 0 {
			live = float64(max(0, t.Parts.Plateau[name]-before)) * float64(open) / float64(t.PlateauOpen)
		}
		if by := end - before - int(math.Ceil(live)); by > 0 {
			all = append(all, growth{name, by})
		}
	}
	slices.SortFunc(all, func(a, b growth) int { return cmp.Or(cmp.Compare(b.by, a.by), cmp.Compare(a.name, b.name)) })
	return all
}

// openAt is how many streams were open at a moment.
func openAt(records []loadgen.Record, at time.Duration) int {
	n := 0
	for _, r := range records {
		if r.Connected != 0 && r.Connected <= at && (r.End == loadgen.Open || r.Ended > at) {
			n++
		}
	}
	return n
}

// named is how many parts evidence names.
const named = 3

// nameParts says, in the evidence of what stays, of which parts there is more than
// before: the stack in which goroutines wait, the state in which sockets are.
func (j *judge) nameParts() {
	for i := range j.report.Findings {
		f := &j.report.Findings[i]
		if !slices.Contains(ofLeftovers, f.Code) || f.Severity != SeverityError {
			continue
		}
		for _, t := range j.e.Tracks {
			if f.Role == "" || f.Role == t.Role {
				if text := t.growth(j.e.Records); text != "" {
					f.Evidence += "; " + text
				}
			}
		}
	}
}

// ofLeftovers are the codes of what stays at the server.
var ofLeftovers = []Code{
	Leak, Late, NoRemove, NoCallbacks, NoCompletionCallback, NoErrorCallback, NoTimeout, NoHeartbeat, NoWriteDeadline, SweepNever,
	EarlyAbort, SlowReclaim, WritesNothing, ReleaseFailsForSome, RefreshKeepsBoth, NoUpstreamCancel, "writes-nothing", "release-fails-for-some", "refresh-keeps-both",
	"worker-leak", "fd-leak", "memory-leak",
}

// growth writes a track's largest growths, of as much as is more than other clients
// or a pool would make it.
func (t Track) growth(records []loadgen.Record) string {
	all := t.grown(openAt(records, t.last().Sent))
	all = slices.DeleteFunc(all, func(g growth) bool { return g.by < max(2, t.noise()+1) })
	if len(all) == 0 {
		return ""
	}
	parts := make([]string, 0, named)
	for _, g := range all[:min(len(all), named)] {
		parts = append(parts, fmt.Sprintf(`%s more of "%s"`, thousands(g.by), g.name))
	}
	return fmt.Sprintf("among %s there are %s", t.Name, strings.Join(parts, ", "))
}
