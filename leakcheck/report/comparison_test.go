package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// comparisons has the two that people make, and one with a run that came to
// nothing.
func comparisons() map[string]*leakcheck.Comparison {
	return map[string]*leakcheck.Comparison{
		"fixed":   leakcheck.Compare(leaking(), clean()),
		"proxied": leakcheck.Compare(overReaping(), crashed()),
		"nothing": leakcheck.Compare(interruptedAtOnce(), interruptedAtOnce()),
	}
}

func TestComparisonGolden(t *testing.T) {
	for name, c := range comparisons() {
		for f, ending := range map[Format]string{TextFormat: "txt", MarkdownFormat: "md", HTMLFormat: "html", JSONFormat: "json"} {
			var got bytes.Buffer
			if err := WriteComparison(&got, f, c); err != nil {
				t.Fatal(err)
			}
			golden(t, "compare-"+name+"."+ending, got.Bytes())
		}
	}
}

func TestComparisonFormats(t *testing.T) {
	for _, f := range Formats() {
		err := WriteComparison(&bytes.Buffer{}, f, comparisons()["fixed"])
		if Compares(f) != (err == nil) || err != nil && !errors.As(err, new(*NoComparisonError)) {
			t.Errorf("%s: compares: %v, %v", f, Compares(f), err)
		}
	}
	if err := WriteComparison(&bytes.Buffer{}, "yaml", comparisons()["fixed"]); !errors.As(err, new(*UnknownFormatError)) {
		t.Errorf("yaml: %v", err)
	}
}

// A comparison, and both of its reports, have the documented form.
func TestComparisonFollowsTheSchema(t *testing.T) {
	schema := comparisonSchema(t)
	for name, c := range comparisons() {
		var b bytes.Buffer
		if err := WriteComparison(&b, JSONFormat, c); err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, key := range []string{"before", "gone", "disconnects", "worse"} {
			kept := doc[key]
			doc[key] = "something else"
			if schema.Validate(doc) == nil {
				t.Errorf("%s: the schema takes another %s", name, key)
			}
			doc[key] = kept
		}
	}
}

// comparisonSchema is the documented form; what it says of reports stands in that of
// a report.
func comparisonSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, file := range map[string]string{"report": "../../docs/report.schema.json", "comparison": "../../docs/comparison.schema.json"} {
		text, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		doc, err := jsonschema.UnmarshalJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("https://github.com/sse-tool/sse-tool/docs/"+name+".schema.json", doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("https://github.com/sse-tool/sse-tool/docs/comparison.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestNothingHostileGetsThroughAComparison(t *testing.T) {
	c := leakcheck.Compare(leaking(), clean())
	spoil(reflect.ValueOf(c).Elem())
	for _, f := range Formats() {
		if !Compares(f) {
			continue
		}
		var b bytes.Buffer
		if err := WriteComparison(&b, f, c); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		checkHarmless(t, string(f), b.String())
	}
}
