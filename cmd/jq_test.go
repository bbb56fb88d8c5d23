package cmd

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/rogpeppe/go-internal/testscript"
)

// jq FILE FILTER: the file (or stdout, or stderr) holds JSON values and nothing
// else, and for each of them the filter gives only what is true.
func jq(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "jq FILE FILTER")
	query, err := gojq.Parse(args[1])
	ts.Check(err)
	values := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	for n := 0; ; n++ {
		var doc any
		err := values.Decode(&doc)
		if errors.Is(err, io.EOF) && n > 0 {
			return
		}
		if err != nil {
			ts.Fatalf("value %d of %s: %v", n+1, args[0], err)
		}
		outputs := query.Run(doc)
		for more := false; ; more = true {
			v, ok := outputs.Next()
			if !ok && more {
				break
			}
			if v == nil || v == false {
				ts.Fatalf("value %d of %s: %s gives %v", n+1, args[0], args[1], v)
			}
			if err, failed := v.(error); failed {
				ts.Fatalf("value %d of %s: %v", n+1, args[0], err)
			}
		}
	}
}
