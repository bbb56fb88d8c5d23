package probe

import (
	"errors"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		spec string
		role leakcheck.Role
		want string // the series' spec
	}{
		{"json:http://host/health#.active", leakcheck.Sessions, "json:http://host/health#.active"},
		{"json:https://host:8443#.", leakcheck.Sessions, "json:https://host:8443#."},
		{"json:HTTP://HOST/#.", leakcheck.Sessions, "json:http://HOST/#."},
		{"json:http://[::1]:80/s#.", leakcheck.Sessions, "json:http://[::1]:80/s#."},
		{"sessions=json:http://host/#.n", leakcheck.Sessions, "json:http://host/#.n"},
		{"upstreams=json:http://host/#.n", leakcheck.Upstreams, "json:http://host/#.n"},
		{"upstreams=http://host:8080", leakcheck.Upstreams, "http://host:8080/sessions"},
		{"sessions=https://host/v1/", leakcheck.Sessions, "https://host/sessions"},
		{"json:http://host/#.a = 1 | .a", leakcheck.Sessions, "json:http://host/#.a = 1 | .a"},
	} {
		p, err := Parse(c.spec, Access{})
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		want := leakcheck.Series{Name: string(c.role), Role: c.role, Spec: c.want}
		if got := p.Series(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %+v, want %+v", c.spec, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		spec  string
		words []string
	}{
		{"", []string{"no known kind", "probes are written json:URL#JQ"}},
		{"json", []string{"probe json: no jq filter"}},
		{"http://host/sessions#.", []string{`probe "http" is of no known kind`, "json:URL#JQ"}},
		{"http://", []string{"no http:// or https:// URL"}},
		{"upstreams=http://ho st", []string{"no http:// or https:// URL"}},
		{"JSON:http://host/#.", []string{`probe "JSON" is of no known kind`}},
		{"prom:http://host/metrics#x", []string{`probe "prom" is of no known kind`}},
		{"nobody=json:http://host/#.", []string{`probe "nobody=json" is of no known kind`}},
		{"upstreams=", []string{"no known kind"}},
		{"json:http://host/sessions", []string{"probe json: no jq filter after the URL", "write it as json:http://"}},
		{"json:http://host/sessions#", []string{"no jq filter"}},
		{"json:", []string{"no jq filter"}},
		{"json:http://host/#.[", []string{"probe json: jq filter .[: unexpected EOF", "curl URL | jq '.['"}},
		{"json:http://host/#nosuch(1)", []string{"jq filter nosuch(1): function not defined: nosuch/1"}},
		{"json:http://host/#.a |\n  .[", []string{"jq filter .a |"}},
		{"json:#.active", []string{"http:// or https://"}},
		{"json:host/sessions#.active", []string{"http:// or https://"}},
		{"json:localhost:8080/sessions#.active", []string{"http:// or https://"}},
		{"json:ftp://host/sessions#.active", []string{"http:// or https://"}},
		{"json:http:///sessions#.active", []string{"http:// or https://"}},
		{"json:http:host/sessions#.active", []string{"http:// or https://"}},
		{"json:http://ho st/#.active", []string{"http:// or https://"}},
	} {
		t.Run(c.spec, func(t *testing.T) {
			p, err := Parse(c.spec, Access{})
			if p != nil {
				t.Fatalf("got %+v", p.Series())
			}
			told(t, err, c.words...)
			if !errors.As(err, new(*Error)) || hintOf(err) == "" {
				t.Errorf("%#v has no hint", err)
			}
		})
	}
}

// secrets stand in the URLs below. None of them may be told to anybody.
var secrets = []string{"hunter", "2rabbit", "s3cr3t"}

func hidden(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s tells %q: %s", where, s, text)
		}
	}
}

func TestParseHidesSecrets(t *testing.T) {
	for _, spec := range []string{
		"json:http://hunter:2rabbit@host/s?token=s3cr3t&b=s3cr3t#.",
		"json:http://2rabbit@host/s?token=s3cr3t&b=s3cr3t#.",
		"json:http://hunter:2rabbit@host/s?token=s3cr3t#nosuch",
		"json:http://hunter:2rabbit@host/s?token=s3cr3t#",
		"json:http://hunter:2rabbit@host/s?token=s3cr3t",
		"json:http://hunter:2rabbit@host/s?token=s3cr3t#.[",
		"json:http://hunter:2rabbit/s@host/s?token=s3cr3t#.", // an unescaped / makes the password a port
		"json:http://hunter:%2rabbit@host/s?token=s3cr3t#.",
		"json:http:hunter:2rabbit@host/s?token=s3cr3t#.",
		"json://hunter:2rabbit@host/s?token=s3cr3t#.",
		"//hunter@host/s?token=s3cr3t",
		"//hunter@host/s?token=s3cr3t#has(\"a:b\")",
		"http://hunter:2rabbit@host/s?token=s3cr3t#.",
		"host/s?token=s3cr3t",
		"prometheus:http://hunter:2rabbit@host?token=s3cr3t#m",
		"prometheus:http://hunter:2rabbit@host?token=s3cr3t",
		"promql:http://hunter:2rabbit@host?token=s3cr3t#m",
		"promql:http://hunter:%2rabbit@host?token=s3cr3t#m",
		"actuator:http://hunter:2rabbit@host?token=s3cr3t#m",
		"actuator:http://hunter:%2rabbit@host?token=s3cr3t#m",
		"expvar:http://hunter:2rabbit@host?token=s3cr3t#m",
		"goroutines:http://hunter:2rabbit@host?token=s3cr3t",
		"goroutines:http:hunter:2rabbit@host?token=s3cr3t",
		"nginx:http://hunter:2rabbit@host?token=s3cr3t",
		"nginx:hunter:2rabbit@host?token=s3cr3t",
		"regexp:http://hunter:2rabbit@host?token=s3cr3t#m",
		"process:http://hunter:2rabbit@host?token=s3cr3t#fds",
		"exec:curl -u hunter:2rabbit http://host?token=s3cr3t",
	} {
		p, err := Parse(spec, Access{})
		if err != nil {
			hidden(t, spec, told(t, err))
			continue
		}
		hidden(t, spec, p.Series()[0].Spec)
	}
}
