package leakcheck

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

const (
	complete = loadgen.Complete
	closing  = loadgen.Close
	reset    = loadgen.Reset
)

func TestJudge(t *testing.T) {
	for _, tt := range judgements {
		t.Run(tt.name, func(t *testing.T) {
			r := Judge(tt.scene().see())
			if r.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, tt.verdict)
			}
			var codes []Code
			for _, f := range r.Findings {
				codes = append(codes, f.Code)
				if f.Summary == "" || f.Evidence == "" || f.Hint == "" {
					t.Errorf("finding %s lacks words: %+v", f.Code, f)
				}
			}
			slices.Sort(codes)
			want := slices.Sorted(slices.Values(tt.codes))
			if !slices.Equal(codes, want) {
				t.Errorf("findings %q, want %q", codes, want)
			}
			checkReport(t, r)
		})
	}
}

// checkReport holds what is true of every report.
func checkReport(t *testing.T, r *Report) {
	t.Helper()
	named := len(r.Judged) + len(r.NotJudged)
	for _, n := range r.NotJudged {
		if n.Name == "over-reaping" || slices.Contains(Roles(), Role(n.Name)) {
			named--
		}
	}
	if named != len(r.Disconnects) {
		t.Errorf("%d ways are told as judged or not, of %d", named, len(r.Disconnects))
	}
	for _, row := range r.Disconnects {
		if row.Left != row.Reclaimed+row.Leaked+row.Unknown {
			t.Errorf("%s: left %d is not reclaimed %d + leaked %d + unknown %d", row.Name, row.Left, row.Reclaimed, row.Leaked, row.Unknown)
		}
		if row.Late > row.Leaked {
			t.Errorf("%s: late %d of leaked %d", row.Name, row.Late, row.Leaked)
		}
	}
	errors := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == SeverityError })
	if r.Verdict == Clean && errors {
		t.Error("clean, with a finding that is an error")
	}
	if r.Verdict == Clean && len(r.Judged) == 0 {
		t.Error("clean, with no way judged")
	}
}

func TestJudgeIsPure(t *testing.T) {
	for _, tt := range judgements {
		e := tt.scene().see()
		var before, after bytes.Buffer
		if err := e.Save(&before); err != nil {
			t.Fatal(err)
		}
		first := Judge(e)
		if err := e.Save(&after); err != nil {
			t.Fatal(err)
		}
		if before.String() != after.String() {
			t.Errorf("%s: judging changed the evidence", tt.name)
		}
		saved, err := ReadEvidence(&before)
		if err != nil {
			t.Fatal(err)
		}
		if second := Judge(saved); !reflect.DeepEqual(first, second) {
			t.Errorf("%s: saved evidence is judged otherwise", tt.name)
		}
	}
}

func TestRows(t *testing.T) {
	s := newScene(30, 2, closing)
	s.dropped[3], s.dropped[7] = never, never
	s.dropped[5] = s.evidence.Records[5].Ended + window + time.Second
	r := Judge(s.see())
	row := r.Disconnects[0]
	if row.Left != 30 || row.Reclaimed != 27 || row.Leaked != 3 || row.Late != 1 || row.Unknown != 0 {
		t.Errorf("row %+v", row)
	}
	if want := []string{"session-3", "session-5", "session-7"}; !slices.Equal(row.LeakedIDs, want) {
		t.Errorf("leaked %q, want %q", row.LeakedIDs, want)
	}
	if q := row.Reclaim; q.Min > 0.12 || q.P50 > 0.12 || q.Max < 5 || q.Max > 5.2 {
		t.Errorf("reclaim times %+v: 10 ms and a poll, and one of 5 s", q)
	}
	if c := r.Controls; c.Kept != 2 || c.Killed != 0 {
		t.Errorf("controls %+v", c)
	}
}

func TestRowsByCountOfOneWay(t *testing.T) {
	s := newScene(30, 2, closing)
	s.counts = true
	s.dropped[3], s.dropped[7] = never, never
	row := Judge(s.see()).Disconnects[0]
	if row.Left != 30 || row.Leaked != 2 || row.Reclaimed != 28 || row.Unknown != 0 || row.LeakedIDs != nil {
		t.Errorf("row %+v", row)
	}
	if q := row.Reclaim; q == nil || q.P50 > 0.2 {
		t.Errorf("reclaim times %+v", q)
	}
}

func TestLeakedIDsAreBounded(t *testing.T) {
	s := newScene(100, 0, closing)
	s.keep(closing, never)
	row := Judge(s.see()).Disconnects[0]
	if row.Leaked != 100 || len(row.LeakedIDs) != maxLeakedIDs {
		t.Errorf("%d leaked, %d named", row.Leaked, len(row.LeakedIDs))
	}
}

