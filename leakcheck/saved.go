package leakcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// EvidenceVersion is the version of the form in which evidence is saved. Another
// version is not read.
const EvidenceVersion = 1

// Save writes the evidence as one line of JSON. It has the ids of sessions and
// streams in it, and no other secrets.
func (e *Evidence) Save(w io.Writer) error {
	saved := *e
	saved.Version = EvidenceVersion
	return json.NewEncoder(w).Encode(saved)
}

// ReadEvidence reads what [Evidence.Save] wrote; [Judge] comes to the same report
// as before. What was not saved by it, or cannot have been, is an error.
func ReadEvidence(r io.Reader) (*Evidence, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the evidence of a run: %w", err)
	}
	e, err := parseEvidence(text)
	if err != nil {
		return nil, fmt.Errorf("not the evidence of a run: %w", err)
	}
	return e, nil
}

func parseEvidence(text []byte) (*Evidence, error) {
	var form struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, err
	}
	if form.Version != EvidenceVersion {
		return nil, fmt.Errorf("its version is %d, this tool reads %d", form.Version, EvidenceVersion)
	}
	e := &Evidence{}
	if err := json.Unmarshal(text, e); err != nil {
		return nil, err
	}
	return e, e.validate()
}

// validate holds what Judge relies on.
func (e *Evidence) validate() error {
	for i, r := range e.Records {
		if r.N != i {
			return fmt.Errorf("stream %d stands at place %d", r.N, i)
		}
		if _, err := loadgen.ParseDisconnect(string(r.Disconnect)); r.Disconnect != "" && err != nil {
			return err
		}
		if !slices.Contains(loadgen.Ends(), r.End) {
			return fmt.Errorf("stream %d has an unknown end, %q", i, r.End)
		}
		if e.Windows[way(r)] == 0 && gone(r) && !r.Control() {
			return fmt.Errorf("stream %d left by %s, which has no window", i, way(r))
		}
	}
	if err := e.validateStreams(); err != nil {
		return err
	}
	round, first := 0, 0
	for i, w := range e.Waves {
		switch {
		case w.Round != round && (i == 0 || w.Round != round+1):
			return fmt.Errorf("wave %d is of round %d", i, w.Round)
		case w.First < first || w.First > len(e.Records):
			return fmt.Errorf("wave %d begins with stream %d of %d", i, w.First, len(e.Records))
		}
		round, first = w.Round, w.First
	}
	for _, t := range e.Tracks {
		if !slices.Contains(Roles(), t.Role) {
			return fmt.Errorf("unknown role %q", t.Role)
		}
	}
	return nil
}

// validateStreams sees that what is said of a stream is said of one that there is.
func (e *Evidence) validateStreams() error {
	if e.Again != nil && (e.Again.N < 0 || e.Again.N >= len(e.Records)) {
		return fmt.Errorf("the request of stream %d of %d was asked again", e.Again.N, len(e.Records))
	}
	for _, s := range e.Silences {
		if s.N < 0 || s.N >= len(e.Records) {
			return fmt.Errorf("a silence is of stream %d, of %d", s.N, len(e.Records))
		}
	}
	return nil
}
