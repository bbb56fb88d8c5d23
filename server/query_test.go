package server

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	cfg := DefaultConfig()
	defaults := Prompt{Tokens: 120, Rate: 20}
	for _, c := range []struct {
		raw  string
		want query
	}{
		{"", query{prompt: defaults}},
		{"unknown=1", query{prompt: defaults}},
		{"message=hello+there&session=a.b:c_d~-1&user=J%C3%B6rg+K", query{"a.b:c_d~-1", "Jörg K", Prompt{Message: "hello there", Tokens: 120, Rate: 20}}},
		{"tokens=0&rate=0&size=65536", query{prompt: Prompt{Size: 65536}}},
		{"rate=0.001&tokens=1000000", query{prompt: Prompt{Rate: 0.001, Tokens: 1000000}}},
	} {
		got, err := parseQuery(c.raw, cfg)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %+v, %v; want %+v", c.raw, got, err, c.want)
		}
	}
}

// badQueries are refused with one line that names the parameter.
var badQueries = map[string]string{
	"message=%zz": "query: invalid URL escape",
	"message=%ff": "message: not UTF-8",
	"message=" + strings.Repeat("a", maxMessage+1): "message: 8193 bytes are too many",
	"session=a/b":   `session "a/b": letters, digits`,
	"session=..":    `session "..": letters, digits`,
	"session=a%0Ab": `session "a\nb": letters, digits`,
	"session=feed":  `session: "feed" is taken`,
	"session=" + strings.Repeat("a", maxID+1): "session: 129 bytes are too many",
	"user=a%00b":                             `user "a\x00b": printable`,
	"user=" + strings.Repeat("a", maxUser+1): "user: 257 bytes are too many",
	"tokens=-1":                              `tokens "-1": must be a whole number from 0 to 1000000`,
	"tokens=":                                `tokens "": must be`,
	"tokens=1000001":                         `tokens "1000001": must be`,
	"rate=NaN":                               `rate "NaN": must be 0, or from 0.001 to 10000`,
	"rate=-1":                                `rate "-1": must be`,
	"rate=1e-9":                              `rate "1e-9": must be`,
	"rate=10001":                             `rate "10001": must be`,
	"size=0":                                 `size "0": must be a whole number from 1 to 65536`,
	"size=65537":                             `size "65537": must be`,
	"size=x&rate=y":                          `rate "y": must be 0, or from 0.001 to 10000 tokens a second; size "x": must be`,
}

func TestParseQueryRefuses(t *testing.T) {
	for raw, want := range badQueries {
		_, err := parseQuery(raw, DefaultConfig())
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: got %v, want %s", raw, err, want)
		}
	}
}

// FuzzParseQuery: whatever is accepted is within its bounds, and can stand in
// a header, a path and JSON.
func FuzzParseQuery(f *testing.F) {
	f.Add("message=hi&session=a&user=b&tokens=1&rate=2&size=3")
	f.Add("tokens=0&rate=0")
	for raw := range badQueries {
		f.Add(raw)
	}
	cfg := DefaultConfig()
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(raw, cfg)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		p := q.prompt
		if p.Tokens < 0 || p.Tokens > maxTokens || p.Size < 0 || p.Size > maxSize {
			t.Errorf("out of bounds: %+v", p)
		}
		if p.Rate != 0 && !(p.Rate >= minRate && p.Rate <= maxRate) {
			t.Errorf("rate %v", p.Rate)
		}
		if len(q.session) > maxID || url.PathEscape(q.session) != q.session {
			t.Errorf("session %q", q.session)
		}
		s := session{identity: identity{ID: q.session, User: q.user}}
		s.record = s.renderRecord()
		if text := s.appendJSON(nil); !json.Valid(text) {
			t.Errorf("not JSON: %s", text)
		}
	})
}

func TestCheckStreamID(t *testing.T) {
	for _, ok := range []string{"", "run-1/close#42", strings.Repeat("a", maxID)} {
		if err := checkStreamID(ok); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"a\tb", "ä", strings.Repeat("a", maxID+1)} {
		if checkStreamID(bad) == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
