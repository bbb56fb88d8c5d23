package report

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	if got, want := Formats(), []Format{TextFormat, JSONFormat, JUnitFormat, MarkdownFormat, HTMLFormat}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("%s: got %q, %v", f, got, err)
		}
	}
	for _, name := range []string{"", "TEXT", "yaml", "json "} {
		_, err := ParseFormat(name)
		var unknown *UnknownFormatError
		if !errors.As(err, &unknown) || unknown.Name != name || unknown.Hint() != "the formats are text, json, junit, markdown, html" {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil || !strings.Contains(err.Error(), "unknown report format") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWrite(t *testing.T) {
	r := leaking()
	var got bytes.Buffer
	if err := Write(&got, TextFormat, r); err != nil || got.String() != text(t, r, Plain) {
		t.Errorf("text: %v", err)
	}
	got.Reset()
	if err := Write(&got, JSONFormat, r); err != nil || !bytes.Equal(got.Bytes(), asJSON(t, r)) {
		t.Errorf("json: %v", err)
	}
	got.Reset()
	if err := Write(&got, "yaml", r); !errors.As(err, new(*UnknownFormatError)) || got.Len() != 0 {
		t.Errorf("yaml: %v, %q", err, got.String())
	}
}

// Every format has a file for every verdict.
func TestGolden(t *testing.T) {
	for name, r := range reports() {
		for f, ending := range map[Format]string{JUnitFormat: "junit.xml", MarkdownFormat: "md", HTMLFormat: "html"} {
			var got bytes.Buffer
			if err := Write(&got, f, r); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+ending, got.Bytes())
		}
	}
}
