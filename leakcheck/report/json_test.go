package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

func asJSON(t *testing.T, r *leakcheck.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONGolden(t *testing.T) {
	for name, r := range reports() {
		golden(t, name+".json", asJSON(t, r))
	}
}

func TestJSONComesBack(t *testing.T) {
	for name, r := range reports() {
		var got leakcheck.Report
		d := json.NewDecoder(bytes.NewReader(asJSON(t, r)))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(&got, r) {
			t.Errorf("%s: got %+v, want %+v", name, got, *r)
		}
	}
}

// schema1 is the form that DESIGN.md promises: every key by its path, an index
// for each list. Keys may be added to it and none may go.
var schema1 = map[string][]string{
	"":                        {"schema", "tool", "target", "started", "took_s", "verdict", "judged", "not_judged", "findings", "disconnects", "controls", "streams", "latency", "probes", "readings"},
	"not_judged[]":            {"name", "why", "how"},
	"findings[]":              {"code", "severity", "disconnects", "summary", "evidence", "hint"},
	"disconnects[]":           {"name", "left", "reclaimed", "leaked", "late", "unknown", "window_s", "reclaim_s", "leaked_ids"},
	"disconnects[].reclaim_s": {"min", "p50", "p90", "p99", "max"},
	"controls":                {"kept", "killed", "timed_out"},
	"streams":                 {"planned", "opened", "rejected", "cut_by_server", "completed", "stalled", "failed"},
	"latency":                 {"connect_s", "ttfe_s", "gap_s", "heartbeat_gap_s"},
	"latency.connect_s":       {"min", "p50", "p90", "p99", "max"},
	"latency.ttfe_s":          {"min", "p50", "p90", "p99", "max"},
	"latency.gap_s":           {"min", "p50", "p90", "p99", "max"},
	"latency.heartbeat_gap_s": {"min", "p50", "p90", "p99", "max"},
	"probes[]":                {"name", "role", "spec", "baseline", "peak", "end", "ids"},
	"readings[]":              {"at_s", "probe", "count"},
}

// additions are the keys that came after the schema was written.
var additions = map[string][]string{
	"":                   {"interrupted", "history", "facts", "thresholds", "compared"},
	"findings[]":         {"role", "fixes"},
	"findings[].fixes[]": {"framework", "text"},
	"facts[]":            {"name", "value", "value_s", "error_s", "told_s", "evidence"},

	"latency":                           {"connect_histogram", "ttfe_histogram", "gap_histogram", "heartbeat_gap_histogram"},
	"latency.connect_histogram[]":       {"from_s", "to_s", "count"},
	"latency.ttfe_histogram[]":          {"from_s", "to_s", "count"},
	"latency.gap_histogram[]":           {"from_s", "to_s", "count"},
	"latency.heartbeat_gap_histogram[]": {"from_s", "to_s", "count"},
	"history[]":                         {"name", "left_from_s", "left_until_s", "left", "sessions", "reclaims"},
	"history[].left[]":                  {"from_s", "until_s"},
	"history[].sessions[]":              {"at_s", "count"},
	"history[].reclaims[]":              {"from_s", "to_s", "count"},
	"probes[]":                          {"failures"},
	"thresholds[]":                      {"fail_if", "value", "broken", "summary"},
	"compared":                          {"target", "started", "verdict", "worse"},
	"compared.worse[]":                  {"disconnect", "code", "summary"},
}

func TestJSONKeys(t *testing.T) {
	r := leaking()
	r.Interrupted = leakcheck.Leaving
	r.NotJudged = []leakcheck.NotJudged{{Name: "reset", Why: "why", How: "how"}}
	r.Disconnects = r.Disconnects[1:2]
	r.History = r.History[1:2]
	r.History[0].Left = []leakcheck.Span{{From: 8, Until: 9}, {From: 10, Until: 10.4}}
	l := &r.Latency
	l.ConnectHistogram, l.GapHistogram, l.HeartbeatGapHistogram = l.FirstEventHistogram, l.FirstEventHistogram, l.FirstEventHistogram
	r.Probes[0].Failures = 1
	r.Findings[0].Role = leakcheck.Sessions
	r.Thresholds = brokenThreshold().Thresholds
	r.Compared = worse().Compared
	r.Compared.Worse[0].Disconnect, r.Compared.Worse[0].Code = "close", "leak"
	got := map[string]map[string]bool{}
	var doc any
	if err := json.Unmarshal(asJSON(t, r), &doc); err != nil {
		t.Fatal(err)
	}
	keysOf(doc, "", got)
	paths := slices.Concat(slices.Collect(maps.Keys(schema1)), slices.Collect(maps.Keys(additions)))
	for _, path := range slices.Compact(slices.Sorted(slices.Values(paths))) {
		want := map[string]bool{}
		for _, k := range slices.Concat(schema1[path], additions[path]) {
			want[k] = true
		}
		if !maps.Equal(got[path], want) {
			t.Errorf("%q has %v, not %v", path, slices.Sorted(maps.Keys(got[path])), slices.Sorted(maps.Keys(want)))
		}
		delete(got, path)
	}
	for path := range got {
		t.Errorf("%q is not in the schema", path)
	}
}

// keysOf gathers the keys of every object in a document by its path.
func keysOf(v any, path string, into map[string]map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			keysOf(e, path+"[]", into)
		}
	case map[string]any:
		if into[path] == nil {
			into[path] = map[string]bool{}
		}
		for k, e := range v {
			into[path][k] = true
			keysOf(e, strings.TrimPrefix(path+"."+k, "."), into)
		}
	}
}

