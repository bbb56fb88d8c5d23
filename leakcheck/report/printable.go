package report

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// printable returns a copy of a value in which every string may be shown
// anywhere. Ids, errors and addresses come from a server that may be hostile, and
// a saved report from anybody.
func printable[T any](v T) T { return shown(reflect.ValueOf(v)).Interface().(T) }

func shown(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.String:
		c.SetString(plain(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(shown(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			c.Index(i).Set(shown(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() { // a time.Time has no others
				c.Field(i).Set(shown(v.Field(i)))
			}
		}
	}
	return c
}

// command is how GitHub's runner, Azure Pipelines and TeamCity begin a command, wherever
// it stands in a line: ##[, ##vso[, ##teamcity[.
var command = regexp.MustCompile(`(?i)(##[a-z]*)\[`)

// plain writes what is no visible character in Go's escapes: what moves a cursor,
// ends a line or turns the direction of writing. What a CI system would take for
// one of its commands is broken up, too.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	s = command.ReplaceAllString(b.String(), `$1\x5b`)
	if rest, found := strings.CutPrefix(strings.TrimLeft(s, " "), "::"); found {
		s = `\x3a:` + rest
	}
	return s
}

// printableJSON does the same to a JSON text, which stays the same JSON: it has
// escapes of its own for what encoding/json lets through.
func printableJSON(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return command.ReplaceAll(b.Bytes(), []byte(`$1\u005b`))
}
