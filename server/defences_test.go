package server

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The document that walks through the defences links to the lines that it names.
func TestDefencesDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/defences.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`([^`]+)`\\]\\(\\.\\./server/([a-z_]+\\.go)#L(\\d+)\\)").FindAllStringSubmatch(string(text), -1)
	if len(links) < 15 {
		t.Fatalf("only %d links", len(links))
	}
	for _, link := range links {
		source, err := os.ReadFile(link[2])
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		n, err := strconv.Atoi(link[3])
		if err != nil || n > len(lines) || !strings.Contains(lines[n-1], link[1]) {
			t.Errorf("%s, line %s, does not have %q", link[2], link[3], link[1])
		}
	}
}
