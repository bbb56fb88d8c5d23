package cmd

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// What docs/ci.md shows to be copied is right: its YAML can be read, its file of flags
// is the one that a test runs, and its commands have flags that there are.
func TestCIDocument(t *testing.T) {
	document, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	flags, err := os.ReadFile("../docs/ci/sse-tool.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "```yaml\n"+string(flags)+"```\n") {
		t.Error("docs/ci.md shows another file of flags than docs/ci/sse-tool.yaml")
	}
	blocks := regexp.MustCompile("(?s)```(yaml|groovy)\n(.*?)```").FindAllStringSubmatch(string(document), -1)
	if len(blocks) != 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	command := regexp.MustCompile(`sse-tool (storm|leakcheck) ([^'\n]*)`)
	commands := 0
	for _, block := range blocks {
		if block[1] == "yaml" {
			if err := yaml.Unmarshal([]byte(block[2]), new(any)); err != nil {
				t.Errorf("%v:\n%s", err, block[2])
			}
		}
		for _, m := range command.FindAllStringSubmatch(block[2], -1) {
			commands++
			c, _, err := New("test").Find([]string{m[1]})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.ParseFlags(strings.Fields(strings.ReplaceAll(m[2], `"`, ""))); err != nil {
				t.Errorf("%s: %v", m[0], err)
			}
		}
	}
	if commands != 2 {
		t.Errorf("%d commands were found", commands)
	}
}
