package chat

import "testing"

func TestMend(t *testing.T) {
	for text, want := range map[string]string{
		"plain":              "plain",
		"a **bol":            "a **bol**",
		"a **":               "a",
		"a **bold*":          "a **bold**",
		"a **bold**":         "a **bold**",
		"an *it":             "an *it*",
		"*":                  "",
		"***both":            "***both***",
		"~~gon":              "~~gon~~",
		"a ~ b":              "a ~ b",
		"2 * 3":              "2 * 3",
		"`co":                "`co`",
		"some `":             "some",
		"`**` x":             "`**` x",
		"[text":              "text",
		"see [text](http://": "see text",
		"see [text](u) x":    "see [text](u) x",
		"![img](http":        "img",
		"**[text](http":      "**text**",
		`\*not`:              `\*not`,
		"a_b_c":              "a_b_c",
		"**bold and *both":   "**bold and *both***",
		"trailing blank ":    "trailing blank",
		"日本語 **強":            "日本語 **強**",
	} {
		if got := mend(text); got != want {
			t.Errorf("mend(%q) = %q, want %q", text, got, want)
		}
	}
}
