package leakcheck

import (
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// newLoop is of a server whose answers end without a last word, and that was asked
// again for the last of them and began another stream. Answers take between one
// second and three.
func newLoop() *scene {
	s := newScene(10, 3, complete, closing)
	s.each(complete, func(r *loadgen.Record, dropped *time.Duration) {
		r.Unsaid, r.LastID = true, "7"
		r.Ended = r.Opened + leftAt - time.Duration(r.N)*100*time.Millisecond
		*dropped = r.Ended + 10*time.Millisecond
	})
	s.evidence.Again = &loadgen.Again{N: 18, Asked: watchEnds + time.Second, Status: 200, Stream: true}
	return s
}

// endAt has the answers end at one age.
func (s *scene) endAt(age time.Duration) {
	s.evidence.Took = age + watchEnds
	s.each(complete, func(r *loadgen.Record, dropped *time.Duration) {
		r.Ended = r.Opened + age
		*dropped = r.Ended + 10*time.Millisecond
	})
}

// endControls has the controls end at one age.
func (s *scene) endControls(age time.Duration) {
	for i := range s.evidence.Records {
		if r := &s.evidence.Records[i]; r.Control() {
			r.Ended, r.End = r.Opened+age, loadgen.Completed
			s.dropped[i] = r.Ended + 10*time.Millisecond
		}
	}
}

// loops are the judge's rows of answers that end without a last word.
var loops = []judgement{
	{"answers end without a last word, and begin again", newLoop, Clean, []Code{ReconnectLoop}},
	{"the same, and no event has an id", func() *scene {
		s := newLoop()
		s.each(complete, func(r *loadgen.Record, _ *time.Duration) { r.LastID = "" })
		return s
	}, Clean, []Code{ReconnectLoop}},
	{"answers end without a last word, and 204 says so", func() *scene {
		s := newLoop()
		s.evidence.Again.Status, s.evidence.Again.Stream, s.evidence.Again.Err = 204, false, "response has status 204"
		return s
	}, Clean, nil},
	{"answers end without a last word, and nobody answered again", func() *scene {
		s := newLoop()
		s.evidence.Again = &loadgen.Again{N: 18, Asked: watchEnds, Err: "no answer"}
		return s
	}, Clean, nil},
	{"answers end without a last word, and nobody asked again", func() *scene {
		s := newLoop()
		s.evidence.Again = nil
		return s
	}, Clean, nil},
	{"one of the answers had a last word", func() *scene {
		s := newLoop()
		s.evidence.Records[4].Unsaid = false
		return s
	}, Clean, nil},
	{"answers end without a last word, and one broke", func() *scene {
		s := newLoop()
		s.evidence.Records[4].End, s.evidence.Records[4].Unsaid = loadgen.Cut, false
		return s
	}, Clean, []Code{CutByServer, ReconnectLoop}},
	{"a feed is ended at the timeout that the server tells", func() *scene {
		s := newLoop()
		s.evidence.Server.Config.Timeout = 9 * time.Second
		s.endAt(9 * time.Second)
		return s
	}, Inconclusive, []Code{TooOld}},
	{"the same, and the window reaches to it", func() *scene {
		s := newLoop()
		s.evidence.Server.Config.Timeout = 9 * time.Second
		s.evidence.AtTimeout = []loadgen.Disconnect{complete}
		s.endAt(9*time.Second - 50*time.Millisecond)
		return s
	}, Clean, nil},
	{"a feed is ended at the timeout that the controls show", func() *scene {
		s := newLoop()
		s.evidence.Server = nil
		s.evidence.Endless = false
		s.endAt(6 * time.Second)
		s.endControls(6*time.Second + 20*time.Millisecond)
		return s
	}, Clean, nil},
	{"answers of one length are far from the timeout", func() *scene {
		s := newLoop()
		s.evidence.Server.Config.Timeout = 30 * time.Second
		s.endAt(6 * time.Second)
		return s
	}, Clean, []Code{ReconnectLoop}},
	{"answers end without a last word before the server is another", func() *scene {
		s := newLoop()
		s.evidence.Restarted = 8 * time.Second
		return s
	}, Inconclusive, []Code{ServerRestarted}},
	{"answers end without a last word before the server dies", func() *scene {
		s := newLoop()
		s.evidence.Crashed, s.evidence.CrashedWhy = 11*time.Second, "connection refused"
		return s
	}, Crashed, []Code{HasCrashed}},
	{"answers end without a last word in a run that is interrupted", func() *scene {
		s := newLoop()
		s.evidence.Interrupted = Watching
		return s
	}, Inconclusive, []Code{WasInterrupted}},
	{"answers end without a last word and stay", func() *scene {
		s := newLoop()
		s.keep(complete, never)
		return s
	}, Leaking, []Code{NoCompletionCallback, ReconnectLoop}},
}

func TestLoopIsTold(t *testing.T) {
	s := newLoop()
	f := Judge(s.see()).Findings[0]
	for _, want := range []string{"any of 10 streams", "for ever"} {
		if !strings.Contains(f.Summary, want) {
			t.Errorf("%q does not say %q", f.Summary, want)
		}
	}
	for _, want := range []string{"session session-18, for one, ended whole 1.20 s after", "asked again 10.90 s later with the last event's id", "status 200"} {
		if !strings.Contains(f.Evidence, want) {
			t.Errorf("%q does not say %q", f.Evidence, want)
		}
	}
	s.evidence.Records[18].LastID = ""
	if f = Judge(s.see()).Findings[0]; !strings.Contains(f.Evidence, "without a Last-Event-ID") {
		t.Errorf("%q", f.Evidence)
	}
}
