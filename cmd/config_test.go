package cmd

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestParseConfig(t *testing.T) {
	const text = `# for every command
url: http://127.0.0.1:8080
streams: 50
insecure: true
header:
  - "Authorization: Bearer ${TOKEN}"
  - &trace "X-Trace: on"
disconnect: [close, reset=3]
data: |
  {"stream": true}
probe: json:http://127.0.0.1:8080/count#.active
storm:
  hold: 1s
  header: *trace
  probe: []
leakcheck:
`
	c, err := parseConfig("f.yaml", []byte(text), []string{"storm", "leakcheck"})
	if err != nil {
		t.Fatal(err)
	}
	one := func(key string, line int, text string) setting {
		return setting{key: key, line: line, values: []setValue{{text, line}}}
	}
	want := &configFile{path: "f.yaml", settings: []setting{
		one("url", 2, "http://127.0.0.1:8080"), one("streams", 3, "50"), one("insecure", 4, "true"),
		{key: "header", line: 5, list: true, values: []setValue{{"Authorization: Bearer ${TOKEN}", 6}, {"X-Trace: on", 7}}},
		{key: "disconnect", line: 8, list: true, values: []setValue{{"close", 8}, {"reset=3", 8}}},
		one("data", 9, "{\"stream\": true}\n"), one("probe", 11, "json:http://127.0.0.1:8080/count#.active"),
	}, sections: map[string][]setting{
		"storm":     {one("hold", 13, "1s"), {key: "header", line: 14, values: []setValue{{"X-Trace: on", 7}}}, {key: "probe", line: 15, list: true}},
		"leakcheck": nil,
	}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	keys := ""
	for _, s := range c.of("storm") {
		keys += " " + s.key
	}
	if keys != " url streams insecure disconnect data hold header probe" {
		t.Errorf("storm's are%s", keys)
	}
}

func TestParseConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		"- a":                              "f.yaml:1: no flags here",
		"just text":                        "f.yaml:1: no flags here",
		"hold: 1s\nhold: 2s":               "f.yaml:2: hold stands there twice",
		"hold:":                            "f.yaml:1: hold has no value",
		"probe:\n- a\n-":                   "f.yaml:3: probe has no value",
		"header:\n- Authorization: Bearer": "f.yaml:2: header has keys of its own",
		"probe: [[a]]":                     "f.yaml:1: probe has a list in a list",
		"storm: 5":                         "f.yaml:1: no flags here",
		"storm:\n  hold: {a: b}":           "f.yaml:2: hold has keys of its own",
		"hold: 1s\n---\nhold: 2s":          "a second document",
		"hold: [":                          "f.yaml: ",
		"\thold: 1s":                       "f.yaml: ",
		"hold: \"\\q\"":                    "f.yaml: ",
	} {
		_, err := parseConfig("f.yaml", []byte(text), []string{"storm"})
		if err == nil || !strings.Contains(err.Error(), want) || hint(err) == "" {
			t.Errorf("%q: %v, want %s; hint: %s", text, err, want, hint(err))
		}
	}
	for _, text := range []string{"", "# nothing\n", "---\n", "null", "storm:\n"} {
		if c, err := parseConfig("f.yaml", []byte(text), []string{"storm"}); err != nil || len(c.settings) > 0 {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func TestExpand(t *testing.T) {
	environment := func(name string) (string, bool) {
		value, set := map[string]string{"TOKEN": "s3cret", "EMPTY": "", "ODD": "${TOKEN}"}[name]
		return value, set
	}
	for text, want := range map[string]string{
		"":                          "",
		"Bearer ${TOKEN}":           "Bearer s3cret",
		"${TOKEN}${TOKEN}":          "s3crets3cret",
		"${EMPTY}":                  "",
		"${EMPTY:-5s}":              "5s",
		"${NONE:-}":                 "",
		"${NONE:-5s}":               "5s",
		"${TOKEN:-5s}":              "s3cret",
		"${ODD}":                    "${TOKEN}",
		"$${TOKEN}":                 "${TOKEN}",
		"$TOKEN $ {TOKEN} $1 cost$": "$TOKEN $ {TOKEN} $1 cost$",
		"{{id}}":                    "{{id}}",
	} {
		if got, err := expand(text, environment); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"${NONE}":         "NONE is not set in the environment",
		"${TOKEN} ${NO}":  "NO is not set in the environment",
		"${}":             "no variable",
		"${1}":            "no variable",
		"${TOKEN":         "no variable",
		"${TOKEN:?oops}":  "no variable",
		"a ${TOKEN b} ${": "no variable",
	} {
		_, err := expand(text, environment)
		if err == nil || !strings.Contains(err.Error(), want) || hint(err) == "" || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v; hint: %s", text, err, hint(err))
		}
	}
}

// Every flag that a file may give takes what the file gives: one value, and a list if
// it may be repeated.
func TestEveryFlagHasAKey(t *testing.T) {
	commands := siblings(New("test").Commands()[0])
	if len(commands) != 2 {
		t.Errorf("%d commands take a file of flags", len(commands))
	}
	for _, command := range commands {
		for _, key := range keysOf(command) {
			f := command.Flags().Lookup(key)
			if key == urlKey {
				continue
			}
			if f == nil {
				t.Fatalf("%s: %s is no flag", command.Name(), key)
			}
			_, slice := f.Value.(pflag.SliceValue)
			if slice && !repeats(f) {
				t.Errorf("%s: the help of --%s does not say that it can be repeated", command.Name(), key)
			}
		}
	}
}

// Whatever a file holds, it is read or refused with a line, and never shows a value of
// the environment.
func FuzzParseConfig(f *testing.F) {
	for _, text := range []string{"hold: 1s", "probe: [a, b]", "storm:\n  hold: ${HOLD:-1s}", "a: &x [b]\nc: *x", "a: &x [*x]", "? [a]\n: b", "<<: {a: b}", "a: !!binary aGk="} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConfig("f.yaml", text, []string{"storm", "leakcheck"})
		if err != nil {
			if errors.Unwrap(err) == nil || hint(err) == "" {
				t.Errorf("%v has no way out", err)
			}
			return
		}
		for _, s := range c.of("storm") {
			for _, v := range s.values {
				if _, err := expand(v.text, func(string) (string, bool) { return "s3cret", true }); err != nil && strings.Contains(fmt.Sprint(err), "s3cret") {
					t.Error(err)
				}
			}
		}
	})
}
