package leakcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadReport(t *testing.T) {
	for _, tt := range judgements {
		want := Judge(tt.scene().see())
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadReport(bytes.NewReader(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestReadReportOfSomethingElse(t *testing.T) {
	var saved bytes.Buffer
	if err := newScene(1, 0).see().Save(&saved); err != nil {
		t.Fatal(err)
	}
	if r, err := ReadReport(strings.NewReader("\ufeff" + `{"schema": 1, "verdict": "clean", "judged": ["close"]}`)); err != nil || r.Verdict != Clean {
		t.Errorf("behind a byte order mark: %+v, %v", r, err)
	}
	if _, err := ReadReport(&saved); !errors.Is(err, ErrIsEvidence) {
		t.Errorf("evidence: %v", err)
	}
	for text, want := range map[string]string{
		``:                                  "unexpected end of JSON input",
		`{"schema": 1, "verdict": "`:        "unexpected end of JSON input",
		`<html>`:                            "invalid character '<'",
		`{}`:                                "it names no schema",
		`[]`:                                "it is JSON of another form",
		`{"schema": 2}`:                     "its schema is 2, this tool reads 1: a newer one wrote it",
		`{"schema": 1}`:                     `unknown verdict ""`,
		`{"schema": 1, "verdict": "clean"}`: "clean and judged nothing",
		`{"schema": 1, "verdict": "leaking", "took_s": 1e300}`:                                                    "1e+300 s is no time of a run",
		`{"schema": 1, "verdict": "leaking", "readings": [{"at_s": -1}]}`:                                         "-1 s is no time of a run",
		`{"schema": 1, "verdict": "leaking", "disconnects": [{"left": -1}]}`:                                      "-1 is no count",
		`{"schema": 1, "verdict": "leaking", "history": [{"reclaims": [{"from_s": 0, "to_s": 1, "count": -7}]}]}`: "-7 is no count",
	} {
		if _, err := ReadReport(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "not a JSON report: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
