package leakcheck

import (
	"strings"
	"testing"
)

// Where the answers end at once no probe can show the streams: that is said, and nobody is
// sent to look for another probe, or to hold them longer.
func TestBlindToWhatEndsAtOnce(t *testing.T) {
	for _, counts := range []bool{true, false} {
		s := newScene(1, 0, closing)
		s.counts, s.oneRole, s.evidence.Endless = counts, true, false
		s.endAtOnce()
		e := s.see()
		r := Judge(e)
		if r.Verdict != Inconclusive || !has(r, ProbeBlind) {
			t.Errorf("by count %v: %s", counts, r)
		}
		for _, f := range r.Findings {
			if f.Code != ProbeBlind {
				continue
			}
			if !strings.Contains(f.Summary, "ended at once") || !strings.Contains(f.Hint, "ask for a longer answer") || strings.Contains(f.Evidence, "1 stream were") {
				t.Errorf("by count %v: %+v", counts, f)
			}
		}
		for _, n := range r.NotJudged {
			if n.Name == "complete" && !strings.Contains(n.How, "ask for a longer answer") {
				t.Errorf("by count %v: %+v", counts, n)
			}
		}
	}
}
