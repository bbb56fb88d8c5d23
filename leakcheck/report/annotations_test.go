package report

import (
	"bytes"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

func TestAnnotate(t *testing.T) {
	var got bytes.Buffer
	if err := Annotate(&got, &leakcheck.Report{Findings: []leakcheck.Finding{
		{
			Code: leakcheck.Leak, Severity: leakcheck.SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Close, loadgen.Reset},
			Summary: "100% stay: all", Evidence: "5, of 5", Hint: "release",
			Fixes: []leakcheck.Fix{{Framework: leakcheck.Node, Text: "res.on('close', f)"}},
		},
		{Code: leakcheck.Noise, Severity: leakcheck.SeverityWarning, Summary: "others come and go", Evidence: "by 3", Hint: "wait"},
	}}); err != nil {
		t.Fatal(err)
	}
	const want = "::error title=sse-tool%3A leak (close%2C reset)::100%25 stay: all%0Aseen: 5, of 5%0Atry: release%0Ain node: res.on('close', f)\n" +
		"::warning title=sse-tool%3A noise::others come and go%0Aseen: by 3%0Atry: wait\n"
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
