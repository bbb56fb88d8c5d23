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
	f.Fuzz(func(t *testing.T, saved []byte) {
		e, err := ReadEvidence(bytes.NewReader(saved))
		if err != nil {
			return
		}
		checkReport(t, Judge(e))
	})
}
