package report

import (
	"bytes"
	"io"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Whatever a saved report holds, it is refused or written in every format.
func FuzzSaved(f *testing.F) {
	for _, r := range reports() {
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"schema": 1, "verdict": "clean", "took_s": 1e9, "probes": [{"name": "a", "role": "sessions", "peak": 9223372036854775807}], "readings": [{"at_s": 1, "probe": "a", "count": 9223372036854775807}], "history": [{"name": "close", "sessions": [{"at_s": 1e9, "count": 9223372036854775807}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := leakcheck.ReadReport(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, format := range Formats() {
			if err := Write(io.Discard, format, r); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}
