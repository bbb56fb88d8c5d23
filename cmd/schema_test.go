package cmd

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema FILE: the file (or stdout) holds a report, or a comparison of two, in the
// form that is documented.
func schema(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "schema FILE")
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	for _, name := range []string{"report", "comparison"} {
		text, err := os.ReadFile("../docs/" + name + ".schema.json")
		ts.Check(err)
		form, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		ts.Check(err)
		ts.Check(c.AddResource(schemaURL(name), form))
	}
	name := "report"
	if object, ok := doc.(map[string]any); ok && object["before"] != nil {
		name = "comparison"
	}
	form, err := c.Compile(schemaURL(name))
	ts.Check(err)
	ts.Check(form.Validate(doc))
}

// schemaURL is what a form is called by others.
func schemaURL(name string) string {
	return "https://github.com/sse-tool/sse-tool/docs/" + name + ".schema.json"
}
