package leakcheck

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// refreshed adds a successor for each stream of wave i, that stays; the count lacks the
// first of them.
func refreshed(s *scene, i, lacks int) {
	for n, r := range slices.Clone(s.evidence.Records) {
		if r.Disconnect != loadgen.Refresh {
			continue
		}
		open := r.Ended + 5*time.Millisecond
		gone := never
		if lacks > 0 {
			lacks, gone = lacks-1, open+20*time.Millisecond
		}
		s.add(loadgen.Record{Status: 200, Connected: open, Opened: open, FirstEvent: open, Succeeds: s.evidence.Records[n].ID}, gone)
	}
}

// A count tells of successors that were removed: the wave of refreshed pages ends with
// fewer than are open. Leaks that come later make up for them.
func TestMissingSuccessors(t *testing.T) {
	s := newTide(loadgen.Refresh)
	refreshed(s, 0, 8)
	r := Judge(s.see())
	if r.Verdict != OverReaping || r.Controls.Killed != 8 || len(r.Findings) != 1 || r.Findings[0].Code != RefreshKillsSuccessor {
		t.Errorf("8 of 10 successors are not counted: %s\n%s", r.Verdict, r)
	}
	s = newTide(loadgen.Refresh)
	refreshed(s, 0, 0)
	if r := Judge(s.see()); r.Verdict != Clean {
		t.Errorf("every successor is counted: %s\n%s", r.Verdict, r)
	}
}

// A probe of sessions and a look at the sockets, both as sessions, count every stream
// twice: the sum accuses the wrong way, or nobody.
func TestSumOfTwoThatShowAll(t *testing.T) {
	s := newTide(closing, reset)
	s.stays(0, never)
	e := s.see()
	again := e.Tracks[0]
	again.Name = "sessions 2"
	e.Tracks = append(e.Tracks, again)
	r := Judge(e)
	if r.Verdict != Inconclusive || r.Findings[0].Code != ProbeBlind || !strings.Contains(r.Findings[0].Hint, "descriptors=") {
		t.Errorf("two probes show all streams: %s\n%s", r.Verdict, r)
	}
}

// Who is told to give windows gets a timeout and a bound on writes named, each by its way.
func TestOverstayBesideVanish(t *testing.T) {
	s := newScene(10, 3, closing, loadgen.Vanish, loadgen.Overstay)
	s.evidence.Server = nil
	s.keep(loadgen.Vanish, never)
	s.keep(loadgen.Overstay, never)
	s.each(loadgen.Vanish, func(r *loadgen.Record, _ *time.Duration) { r.Heard = r.Ended - 200*time.Millisecond })
	var codes []Code
	for _, f := range Judge(s.see()).Findings {
		codes = append(codes, f.Code)
		if len(f.Disconnects) != 1 || !strings.HasPrefix(f.Evidence, "10 of 30 sessions") {
			t.Errorf("%s is told of %v: %s", f.Code, f.Disconnects, f.Evidence)
		}
	}
	if !slices.Equal(codes, []Code{NoTimeout, NoWriteDeadline}) {
		t.Errorf("overstay and vanish leak, while tokens flow: %v", codes)
	}
}

// A stream whose answer did not end, or to which too little was sent, has not failed.
func TestStreamsThatCouldNotLeave(t *testing.T) {
	s := newTide(loadgen.Complete, closing)
	s.each(loadgen.Complete, func(r *loadgen.Record, _ *time.Duration) { r.End = loadgen.Untried })
	if got, want := Judge(s.see()).Streams, (Streams{Planned: 2 * waveStreams, Opened: 2 * waveStreams, Untried: waveStreams}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A run that might take no longer says so, and how much longer it needs.
func TestRunOutOfTime(t *testing.T) {
	for _, counts := range []bool{false, true} {
		s := newScene(30, 3, closing)
		s.counts = counts
		s.keep(closing, never)
		s.evidence.Took, s.evidence.MaxTime, s.evidence.Required = 6*time.Second, 6*time.Second, []loadgen.Disconnect{closing}
		r := Judge(s.see())
		if last := r.NotJudged[len(r.NotJudged)-1]; r.Verdict != Inconclusive || last.Name != "close" || !strings.Contains(last.Why, "no longer than 6s") {
			t.Errorf("%s, not judged: %+v", r.Verdict, r.NotJudged)
		}
		for _, f := range r.Findings {
			if !strings.Contains(f.Summary+f.Evidence, "no longer") || f.Hint != "give it the time: --max-time 1m0s" {
				t.Errorf("%+v", f)
			}
		}
	}
}

// What a report says of leaked sessions agrees with its rows: streams that broke, or that
// nobody counts, are in neither, and what never came back has no time.
func TestRowsAndTotalsAgree(t *testing.T) {
	s := newTide(loadgen.Complete, closing)
	s.each(loadgen.Complete, func(r *loadgen.Record, dropped *time.Duration) { r.End, *dropped = loadgen.Failed, never })
	s.stays(1, never)
	r := Judge(s.see())
	leaked := 0
	for _, row := range r.Disconnects {
		leaked += row.Leaked
		if row.Reclaimed+row.Late == 0 && row.Reclaim != nil {
			t.Errorf("%s has reclaim times %+v, and none came back", row.Name, row.Reclaim)
		}
	}
	if leaked != 10 || !strings.Contains(r.Findings[len(r.Findings)-1].Evidence, "10 of 10 sessions past the window") {
		t.Errorf("%d leaked\n%s", leaked, r)
	}
}

// The warm-up's generations that are never cancelled are no session that stayed, and the
// leak itself says so.
func TestWarmUpOfUpstreams(t *testing.T) {
	s := newTide(closing)
	s.oneRole = false
	s.ended = slices.Repeat([]time.Duration{never}, len(s.dropped))
	e := s.see()
	e.WarmUpStayed = 5
	e.Tracks[1].Baseline, e.Tracks[1].Low = 5, 5
	for i := range e.Tracks[1].Readings {
		e.Tracks[1].Readings[i].Count += 5
	}
	e.Tracks[1].Plateau += 5
	r := Judge(e)
	if r.Verdict != Leaking || len(r.Findings) != 1 || r.Findings[0].Code != NoUpstreamCancel {
		t.Errorf("upstreams stay: %s\n%s", r.Verdict, r)
	}
}
