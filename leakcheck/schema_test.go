package leakcheck

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sse-tool/sse-tool/loadgen"
)

const schemaPath = "../docs/report.schema.json"

// Whatever is judged has the form that is documented.
func TestReportsFollowTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[Verdict]bool{}
	for _, tt := range judgements {
		r := Judge(tt.scene().see())
		verdicts[r.Verdict] = true
		if err := schema.Validate(decoded(t, r)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if len(verdicts) != 5 {
		t.Errorf("only %v were given", verdicts)
	}
	for name, spoil := range map[string]func(map[string]any){
		"no verdict":         func(doc map[string]any) { delete(doc, "verdict") },
		"another verdict":    func(doc map[string]any) { doc["verdict"] = "fine" },
		"a list that is not": func(doc map[string]any) { doc["findings"] = nil },
		"no start":           func(doc map[string]any) { doc["started"] = "yesterday" },
	} {
		doc := decoded(t, Judge(judgements[0].scene().see()))
		spoil(doc)
		if schema.Validate(doc) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}

func decoded(t *testing.T, r *Report) map[string]any {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The schema describes every key that there is, and no other; what may be left
// out is not required.
func TestSchemaKeys(t *testing.T) {
	text, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	var root object
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	for name, typ := range map[string]reflect.Type{
		"":            reflect.TypeFor[Report](),
		"not_judged":  reflect.TypeFor[NotJudged](),
		"finding":     reflect.TypeFor[Finding](),
		"fix":         reflect.TypeFor[Fix](),
		"fact":        reflect.TypeFor[Fact](),
		"disconnect":  reflect.TypeFor[Row](),
		"quantiles":   reflect.TypeFor[Quantiles](),
		"controls":    reflect.TypeFor[Controls](),
		"streams":     reflect.TypeFor[Streams](),
		"latency":     reflect.TypeFor[Latency](),
		"probe":       reflect.TypeFor[ProbeSummary](),
		"generations": reflect.TypeFor[Generations](),
		"reading":     reflect.TypeFor[ReadingAt](),
		"history":     reflect.TypeFor[History](),
		"span":        reflect.TypeFor[Span](),
		"count":       reflect.TypeFor[CountAt](),
		"bucket":      reflect.TypeFor[loadgen.Bucket](),
		"slope":       reflect.TypeFor[Slope](),
		"level":       reflect.TypeFor[Level](),
		"threshold":   reflect.TypeFor[ThresholdResult](),
		"compared":    reflect.TypeFor[Compared](),
		"worse":       reflect.TypeFor[Worse](),
	} {
		o, ok := root.Defs[name]
		if name == "" {
			o, ok = root, true
		}
		if !ok {
			t.Errorf("%q is not in the schema", name)
			continue
		}
		all, required := keys(typ)
		if got := slices.Sorted(maps.Keys(o.Properties)); !slices.Equal(got, all) {
			t.Errorf("%q has %q, the schema %q", name, all, got)
		}
		slices.Sort(o.Required)
		if !slices.Equal(o.Required, required) {
			t.Errorf("%q always has %q, the schema requires %q", name, required, o.Required)
		}
		for key, p := range o.Properties {
			if p.Ref == "" && p.Description == "" {
				t.Errorf("%q.%s is not described", name, key)
			}
		}
	}
}

// object is an object of a JSON Schema, as far as this test looks at it.
type object struct {
	Properties map[string]struct {
		Ref         string `json:"$ref"`
		Description string `json:"description"`
	} `json:"properties"`
	Required []string          `json:"required"`
	Defs     map[string]object `json:"$defs"`
}

// keys are the JSON keys of a struct, and those of them that are always written.
func keys(typ reflect.Type) (all, required []string) {
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, name)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	slices.Sort(all)
	slices.Sort(required)
	return all, required
}

// Every code of a finding is explained in the document beside the schema.
func TestCodesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`Code += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(codes) < 30 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, code := range codes {
		if !strings.Contains(string(text), "\n| `"+code[1]+"` |") {
			t.Errorf("docs/report.md does not explain %q", code[1])
		}
	}
}
