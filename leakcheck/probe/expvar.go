package probe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// newExpvar makes the place of "URL#name", a variable of Go's package expvar.
func newExpvar(rest string, a Access) (place, error) {
	address, name, err := cutURL(rest, "variable")
	if err != nil {
		return place{}, err
	}
	f := newFetcher(withPath(address, "/debug/vars"), jsonMedium, a)
	return place{
		where: client.Redact(f.url) + "#" + name, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, variable(name).sample) },
	}, nil
}

// variable is a name whose dots lead into maps. A dot may also be a part of a
// name.
type variable string

func (v variable) sample(_ context.Context, body []byte) (leakcheck.Sample, error) {
	doc, err := decode(body)
	if err != nil {
		return leakcheck.Sample{}, err
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("the answer is %s, not expvar's object", kind(doc)), hint: "give the URL of expvar's page, /debug/vars"}
	}
	value, ok := lookUp(object, string(v))
	if !ok {
		return leakcheck.Sample{}, absent{&Error{Err: fmt.Errorf("no variable %q there", string(v)), hint: offer(string(v), names(object, ""))}}
	}
	sample, err := sampleOf([]any{value})
	if err != nil {
		hint := "take a variable that counts something"
		if inner, ok := value.(map[string]any); ok {
			hint = "it is a map: " + offer("", names(inner, string(v)+"."))
		}
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("variable %s %w", string(v), err), hint: hint}
	}
	return sample, nil
}

// lookUp follows a dotted name, taking the longest key that fits at each step.
func lookUp(object map[string]any, name string) (any, bool) {
	if value, ok := object[name]; ok {
		return value, true
	}
	for end := strings.LastIndex(name, "."); end >= 0; end = strings.LastIndex(name[:end], ".") {
		inner, ok := object[name[:end]].(map[string]any)
		if !ok {
			continue
		}
		if value, ok := lookUp(inner, name[end+1:]); ok {
			return value, true
		}
	}
	return nil, false
}

// names are the variables of a page, those of its maps among them.
func names(object map[string]any, prefix string) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		all = append(all, prefix+key)
		if inner, ok := object[key].(map[string]any); ok && key != "memstats" {
			all = append(all, names(inner, prefix+key+".")...)
		}
	}
	return all
}