// What is told of one stream is told of one of those that the finding counts: not of
// one that ended likewise and was to do so, or for another reason.
func TestEvidenceIsOfAStreamThatIsCounted(t *testing.T) {
	s := newScene(10, 3, complete, closing, loadgen.Stall) // in turn
	for n, was := range map[int]loadgen.Record{
		4:  {End: loadgen.Failed, Err: "no descriptor"},
		5:  {Opened: 1, End: loadgen.Untried, Err: "too little was sent"},
		6:  {Opened: 1, End: loadgen.Untried, Err: "the server did not end it"},
		13: {Opened: 1, End: loadgen.Completed},
	} {
		r := &s.evidence.Records[n]
		r.End, r.Err = was.End, was.Err
		if was.Opened == 0 {
			r.Opened = 0
		}
	}
	want := map[Code]string{
		Unfinished: "session session-6, for one, ended 3.00 s after it had opened: the server did not end it",
		EndedEarly: "session session-13, for one, ended 3.00 s after it had opened: the server ended the response",
	}
	for _, f := range Judge(s.see()).Findings {
		if text, ok := want[f.Code]; ok && f.Evidence == text {
			delete(want, f.Code)
		} else if ok {
			t.Errorf("%s: %s", f.Code, f.Evidence)
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// Where an answer has no end the server ended the streams, and a longer answer is no way
// out; and of a stream that was over before it could stall too little was not sent.
func TestHintsFitWhatEndedTheStreams(t *testing.T) {
	for _, tt := range []struct {
		endless bool
		end     loadgen.End
		why     string // of stall
		hint    string // of the ways, and of ended-early where it is found
	}{
		{true, loadgen.Completed, "no stream was open when it was to leave", "see what ends streams at the server or a proxy (a sweep, a limit, the timeout), or hold shorter: --hold"},
		{false, loadgen.Completed, "no stream was open when it was to leave", "ask for a longer answer, or hold shorter: --hold"},
		{true, loadgen.Untried, "too little was sent to close the clients' windows", "ask for an answer with more and larger events"},
	} {
		s := newScene(10, 3, loadgen.Stall, closing)
		s.evidence.Endless = tt.endless
		for _, way := range []loadgen.Disconnect{loadgen.Stall, closing} {
			s.each(way, func(r *loadgen.Record, _ *time.Duration) {
				if way == loadgen.Stall || tt.end == loadgen.Completed {
					r.End = tt.end
				}
			})
		}
		r := Judge(s.see())
		var stall NotJudged
		for _, n := range r.NotJudged {
			if n.Name == string(loadgen.Stall) {
				stall = n
			}
		}
		if stall.Why != tt.why || stall.How != tt.hint {
			t.Errorf("endless %v, %s: %+v", tt.endless, tt.end, stall)
		}
		for _, f := range r.Findings {
			if f.Code == EndedEarly && f.Hint != tt.hint {
				t.Errorf("endless %v: %s", tt.endless, f.Hint)
			}
		}
	}
}

func TestReplicasAddUp(t *testing.T) {
	a, b := newScene(20, 2, closing), newScene(20, 2, closing)
	a.sees = func(n int) bool { return n%2 == 0 }
	b.sees = func(n int) bool { return n%2 == 1 }
	for _, counts := range [][2]bool{{false, false}, {true, true}, {false, true}} {
		a.counts, b.counts = counts[0], counts[1]
		e := a.see()
		e.Tracks = append(e.Tracks[:1], b.see().Tracks[0])
		if r := Judge(e); r.Verdict != Clean {
			t.Errorf("by count %v: two replicas: %s %+v", counts, r.Verdict, r.Findings)
		}
	}
}

func TestReadingsAreBounded(t *testing.T) {
	var track Track
	track.Name = "sessions"
	for i := range 50_000 {
		track.count(Reading{At: time.Duration(i) * time.Millisecond, Count: i})
	}
	readings := thin([]Track{track})
	if len(readings) > maxReadings {
		t.Errorf("%d readings", len(readings))
	}
	if last := readings[len(readings)-1]; last.Count != 49_999 {
		t.Errorf("the last reading is %+v", last)
	}
}

// However many readings there are, each probe's first, highest and last are among those
// that a report has: its counts tell of them.
func TestThinnedReadingsAgreeWithTheCounts(t *testing.T) {
	var tracks []Track
	for p, name := range []string{"a", "b", "c"} {
		track := Track{Series: Series{Name: name, Role: Sessions}}
		for i := range 3001 {
			n := 10 + i%2
			switch i {
			case 0:
				n = p
			case 1501 + p:
				n = 5000
			case 3000:
				n = 20 + p
			}
			track.count(Reading{At: time.Duration(i*10+p) * time.Millisecond, Count: n})
		}
		tracks = append(tracks, track)
	}
	all := thin(tracks)
	if len(all) > maxReadings {
		t.Errorf("%d readings", len(all))
	}
	for p, track := range tracks {
		var own []int
		for _, r := range all {
			if r.Probe == track.Name {
				own = append(own, r.Count)
			}
		}
		if own[0] != p || slices.Max(own) != 5000 || own[len(own)-1] != 20+p {
			t.Errorf("probe %s: from %d, up to %d, to %d", track.Name, own[0], slices.Max(own), own[len(own)-1])
		}
	}
}

func TestCountKeepsChangesAndTheNewest(t *testing.T) {
	var track Track
	for i, n := range []int{0, 0, 0, 5, 5, 5, 5, 2} {
		track.count(Reading{At: time.Duration(i), Count: n})
	}
	var at []string
	for _, r := range track.Readings {
		at = append(at, r.At.String())
	}
	if got := strings.Join(at, " "); got != "0s 2ns 3ns 6ns 7ns" {
		t.Errorf("kept %s", got)
	}
}
