package cmd

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

// headerFlag is a set of header fields, given one by one as curl does
// ("Name: value").
type headerFlag http.Header

func (h *headerFlag) Set(text string) error {
	name, value, ok := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	if !ok || !isToken(name) {
		return errors.New(`a header is written "Name: value"`) // its value may be secret
	}
	if *h == nil {
		*h = headerFlag{}
	}
	http.Header(*h).Add(name, strings.TrimSpace(value))
	return nil
}

// isToken tells whether a header field may have that name (RFC 9110 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// String names the fields; their values may be secret.
func (h *headerFlag) String() string {
	names := make([]string, 0, len(*h))
	for name := range *h {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Type names the flag's kind in a help text.
func (*headerFlag) Type() string { return "header" }

// dataFlag is a request's body: the text itself, or @ and the file that has it.
type dataFlag []byte

func (d *dataFlag) Set(text string) error {
	path, fromFile := strings.CutPrefix(text, "@")
	if !fromFile {
		*d = dataFlag(text)
		return nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	*d = body
	return nil
}

func (d *dataFlag) String() string { return "" }

// Type names the flag's kind in a help text.
func (*dataFlag) Type() string { return "data|@file" }
