package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// hostile is what a server may put into an id, an error or an address, to get
// into a terminal, a page, a file or a CI system's log.
const hostile = "::error::x\n::stop-commands::x\r##[set-env name=A]b ##vso[task.setvariable variable=A]b ##teamcity[buildStop]\x1b[2J\x1b]8;;http://evil\x07\x9b31m\u009b31m\u202e\u2028" +
	"</script><script>alert(1)</script><img src=x onerror=alert(1)>]]>&amp;|`code`|[a](javascript:x)\"' --><!--\x00\xff@everyone"

// spoiled is a report all of whose strings are hostile.
func spoiled() *leakcheck.Report {
	r := leaking()
	r.NotJudged = []leakcheck.NotJudged{{}}
	r.Findings = append(r.Findings, leakcheck.Finding{}, leakcheck.Finding{})
	spoil(reflect.ValueOf(r).Elem())
	return r
}

func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i))
			}
		}
	}
}

// Nothing of what a hostile server says does anything but be read, whatever the
// format.
func TestNothingHostileGetsThrough(t *testing.T) {
	for _, f := range Formats() {
		var b bytes.Buffer
		if err := Write(&b, f, spoiled()); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		checkHarmless(t, string(f), b.String())
	}
	var b bytes.Buffer
	if err := Annotate(&b, spoiled()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "::warning title=") && !strings.HasPrefix(line, "::error title=") {
			t.Errorf("annotations: a line of its own: %q", line)
		}
		if data := strings.SplitN(line, "::", 3)[2]; strings.ContainsAny(data, "\r") {
			t.Errorf("annotations: %q", line)
		}
	}
}

func checkHarmless(t *testing.T, format, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\ufe0f' && !unicode.IsPrint(r) {
			t.Fatalf("%s: %U got through", format, r)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("%s: a workflow command: %q", format, line)
		}
		for _, command := range []string{"##[", "##vso[", "##teamcity["} {
			if strings.Contains(line, command) {
				t.Errorf("%s: %s got through: %q", format, command, line)
			}
		}
	}
	for _, bad := range map[string][]string{
		"markdown": {"<script", "<img", "</script", "[a](", "![", "@everyone`", " |`", "<!--"},
		"html":     {"<script>alert", "<img", "onerror=alert(1)>", "javascript:x\"", "<!--"},
		"junit":    {"<script>alert(1)</script><img src=x onerror=alert(1)>]]>&"},
	}[format] {
		if strings.Contains(outsideCode(format, text), bad) {
			t.Errorf("%s: %q got through", format, bad)
		}
	}
	if format == "junit" {
		d := xml.NewDecoder(strings.NewReader(text))
		var err error
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("junit: %v", err)
		}
	}
	if format == "json" && !json.Valid([]byte(text)) {
		t.Error("json: not valid")
	}
}

// outsideCode takes the code spans out of Markdown: nothing is markup there.
func outsideCode(format, text string) string {
	if format != "markdown" {
		return text
	}
	parts := strings.Split(text, "``")
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString(parts[i])
	}
	return b.String()
}

// What is hostile comes back from JSON as it was: it is data there.
func TestJSONKeepsWhatIsHostile(t *testing.T) {
	var b bytes.Buffer
	r := leaking()
	r.Disconnects[0].LeakedIDs[0] = strings.ToValidUTF8(hostile, "\ufffd")
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var got leakcheck.Report
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Disconnects[0].LeakedIDs[0] != r.Disconnects[0].LeakedIDs[0] {
		t.Errorf("%v: %q", err, got.Disconnects[0].LeakedIDs[0])
	}
}

func TestPlain(t *testing.T) {
	for _, c := range [][2]string{
		{"close", "close"},
		{"réseau — 東京 …", "réseau — 東京 …"},
		{"a\nb\tc", `a\nb\tc`},
		{"\x1b[31mred", `\x1b[31mred`},
		{"\u202egnp", `\u202egnp`},
		{"\xff", "�"},
		{"::error::x", `\x3a:error::x`},
		{"  ::error::x", `\x3a:error::x`},
		{"a::b", "a::b"},
		{"a ##[error]x", `a ##\x5berror]x`},
		{"a ##vso[task.complete]x", `a ##vso\x5btask.complete]x`},
		{"##teamcity[buildStop]", `##teamcity\x5bbuildStop]`},
		{"## a [b]", "## a [b]"},
	} {
		if got := plain(c[0]); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
}
