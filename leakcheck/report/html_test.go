package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func asHTML(t *testing.T, r *leakcheck.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var embedded = regexp.MustCompile(`(?s)<script type="application/json" id="report">(.*?)</script>`)

// The page has the report in it, and nothing that is loaded or run.
func TestHTMLIsWhole(t *testing.T) {
	for name, r := range reports() {
		text := asHTML(t, r)
		var got leakcheck.Report
		m := embedded.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("%s: no report is embedded", name)
		}
		if err := json.Unmarshal([]byte(m[1]), &got); err != nil || !reflect.DeepEqual(&got, r) {
			t.Errorf("%s: embedded is another report: %v", name, err)
		}
		rest := strings.Replace(text, m[0], "", 1)
		if bad := regexp.MustCompile(`<script|<link|<img|<iframe|\ssrc=|\shref=|@import|url\(|\son\w+=|\sstyle="`).FindString(rest); bad != "" {
			t.Errorf("%s: the page has %q", name, bad)
		}
	}
}

// Every element of a chart has a class that the style knows: without one it would
// be black on any page, or not there.
func TestHTMLChartsAreStyled(t *testing.T) {
	text := asHTML(t, leaking())
	style, page, _ := strings.Cut(text, "</style>")
	n := 0
	for _, m := range regexp.MustCompile(`<path[^>]*class="([\w-]+)[^"]*"`).FindAllStringSubmatch(page, -1) {
		n++
		if m[1] != "blank" && !strings.Contains(style, "svg ."+m[1]+".") {
			t.Errorf("the style does not know %q", m[1])
		}
	}
	if n < 20 || strings.Count(page, "<path") != n {
		t.Errorf("%d of %d paths have a class", n, strings.Count(page, "<path"))
	}
}

// What was not seen is not drawn.
func TestHTMLOfNothing(t *testing.T) {
	for _, r := range []*leakcheck.Report{{}, interruptedAtOnce(), {Readings: []leakcheck.ReadingAt{{Probe: "gone"}}, Took: 1}} {
		if text := asHTML(t, r); strings.Contains(text, "<svg") || !strings.HasSuffix(text, "</html>\n") {
			t.Errorf("%s", text)
		}
	}
}