// A list is never null, so that nobody who reads has to ask; a time that is not
// known is.
func TestJSONEmptyLists(t *testing.T) {
	empty := &leakcheck.Report{
		Judged: []string{}, NotJudged: []leakcheck.NotJudged{}, Findings: []leakcheck.Finding{},
		Disconnects: []leakcheck.Row{}, Probes: []leakcheck.ProbeSummary{}, Readings: []leakcheck.ReadingAt{},
	}
	for name, r := range map[string]*leakcheck.Report{
		"empty":                empty,
		"nil":                  {},
		"judged from nothing":  leakcheck.Judge(&leakcheck.Evidence{}),
		"judged from controls": leakcheck.Judge(&leakcheck.Evidence{Records: []loadgen.Record{{}}}),
	} {
		before := *r
		var doc map[string]any
		if err := json.Unmarshal(asJSON(t, r), &doc); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"judged", "not_judged", "findings", "disconnects", "probes", "readings"} {
			if list, ok := doc[key].([]any); !ok {
				t.Errorf("%s: %q is %v (%d elements)", name, key, doc[key], len(list))
			}
		}
		if connect, there := doc["latency"].(map[string]any)["connect_s"]; !there || connect != nil {
			t.Errorf("%s: connect_s is %v", name, connect)
		}
		if _, there := doc["interrupted"]; there {
			t.Errorf("%s: interrupted is there", name)
		}
		if !reflect.DeepEqual(before, *r) {
			t.Errorf("%s: the report was changed", name)
		}
	}
	row := asJSON(t, &leakcheck.Report{Disconnects: []leakcheck.Row{{Name: loadgen.Close}}})
	if !bytes.Contains(row, []byte(`"reclaim_s": null`)) || bytes.Contains(row, []byte("leaked_ids")) {
		t.Errorf("a row of nothing: %s", row)
	}
}

// What is in a URL or a finding stands there as it is.
func TestJSONEscapesNoHTML(t *testing.T) {
	got := asJSON(t, &leakcheck.Report{Target: "http://h/?a=…&b=…", Tool: "<b>"})
	if !bytes.Contains(got, []byte("http://h/?a=…&b=…")) || !bytes.Contains(got, []byte("<b>")) || !bytes.HasSuffix(got, []byte("}\n")) {
		t.Errorf("%s", got)
	}
}

func TestJSONOfNoNumber(t *testing.T) {
	if err := JSON(&bytes.Buffer{}, &leakcheck.Report{Took: math.NaN()}); err == nil {
		t.Error("NaN was written")
	}
}
