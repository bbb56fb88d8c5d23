package cmd

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/client"
	harmless "github.com/sse-tool/sse-tool/cmd/printable"
)

// Whatever a server sends, no control reaches a terminal, and JSON stays what
// it was.
func FuzzShownData(f *testing.F) {
	for _, seed := range []string{
		`{"a":"\u001b[2J","b":[1,-2.5e3,true,null,{"c":{}}]}`, "\x1b[2J\r\n\u009b", `{"a":"` + "\u202e\x7f" + `"}`, `"text"`, "[[[]]]",
		strings.Repeat("[", 40) + strings.Repeat("]", 40), `{"a\"b":"\\"}`, "12", "", "\xff",
		`{"ts": 1700000000.25, "n": 1}`, `{"time": "2023-11-14T22:13:20.25Z"}`, "1700000000250-3",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if at := stampOf(client.Event{Data: data, ID: data}); !at.IsZero() && (at.Year() < 0 || at.Year() > 9999) {
			t.Errorf("%q was made at %v", data, at)
		}
		text := strings.ToValidUTF8(string(data), "\uFFFD")
		for _, columns := range []int{0, 20, 1000} {
			p := peoplePrinter{columns: columns}
			for _, l := range p.data(data, columns) {
				if strings.ContainsFunc(l.text, harmless.Unsafe) {
					t.Errorf("%q is shown as %q", data, l.text)
				}
			}
			pretty, ok := prettyJSON(text, columns > 0, columns)
			if !ok {
				continue
			}
			var was, is any
			if json.Unmarshal([]byte(text), &was) != nil || json.Unmarshal([]byte(pretty), &is) != nil || !reflect.DeepEqual(was, is) {
				t.Errorf("%q is shown as %q", data, pretty)
			}
			if plain := withoutColours(colouredJSON(pretty, true)); plain != pretty {
				t.Errorf("coloured, %q is %q", pretty, plain)
			}
		}
	})
}

func withoutColours(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, _ = strings.Cut(after, "m")
	}
}
