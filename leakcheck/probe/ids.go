package probe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// sampleOf takes a filter's outputs for what they count: numbers, ids, or objects
// that have ids.
func sampleOf(outputs []any) (leakcheck.Sample, error) {
	if lists := arrays(outputs); lists != nil {
		return listed(slices.Concat(lists...))
	}
	total := 0
	for _, v := range outputs {
		n, ok := number(v)
		if !ok {
			return listed(outputs)
		}
		count, err := counted(n)
		switch {
		case n < 0:
			return leakcheck.Sample{}, belowZero(fmt.Sprintf("gives %v", v))
		case err != nil:
			return leakcheck.Sample{}, fmt.Errorf("gives %v, which counts nothing", v)
		}
		total += count
	}
	if len(outputs) == 0 {
		return leakcheck.Sample{IDs: []string{}}, nil
	}
	return leakcheck.Sample{Count: total}, nil
}

// maxCount is the largest count: bytes of memory are counted too.
const maxCount = math.MaxInt & (1<<53 - 1)

// counted takes a number for a count.
func counted(n float64) (int, error) {
	text := strconv.FormatFloat(n, 'g', -1, 64)
	switch {
	case n < 0:
		return 0, belowZero("gives " + text)
	case !(n <= maxCount && n == math.Trunc(n)):
		return 0, fmt.Errorf("gives %s, which counts nothing", text)
	}
	return int(n), nil
}

// belowZero is the error of a count that is.
func belowZero(gives string) error {
	return fmt.Errorf("%s, which counts nothing: %w", gives, leakcheck.ErrBelowZero)
}

// arrays returns outputs that are arrays, all of them; else nil.
func arrays(outputs []any) [][]any {
	var lists [][]any
	for _, v := range outputs {
		list, ok := v.([]any)
		if !ok {
			return nil
		}
		lists = append(lists, list)
	}
	return lists
}

// listed takes a list of ids, or of objects that have some.
func listed(list []any) (leakcheck.Sample, error) {
	s := leakcheck.Sample{Count: len(list), IDs: []string{}}
	for _, v := range list {
		ids := idsOf(v)
		if len(ids) == 0 {
			return leakcheck.Sample{}, fmt.Errorf("gives %s, neither a number nor ids", kind(v))
		}
		s.IDs = append(s.IDs, ids...)
	}
	return s, nil
}

// idKeys are the keys under which an object in a list may have its id.
var idKeys = []string{"stream_id", "id", "session_id", "sessionId", "session", "sid", "uuid"}

func idsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case map[string]any:
		var ids []string
		for _, k := range idKeys {
			if id, ok := v[k].(string); ok && id != "" {
				ids = append(ids, id)
			} else if n, ok := number(v[k]); ok {
				ids = append(ids, numeral(v[k], n))
			}
		}
		return ids
	default:
		if n, ok := number(v); ok {
			return []string{numeral(v, n)}
		}
		return nil
	}
}

func number(v any) (float64, bool) { return gojq.ToFloat64(v) }

// numeral writes a number whose value is about n: an integer to its last digit.
func numeral(v any, n float64) string {
	if text := fmt.Sprint(v); !strings.ContainsAny(text, ".eE") {
		return text
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
