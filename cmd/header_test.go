package cmd

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHeaderFlag(t *testing.T) {
	var h headerFlag
	for _, text := range []string{"Authorization: Bearer a:b", "x-trace:{{id}}", "X-Trace:  second ", "Empty:"} {
		if err := h.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	want := http.Header{"Authorization": {"Bearer a:b"}, "X-Trace": {"{{id}}", "second"}, "Empty": {""}}
	if !maps.EqualFunc(http.Header(h), want, slices.Equal[[]string]) {
		t.Errorf("%v, want %v", http.Header(h), want)
	}
	if got := h.String(); got != "Authorization, Empty, X-Trace" {
		t.Errorf("it is written %q", got)
	}
}

// What is no header may be a secret.
func TestHeaderFlagKeepsSecrets(t *testing.T) {
	for _, text := range []string{"", "s3cret", ": s3cret", "  : s3cret", "Bearer s3cret: x", "s3\ncret: x", "(s3cret): x", "sécret: x"} {
		var h headerFlag
		err := h.Set(text)
		if err == nil || len(h) > 0 {
			t.Errorf("%q is taken for %v", text, http.Header(h))
		} else if strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDataFlag(t *testing.T) {
	path := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(path, []byte("{\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{`{"a": 1}`: `{"a": 1}`, "": "", "@" + path: "{\n}\n", "a@b": "a@b"} {
		var d dataFlag
		if err := d.Set(text); err != nil || string(d) != want {
			t.Errorf("%q gives %q (%v), want %q", text, d, err, want)
		}
		if d == nil { // no body at all: that would be a GET
			t.Errorf("%q gives no body", text)
		}
		if d.String() != "" {
			t.Errorf("a body is shown: %q", d.String())
		}
	}
	d := dataFlag("kept")
	for _, text := range []string{"@", "@" + path + ".missing", "@" + filepath.Dir(path)} {
		if err := d.Set(text); err == nil || string(d) != "kept" {
			t.Errorf("%q gives %q", text, d)
		}
	}
}
