package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// decode reads one JSON value. Numbers stay as they were written: an id may
// have more digits than a float64.
func decode(body []byte) (any, error) {
	var doc any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind it")
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

// found says what there is at the top of an answer.
func found(doc any) string {
	object, ok := doc.(map[string]any)
	if !ok {
		return "the answer is " + strings.TrimSuffix(kind(doc), " without an id")
	}
	keys := slices.Sorted(maps.Keys(object))
	if len(keys) == 0 {
		return "the answer is an empty object"
	}
	const most = 12
	if len(keys) > most {
		keys = append(keys[:most], "…")
	}
	return "the answer's keys are " + strings.Join(keys, ", ") + "; if null means none, write .KEY // []"
}
