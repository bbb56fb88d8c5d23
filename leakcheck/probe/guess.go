package probe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// guess is a figure of an answer that may count streams.
type guess struct {
	spec string // "KIND:URL#…"
	rank int    // how likely it counts sessions; the lower, the likelier
	role leakcheck.Role
}

// ranked is a guess at sessions. A list is better than a number: each session of it
// can be judged by itself.
func ranked(spec string, noun int, list bool) guess {
	rank := 2 * noun
	if !list {
		rank++
	}
	return guess{spec, rank, leakcheck.Sessions}
}

// deepest is how far down an answer is looked at.
const deepest = 3

// guessJSON finds what may count streams in a JSON answer.
func guessJSON(address string, body []byte) []guess {
	doc, err := decode(body)
	if err != nil {
		return nil
	}
	if _, isList := doc.([]any); isList {
		return []guess{ranked("json:"+address+"#.", 0, true), ranked("json:"+address+"#length", 0, false)}
	}
	var all []guess
	walk(doc, nil, func(path []string, v any) {
		noun, ok := likely(path...)
		if !ok {
			return
		}
		spec := "json:" + address + "#" + jqPath(path)
		switch v := v.(type) {
		case []any:
			all = append(all, ranked(spec, noun, true), ranked(spec+" | length", noun, false))
		case map[string]any: // of sessions by their ids
			all = append(all, ranked(spec+" | keys", noun, true))
		default:
			if n, ok := number(v); ok && n >= 0 {
				all = append(all, ranked(spec, noun, false))
			}
		}
	})
	return all
}

// walk visits the values of an object, key by key, down to [deepest].
func walk(v any, path []string, visit func(path []string, v any)) {
	object, ok := v.(map[string]any)
	if !ok || len(path) == deepest {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		here := append(slices.Clone(path), key)
		visit(here, object[key])
		walk(object[key], here, visit)
	}
}

// jqPath is the jq filter of a path of keys.
func jqPath(path []string) string {
	var b strings.Builder
	for _, key := range path {
		if asked.FindString("."+key) == "."+key {
			b.WriteString("." + key)
		} else {
			if b.Len() == 0 {
				b.WriteByte('.')
			}
			quoted, err := json.Marshal(key)
			if err != nil {
				panic("probe: a string is not JSON: " + err.Error()) // every string is
			}
			b.WriteString("[" + string(quoted) + "]")
		}
	}
	return b.String()
}

// guessSlots knows llama.cpp's list of what it can do at once.
func guessSlots(address string, body []byte) []guess {
	if !bytes.Contains(body, []byte(`"is_processing"`)) {
		return nil
	}
	return []guess{ranked("json:"+address+"#[.[] | select(.is_processing)] | length", requestNoun, false)}
}

// guessExpvar finds what may count streams among Go's published variables.
func guessExpvar(address string, body []byte) []guess {
	doc, err := decode(body)
	if err != nil {
		return nil
	}
	var all []guess
	walk(doc, nil, func(path []string, v any) {
		n, isNumber := number(v)
		if noun, ok := likely(path...); ok && path[0] != "memstats" && isNumber && n >= 0 {
			all = append(all, ranked("expvar:"+address+"#"+strings.Join(path, "."), noun, false))
		}
	})
	return all
}

// others are figures that rise with streams and are not sessions, by their names at
// Prometheus and at Spring Boot.
var others = map[string]leakcheck.Role{
	"go_goroutines":            leakcheck.Workers,
	"jvm_threads_live_threads": leakcheck.Workers,
	"jvm.threads.live":         leakcheck.Workers,
	"process_open_fds":         leakcheck.Descriptors,
	"process.files.open":       leakcheck.Descriptors,
	"process_files_open_files": leakcheck.Descriptors,
	nodeSockets:                leakcheck.Descriptors,
}

// nodeSockets is one series of a metric that counts more than streams.
const nodeSockets = `nodejs_active_handles{type="Socket"}`

// named guesses at a metric by its name.
func named(spec, name string) []guess {
	if role, ok := others[name]; ok {
		return []guess{{spec: spec, role: role}}
	}
	noun, ok := likely(name)
	if web := strings.HasPrefix(name, "tomcat") || strings.HasPrefix(name, "jetty"); !ok || web && noun == 0 {
		return nil // those are sessions of cookies
	}
	return []guess{ranked(spec, noun, false)}
}

// guessMetrics finds what may count streams on a page of Prometheus metrics, or in a
// JSON answer, as home-made ones are.
func guessMetrics(address string, body []byte) []guess {
	if json.Valid(body) {
		return guessJSON(address, body)
	}
	types, known, names := map[string]string{}, map[string]bool{}, []string{}
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, len(body)+1)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if fields := strings.Fields(text); len(fields) == 4 && fields[0] == "#" && fields[1] == "TYPE" {
			types[fields[2]] = fields[3]
			continue
		}
		name := text[:max(0, strings.IndexAny(text, "{ \t"))]
		if strings.HasPrefix(text, nodeSockets[:len(nodeSockets)-1]) {
			name = nodeSockets
		} else if !isMetric(name) {
			continue
		}
		if !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	var all []guess
	for _, name := range names {
		switch types[name] {
		case "gauge", "untyped", "unknown", "":
			all = append(all, named("prometheus:"+address+"#"+name, strings.TrimSuffix(name, totalOf(types[name])))...)
		}
	}
	return all
}

// totalOf is the end of a gauge's name that says nothing: some gauges end as
// counters do.
func totalOf(kind string) string {
	if kind == "gauge" {
		return "_total"
	}
	return ""
}

// guessActuator finds what may count streams among Spring Boot's metrics. That of
// the requests under way is made with the first of them.
func guessActuator(address string, body []byte) []guess {
	var list struct {
		Names []string `json:"names"`
	}
	if json.Unmarshal(body, &list) != nil || len(list.Names) == 0 {
		return nil
	}
	const requests = "http.server.requests.active"
	if !slices.Contains(list.Names, requests) {
		list.Names = append(list.Names, requests)
	}
	var all []guess
	for _, name := range list.Names {
		all = append(all, named("actuator:"+address+"#"+name, name)...)
	}
	return all
}

// guessNginx knows the page of stub_status.
func guessNginx(address string, body []byte) []guess {
	if !writingCount.Match(body) {
		return nil
	}
	return []guess{ranked("nginx:"+address, requestNoun, false)}
}

// guessGoroutines knows the page of net/http/pprof.
func guessGoroutines(address string, body []byte) []guess {
	if !bytes.HasPrefix(body, []byte("goroutine profile: total ")) {
		return nil
	}
	address, _, _ = strings.Cut(address, "?")
	return []guess{{spec: "goroutines:" + address, role: leakcheck.Workers}}
}
