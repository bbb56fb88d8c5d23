package cmd

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema FILE: the file (or stdout) holds a report in the form that is
// documented.
func schema(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "schema FILE")
	form, err := jsonschema.NewCompiler().Compile("../docs/report.schema.json")
	ts.Check(err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(form.Validate(doc))
}
