package leakcheck

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadEvidenceRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":       {"", "unexpected end"},
		"no JSON":       {"<html>", "invalid character"},
		"a report":      {`{"schema": 1, "verdict": "clean"}`, "its version is 0, this tool reads 1"},
		"another time":  {`{"version": 2}`, "its version is 2, this tool reads 1"},
		"a wrong place": {`{"version": 1, "records": [{"n": 1}]}`, "stream 1 stands at place 0"},
		"a wrong way":   {`{"version": 1, "records": [{"n": 0, "disconnect": "jump"}]}`, `"jump"`},
		"a wrong end":   {`{"version": 1, "records": [{"n": 0, "end": "weird"}]}`, `unknown end, "weird"`},
		"no window":     {`{"version": 1, "records": [{"n": 0, "disconnect": "close", "connected": 1, "end": "left"}]}`, "close, which has no window"},
		"a wrong role":  {`{"version": 1, "tracks": [{"role": "cats"}]}`, `unknown role "cats"`},
		"a wrong round": {`{"version": 1, "waves": [{"round": 5}]}`, "wave 0 is of round 5"},
		"rounds behind": {`{"version": 1, "waves": [{"round": 0}, {"round": 1}, {"round": 0}]}`, "wave 2 is of round 0"},
		"no stream":     {`{"version": 1, "waves": [{"first": 1}]}`, "wave 0 begins with stream 1 of 0"},
		"waves behind":  {`{"version": 1, "records": [{"n": 0}, {"n": 1}], "waves": [{"first": 2}, {"first": 1}]}`, "wave 1 begins with stream 1 of 2"},
		"asked again":   {`{"version": 1, "records": [{"n": 0}], "again": {"n": 1}}`, "the request of stream 1 of 1 was asked again"},
		"no silence":    {`{"version": 1, "silences": [{"n": 0}]}`, "a silence is of stream 0, of 0"},
		"before all":    {`{"version": 1, "waves": [{"first": -1}]}`, "wave 0 begins with stream -1 of 0"},
	} {
		_, err := ReadEvidence(strings.NewReader(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), "not the evidence of a run: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is read can be judged.
func FuzzReadEvidence(f *testing.F) {
	for _, i := range []int{0, 2, 20} {
		var saved bytes.Buffer
		s := judgements[i].scene()
		s.evidence.Records, s.dropped = s.evidence.Records[:3], s.dropped[:3]
		if err := s.see().Save(&saved); err != nil {
			f.Fatal(err)
		}
		f.Add(saved.Bytes())
	}
	f.Add([]byte(`{"version":1,"records":[{"n":0,"disconnect":"early"}],"tracks":[{"role":"sessions","ids":true,"sightings":[{},{}]}]}`))
	f.Add([]byte(`{"version":1,"windows":{"close":1000000000},"records":[{"n":0,"disconnect":"close","connected":1,"opened":2,"ended":5,"end":"left"}],` +
		`"waves":[{"round":0,"first":0,"until":9},{"round":1,"first":1,"until":19}],` +
		`"tracks":[{"role":"sessions","name":"s"},{"role":"workers","name":"w","readings":[{"at":1,"sent":1,"count":1}]}]}`))
	f.Fuzz(func(t *testing.T, saved []byte) {
		e, err := ReadEvidence(bytes.NewReader(saved))
		if err != nil {
			return
		}
		checkReport(t, Judge(e))
	})
}
