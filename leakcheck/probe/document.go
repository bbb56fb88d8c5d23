package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/internal/near"
)

// decode reads one JSON value. Numbers stay as they were written: an id may
// have more digits than a float64.
func decode(body []byte) (any, error) {
	var doc any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more behind it")
		}
	}
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("the answer is no JSON: %w", err), hint: "give the URL of the endpoint that counts or lists sessions as JSON"}
	}
	return doc, nil
}

// kind names a value's JSON kind.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object without an id"
	default:
		return "a number"
	}
}

// found says what there is at the top of an answer, and what is nearest to the
// keys that a filter asks for.
func found(doc any, filter string) string {
	object, ok := doc.(map[string]any)
	if !ok {
		return "the answer is " + strings.TrimSuffix(kind(doc), " without an id")
	}
	keys := slices.Sorted(maps.Keys(object))
	if len(keys) == 0 {
		return "the answer is an empty object"
	}
	text := "the answer's keys are " + some(keys) + "; if null means none, write .KEY // []"
	if paths := nearPaths(object, filter); len(paths) > 0 {
		return "there is " + strings.Join(paths, ", ") + "; " + text
	}
	return text
}

var asked = regexp.MustCompile(`\.([A-Za-z_]\w*)`)

// nearPaths are the paths in an object to keys that a filter asks for and that
// are not where it looks, or that are spelt nearly so.
func nearPaths(object map[string]any, filter string) []string {
	byKey := map[string][]string{}
	paths(byKey, object, "", 3)
	keys := slices.Sorted(maps.Keys(byKey))
	var all []string
	for _, m := range asked.FindAllStringSubmatch(filter, -1) {
		for _, key := range near.Names(m[1], keys) {
			all = append(all, byKey[key]...)
		}
	}
	all = slices.DeleteFunc(all, func(path string) bool { return strings.Contains(filter, path) })
	return all[:min(len(all), near.Most)]
}

// paths lists, by their last key, the jq paths of an object down to a depth.
func paths(byKey map[string][]string, object map[string]any, prefix string, depth int) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		path := prefix + "." + key
		if !asked.MatchString("."+key) || strings.ContainsAny(key, ". -") {
			path = strings.TrimSuffix(prefix, ".") + "[" + strconv.Quote(key) + "]"
			if prefix == "" {
				path = "." + path
			}
		}
		byKey[key] = append(byKey[key], path)
		if deeper, ok := object[key].(map[string]any); ok && depth > 1 {
			paths(byKey, deeper, path, depth-1)
		}
	}
}
