package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// configName is the file of flags that is read where it is there.
const configName = "sse-tool.yaml"

// maxConfig is how large it may be, in bytes.
const maxConfig = 1 << 20

// configFile is a file of flags: settings for every command that takes one, and those
// of single commands by their names.
type configFile struct {
	path     string
	settings []setting
	sections map[string][]setting
}

// setting is a flag as a file gives it.
type setting struct {
	key    string
	line   int
	values []setValue
	list   bool
}

type setValue struct {
	text string
	line int
}

// configError is what is wrong in a file of flags, and where.
type configError struct {
	path string
	line int
	err  error
	hint string
}

func (e *configError) Error() string { return fmt.Sprintf("%s:%d: %v", e.path, e.line, e.err) }

func (e *configError) Unwrap() error { return e.err }

// Hint is a way out: the file's, or that of the flag's own error.
func (e *configError) Hint() string {
	var own interface{ Hint() string }
	switch {
	case e.hint != "":
		return e.hint
	case errors.As(e.err, &own):
		return own.Hint()
	default:
		return "the keys are the long names of flags: --help lists them"
	}
}

// readConfig reads a file of flags. Commands are those that may have a section.
func readConfig(path string, commands []string) (*configFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxConfig:
		return nil, hinted{fmt.Errorf("%s: it is larger than %d MiB", path, maxConfig>>20), "give the path of a file of flags"}
	}
	return parseConfig(path, text, commands)
}

func parseConfig(path string, text []byte, commands []string) (*configFile, error) {
	c := &configFile{path: path, sections: map[string][]setting{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return c, nil // comments alone
	} else if err != nil {
		return nil, hinted{fmt.Errorf("%s: %w", path, err), "the file is YAML: a flag's long name, a colon, a blank, its value"}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, c.wrong(&second, "a second document, or something after the first", "write one document")
	}
	if len(doc.Content) == 0 {
		return c, nil
	}
	root := doc.Content[0]
	if isNull(root) {
		return c, nil
	}
	sections := map[string]bool{}
	for _, name := range commands {
		sections[name] = true
	}
	err := c.each(root, func(key, value *yaml.Node) error {
		if !sections[key.Value] {
			s, err := c.setting(key, value)
			c.settings = append(c.settings, s)
			return err
		}
		c.sections[key.Value] = nil
		if isNull(value) {
			return nil
		}
		return c.each(value, func(inner, value *yaml.Node) error {
			s, err := c.setting(inner, value)
			c.sections[key.Value] = append(c.sections[key.Value], s)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *configFile) wrong(at *yaml.Node, why, hint string) error {
	return &configError{path: c.path, line: at.Line, err: errors.New(why), hint: hint}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// each goes through the keys of a mapping.
func (c *configFile) each(n *yaml.Node, visit func(key, value *yaml.Node) error) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return c.wrong(n, "no flags here", "write a flag's long name, a colon, a blank and its value on each line")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			return c.wrong(key, fmt.Sprintf("%s stands there twice", key.Value), "give a list where the flag can be repeated")
		}
		seen[key.Value] = true
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

// setting is one flag with its value or values.
func (c *configFile) setting(key, value *yaml.Node) (setting, error) {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	s := setting{key: key.Value, line: key.Line}
	nodes := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		s.list, nodes = true, value.Content
	}
	for _, n := range nodes {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		switch {
		case n.Kind == yaml.MappingNode:
			return s, c.wrong(n, s.key+" has keys of its own", `write the value as on the command line; in quotes, where it has a colon and a blank: "Name: value"`)
		case n.Kind != yaml.ScalarNode:
			return s, c.wrong(n, s.key+" has a list in a list", "give each value by itself")
		case isNull(n):
			return s, c.wrong(n, s.key+" has no value", "give it one, or take the line out")
		}
		s.values = append(s.values, setValue{n.Value, n.Line})
	}
	return s, nil
}

var variable = regexp.MustCompile(`\$?\$\{([^}]*)\}?`)

var variableForm = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?$`)

// expand puts the environment's values in place of ${NAME}, and of ${NAME:-text}
// where it has any; $${ is ${ itself. An error has no value in it: it may be secret.
func expand(text string, environment func(string) (string, bool)) (string, error) {
	var err error
	out := variable.ReplaceAllStringFunc(text, func(found string) string {
		if found[1] == '$' {
			return found[1:]
		}
		m := variableForm.FindStringSubmatch(variable.FindStringSubmatch(found)[1])
		if m == nil || found[len(found)-1] != '}' {
			err = hinted{errors.New("a ${ that is no variable"), "write ${NAME} or ${NAME:-text}, and $${ for ${ itself"}
			return ""
		}
		value, set := environment(m[1])
		switch {
		case set && (value != "" || m[2] == ""):
			return value
		case m[2] != "":
			return m[3]
		default:
			err = hinted{fmt.Errorf("%s is not set in the environment", m[1]), "set it, or give a default: ${" + m[1] + ":-text}"}
			return ""
		}
	})
	return out, err
}
