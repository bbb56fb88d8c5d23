package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func TestJSONCounts(t *testing.T) {
	for _, c := range []struct {
		name, body, filter string
		want               leakcheck.Sample
	}{
		{"number", `{"active": 12}`, ".active", leakcheck.Sample{Count: 12}},
		{"zero", `{"active": 0}`, ".active", leakcheck.Sample{}},
		{"whole float", `{"active": 12.0}`, ".active", leakcheck.Sample{Count: 12}},
		{"whole float with an exponent", `{"active": 1.2e1}`, ".active", leakcheck.Sample{Count: 12}},
		{"the largest", `2147483647`, ".", leakcheck.Sample{Count: 2147483647}},
		{"nested", `{"a": {"b": [{"n": 3}]}}`, ".a.b[0].n", leakcheck.Sample{Count: 3}},
		{"length of a list", `{"sessions": [{}, {}, {}]}`, ".sessions | length", leakcheck.Sample{Count: 3}},
		{"numbers are added", `{"workers": [{"n": 3}, {"n": 4}, {"n": 0}]}`, ".workers[].n", leakcheck.Sample{Count: 7}},

		{"ids", `["a", "b"]`, ".", leakcheck.Sample{Count: 2, IDs: []string{"a", "b"}}},
		{"ids that are numbers", `[7, 8.0, -1]`, ".", leakcheck.Sample{Count: 3, IDs: []string{"7", "8", "-1"}}},
		{"ids beyond the whole floats", `[1234567890123456789, 123456789012345678901234567890]`, ".", leakcheck.Sample{
			Count: 2, IDs: []string{"1234567890123456789", "123456789012345678901234567890"},
		}},
		{"an id that was worked with", `[1234567890123456788]`, "map(. + 1)", leakcheck.Sample{Count: 1, IDs: []string{"1234567890123456789"}}},
		{"no ids", `{"sessions": []}`, ".sessions", leakcheck.Sample{IDs: []string{}}},
		{"no outputs", `{"sessions": []}`, ".sessions[].id", leakcheck.Sample{IDs: []string{}}},
		{"ids one by one", `{"sessions": [{"id": "a"}, {"id": "b"}]}`, ".sessions[].id", leakcheck.Sample{Count: 2, IDs: []string{"a", "b"}}},
		{"one id", `{"sessions": [{"id": "a"}]}`, ".sessions[].id", leakcheck.Sample{Count: 1, IDs: []string{"a"}}},
		{"objects one by one", `[{"id": "a"}, {"sid": 5}]`, ".[]", leakcheck.Sample{Count: 2, IDs: []string{"a", "5"}}},
		{"several lists", `{"sse": ["a", "b"], "ws": ["c"], "poll": []}`, ".sse, .ws, .poll", leakcheck.Sample{Count: 3, IDs: []string{"a", "b", "c"}}},
		{"an object with two ids is one session", `[{"id": "a", "stream_id": "s-1", "name": "x"}]`, ".", leakcheck.Sample{Count: 1, IDs: []string{"s-1", "a"}}},
		{"an empty id is none", `[{"id": "", "sid": "a"}]`, ".", leakcheck.Sample{Count: 1, IDs: []string{"a"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, "json:"+answering(t, 200, "application/json", c.body)+"#"+c.filter)
			for range 2 { // the second reading is like the first
				got, err := read(t.Context(), t, p)
				if err != nil {
					t.Fatalf("%v (%s)", err, hintOf(err))
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
			}
		})
	}
}

func TestJSONIDKeys(t *testing.T) {
	for _, key := range idKeys {
		for value, want := range map[string]string{`"s-1"`: "s-1", `42`: "42", `9007199254740993`: "9007199254740993"} {
			p := parse(t, "json:"+answering(t, 200, "application/json", fmt.Sprintf(`{"list": [{%q: %s, "user": "u"}]}`, key, value))+"#.list")
			got, err := read(t.Context(), t, p)
			if want := (leakcheck.Sample{Count: 1, IDs: []string{want}}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s %s: got %+v, %v; want %+v", key, value, got, err, want)
			}
		}
	}
}

// A count below zero is known as one, whatever gives it.
func TestBelowZero(t *testing.T) {
	specs := map[string]string{
		"json:" + answering(t, 200, "application/json", `{"active": -1}`) + "#.active":          "gives -1",
		"json:" + answering(t, 200, "application/json", `[3, -100000000000000000000]`) + "#.[]": "gives -100000000000000000000",
		"prometheus:" + answering(t, 200, "text/plain", "active -2\n") + "#active":              "gives -2",
		"regexp:" + answering(t, 200, "text/plain", "active: -3") + `#active: (-\d+)`:           "gives -3",
		"expvar:" + answering(t, 200, "application/json", `{"active": -4}`) + "#active":         "gives -4",
	}
	if _, err := exec.LookPath("sh"); err == nil {
		specs["exec:echo -5"] = `prints "-5"`
	}
	for spec, gives := range specs {
		_, err := read(t.Context(), t, parse(t, spec))
		if !errors.Is(err, leakcheck.ErrBelowZero) || !strings.Contains(err.Error(), gives) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	for _, c := range []struct {
		name, body, filter string
		words              []string
	}{
		{"negative", `{"active": -1}`, ".active", []string{"jq filter .active: gives -1, which counts nothing"}},
		{"fraction", `{"active": 1.5}`, ".active", []string{"gives 1.5, which counts nothing"}},
		{"huge", `{"active": 1e300}`, ".active", []string{"which counts nothing"}},
		{"too large for an int", `100000000000000000000`, ".", []string{"gives 100000000000000000000, which counts nothing"}},
		{"no number at all", `{}`, "nan", []string{"which counts nothing"}},
		{"one of several is negative", `[3, -1]`, ".[]", []string{"which counts nothing"}},
		{"null names the keys", `{"uptime": 1, "count": 2}`, ".active", []string{"gives null, neither a number nor ids", "the answer's keys are count, uptime"}},
		{"null of an empty object", `{}`, ".active", []string{"gives null", "the answer is an empty object"}},
		{"many keys", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1}`, ".active", []string{"j, k, l, …"}},
		{"keys that break lines", `{"a\nb": 1, "\u001b[31m": 2}`, ".active", []string{"keys are"}},
		{"object without an id", `{"list": [{"name": "a"}]}`, ".list", []string{"gives an object without an id"}},
		{"objects and one without an id", `[{"id": "a"}, {"name": "b"}]`, ".", []string{"gives an object without an id"}},
		{"an id of another kind", `[{"id": null}]`, ".", []string{"gives an object without an id"}},
		{"boolean", `{"up": true}`, ".up", []string{"gives a boolean"}},
		{"list in a list", `[["a"]]`, ".", []string{"gives an array"}},
		{"a list and a number", `{"ids": ["a"], "n": 5}`, ".ids, .n", []string{"gives an array"}},
		{"filter fails", `[1, 2]`, ".active", []string{"jq filter .active: expected an object but got: array", "the answer is an array"}},
		{"filter fails on a number", `5`, ".active", []string{"the answer is a number"}},
		{"filter fails on a string", `"a"`, ".active", []string{"the answer is a string"}},
		{"filter fails on null", `null`, "error", []string{"the answer is null"}},
		{"own error with lines", `"a\nb"`, "error", []string{"a"}},
		{"halt", `{"a": 1}`, "halt", []string{"jq filter halt: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := read(t.Context(), t, parse(t, "json:"+answering(t, 200, "application/json", c.body)+"#"+c.filter))
			if err == nil {
				t.Fatalf("got %+v", got)
			}
			told(t, err, c.words...)
		})
	}
}

// A PHP or CGI server that sets no Content-Type answers JSON as text/html.
func TestJSONUnderAnotherContentType(t *testing.T) {
	for _, contentType := range []string{"text/html; charset=UTF-8", "text/plain", "application/problem+json", ""} {
		p := parse(t, "json:"+answering(t, 200, contentType, ` {"active": 3}`)+"#.active")
		if got, err := read(t.Context(), t, p); err != nil || got.Count != 3 {
			t.Errorf("%q: got %+v, %v", contentType, got, err)
		}
	}
}

func TestJSONOfNoJSON(t *testing.T) {
	for _, c := range []struct {
		name, body string
		words      []string
	}{
		{"empty", "", []string{"the answer is no JSON", "the endpoint that counts or lists sessions"}},
		{"blank", " \n", []string{"the answer is no JSON"}},
		{"truncated", `{"active": 1`, []string{"the answer is no JSON: unexpected"}},
		{"text", "active 12", []string{"the answer is no JSON: invalid character 'a'"}},
		{"two values", `{"active": 1} {"active": 2}`, []string{"the answer is no JSON"}},
		{"more than JSON", `{"active": 1}]`, []string{"the answer is no JSON"}},
		{"binary", "\x00\x01\x02\xff", []string{"the answer is no JSON"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := answering(t, 200, "application/json", c.body)
			_, err := read(t.Context(), t, parse(t, "json:"+url+"#.active"))
			told(t, err, append(c.words, url)...)
		})
	}
}

// A filter that never comes to its end is given up, whether it gives outputs
// for ever, so that no memory holds them, or none at all.
func TestJSONEndlessFilter(t *testing.T) {
	const body = `{"active": 1}`
	for _, c := range []struct{ filter, want string }{
		{"repeat(1)", "gives more than 1000 outputs"},
		{".active | recurse(. + 1)", "gives more than 1000 outputs"},
		{"repeat(\"a\")", "gives more than 1000 outputs"},
		{"until(false; .)", "not done in 50ms"},
		{"[repeat(1)]", "not done in 50ms"},
		{"[.active | recurse(. + 1)]", "not done in 50ms"},
		{"def f: 1 + f; f", "not done in 50ms"},
		{"reduce repeat(1) as $n (0; . + $n)", "not done in 50ms"},
	} {
		f := compiled(t, c.filter)
		if f.bounds != (bounds{2 * time.Second, 1_000_000}) {
			t.Errorf("the bounds are %+v", f.bounds)
		}
		f.bounds.outputs = 1000
		if strings.Contains(c.want, "50ms") {
			f.bounds.time = 50 * time.Millisecond
		}
		begun := time.Now()
		_, err := f.sample(t.Context(), []byte(body))
		if took := time.Since(begun); took > patience {
			t.Errorf("%s: it took %s", c.filter, took)
		}
		told(t, err, "jq filter "+c.filter+": "+c.want)
	}

	f := compiled(t, "range(1000) | 1")
	f.bounds.outputs = 1000
	if got, err := f.sample(t.Context(), []byte(body)); err != nil || got.Count != 1000 {
		t.Errorf("at the bound: %+v, %v", got, err)
	}
}

func compiled(t *testing.T, text string) filter {
	t.Helper()
	f, err := newFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whoever reads can give up sooner.
func TestJSONFilterEndsWithItsContext(t *testing.T) {
	p := parse(t, "json:"+answering(t, 200, "application/json", `1`)+"#until(false; .)")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := read(ctx, t, p)
	if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > patience {
		t.Errorf("after %s: %v", took, err)
	}
}

// The sessions of a large run are within every bound.
func TestJSONManySessions(t *testing.T) {
	const n = 30_000
	type session struct {
		ID       string `json:"id"`
		StreamID string `json:"stream_id"`
	}
	list := make([]session, n)
	for i := range list {
		list[i] = session{fmt.Sprintf("session-%d", i), fmt.Sprintf("storm-%d", i)}
	}
	body, err := json.Marshal(map[string]any{"sessions": list})
	if err != nil {
		t.Fatal(err)
	}
	url := answering(t, 200, "application/json", string(body))
	for filter, ids := range map[string]int{".sessions": 2 * n, ".sessions[].id": n, ".sessions | map(.id)": n} {
		got, err := read(t.Context(), t, parse(t, "json:"+url+"#"+filter))
		if err != nil || got.Count != n || len(got.IDs) != ids {
			t.Errorf("%s: %d sessions with %d ids, %v", filter, got.Count, len(got.IDs), err)
		}
	}
}

func TestJSONSeries(t *testing.T) {
	p := parse(t, "json:http://host:1/sessions#.sessions | map(.id)")
	want := []leakcheck.Series{{Name: "sessions", Role: leakcheck.Sessions, Spec: "json:http://host:1/sessions#.sessions | map(.id)"}}
	if got := p.Series(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Only the first # parts the URL from the filter.
func TestJSONFilterWithHash(t *testing.T) {
	url := answering(t, 200, "application/json", `["a#1", "b", "c#2"]`)
	got, err := read(t.Context(), t, parse(t, "json:"+url+`#map(select(contains("#")))`))
	if err != nil || !slices.Equal(got.IDs, []string{"a#1", "c#2"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A filter has the answer and nothing else: no environment, no files.
func TestJSONFilterReachesNothing(t *testing.T) {
	t.Setenv("PROBE_SECRET", "hunter2")
	url := answering(t, 200, "application/json", `{}`)
	got, err := read(t.Context(), t, parse(t, "json:"+url+`#[$ENV.PROBE_SECRET, env.PROBE_SECRET] | map(select(. != null))`))
	if err != nil || got.Count != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, filter := range []string{"input", `include "x"; .`, `import "/etc/passwd" as $x; $x`, `input_filename`} {
		p, err := Parse("json:"+url+"#"+filter, Access{})
		if err == nil {
			_, err = read(t.Context(), t, p)
		}
		told(t, err)
	}
}

// What an answer is asked for with.
func TestJSONRequest(t *testing.T) {
	requests := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = w.Write([]byte("1"))
	}))
	defer s.Close()
	address := strings.Replace(s.URL, "http://", "http://me:pw@", 1) + "/a%2Fb/sessions?token=t&x="
	if _, err := read(t.Context(), t, parse(t, "json:"+address+"#.")); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	user, password, _ := r.BasicAuth()
	if r.Method != "GET" || r.RequestURI != "/a%2Fb/sessions?token=t&x=" || user != "me" || password != "pw" ||
		r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") != "sse-tool" {
		t.Errorf("%s %s, %q:%q, %v", r.Method, r.RequestURI, user, password, r.Header)
	}
}
