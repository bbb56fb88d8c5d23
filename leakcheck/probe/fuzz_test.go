package probe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

func FuzzParse(f *testing.F) {
	for _, spec := range []string{
		"", ":", "#", "=", "json", "json:", "json:#", "json:http://h/s#.active", "sessions=json:http://h/s#.sessions",
		"upstreams=json:https://u:p@h:1/s?a=b#.n | length", "json:http://h#.[", "json:http://h#\"\\(", "json:http://h#.\n.",
		"json:http://h\x00#.", "json:http://h/#def f: f; f", "json:http://h/#\x1b[31m", "prom:http://h", "=json:x#.",
		`prometheus:http://h#vllm:num_requests_running{a="b",c!~"d|e"}`, "prometheus:http://h#{", `prometheus:http://h#m{a="\"}`, `prometheus:http://h#m{a=~"("}`,
		"promql:http://u:p@h/x#sum(rate(a[5m]))", "actuator:http://h#a.b?tag=uri:/x", "actuator:http://h#a?tag=%zz", "expvar:http://h#a.b",
		"goroutines:http://h:6060/debug/pprof/goroutine?debug=2", "nginx:http://h/stub_status", "process:1#fds", "process:99999999999999999999#rss",
		`regexp:http://h#(?P<id>\w+)`, "regexp:http://h#(", "exec:curl -u u:p http://h", "exec: ", "sockets", "sockets:8080", "workers=exec:A='b c' d", "memory=process:1#rss",
		"http://h:8080", "upstreams=http://u:p@h", "http://h/x#y",
		"json:http://h/#@base64 \"x\" | ascii", "json:http://h/#.a as [$x] ?// $x | $x", "json:http://h/#reduce .[] as $i (0; . + $i)",
	} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := Parse(spec, Access{})
		if err != nil {
			if p != nil || err.Error() == "" || hintOf(err) == "" {
				t.Errorf("%v with the error %v and the hint %q", p, err, hintOf(err))
			}
			told(t, err)
			return
		}
		series := p.Series()
		if len(series) == 0 {
			t.Fatal("it reads nothing")
		}
		for _, s := range series { // of our own form there are two
			if s.Name != string(s.Role) {
				t.Errorf("series %+v", series)
			}
			oneLined(t, s.Spec)
		}
	})
}

// fuzzReaders are what takes the bodies of answers, the jq filters' aside.
var fuzzReaders = []func(context.Context, []byte) (leakcheck.Sample, error){
	selector{metric: "m"}.sample,
	selector{metric: "vllm:num_requests_running", matchers: []matcher{{"engine", true, regexp.MustCompile("^0$")}}}.sample,
	func(_ context.Context, body []byte) (leakcheck.Sample, error) { return queried(body, "q") },
	func(_ context.Context, body []byte) (leakcheck.Sample, error) {
		return actuator{metric: "m"}.sample(body)
	},
	func(_ context.Context, body []byte) (leakcheck.Sample, error) {
		return leakcheck.Sample{}, actuator{metric: "m", tags: url.Values{"tag": {"uri:/chat"}}}.missingTag(body)
	},
	variable("sse.rooms.lobby").sample,
	goroutines,
	writing,
	pattern{regexp.MustCompile(`(\d+)`)}.sample,
	pattern{regexp.MustCompile(`(?P<id>\w*)`)}.sample,
	func(_ context.Context, body []byte) (leakcheck.Sample, error) { return printed(string(body)) },
	func(_ context.Context, body []byte) (leakcheck.Sample, error) {
		parseStatus(string(body))
		return leakcheck.Sample{}, nil
	},
	func(_ context.Context, body []byte) (leakcheck.Sample, error) { return connections(string(body), 8080) },
}

func FuzzReaders(f *testing.F) {
	for file := range captured {
		body := answer(f, file)
		for i := range fuzzReaders {
			f.Add(body, uint8(i))
		}
	}
	for i := range fuzzReaders {
		for _, body := range []string{"", "\n", "m 1\nm{a=\"b\"} 2\n", "m NaN", "m{", "# TYPE m", "m 1e300", "0", "9 @ 0x1\n", "{}", "[]", "null", "a b\nState: Z\n", tables} {
			f.Add([]byte(body), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		got, err := fuzzReaders[int(which)%len(fuzzReaders)](t.Context(), body)
		if err != nil {
			told(t, err)
			return
		}
		parts := 0
		for _, n := range got.Parts {
			parts += n
		}
		if got.Count < 0 || parts > got.Count || len(got.Parts) > mostParts || got.IDs != nil && len(got.IDs) != got.Count && got.Count != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// fuzzFilters are what people write. None of them calls itself: how long a
// filter may take is another test's matter.
var fuzzFilters = []string{
	".", ".active", ".sessions", ".sessions[]", ".sessions[].id", ".[]", ".[]?", "length", "..", "[..]", "keys",
	"map(.id)", ".[0]", "to_entries", "tojson", "[.[]? | .id?]", "add", "error", "tostring", "first", "-(.)", ". * 2",
}

func FuzzAnswer(f *testing.F) {
	for i, body := range []string{
		"", " ", "null", "true", "0", "-0", "-1", "1.5", "1e3", "1e400", "12345678901234567890", "\"a\"", "[]", "{}", "[1, 2]",
		`["a", "b"]`, `[{"id": "a"}, {"stream_id": 7}]`, `{"active": 3}`, `{"sessions": [{"id": "a"}]}`, `{"sessions": []}`,
		"<html>", "{\"a\": ", "[[[[]]]]", `{"a\u0000b": "\ud800"}`, "\xff\xfe", "\xef\xbb\xbf{}", "[1]2", `{"id": 1e-400}`,
	} {
		f.Add([]byte(body), uint8(i))
		f.Add([]byte(body), uint8(0))
	}
	deep := strings.Repeat("[", 9999) + strings.Repeat("]", 9999) // encoding/json takes 10,000
	for i := range fuzzFilters {
		f.Add([]byte(deep), uint8(i))
	}
	var body atomic.Pointer[[]byte]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*body.Load()) }))
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, answer []byte, which uint8) {
		body.Store(&answer)
		p := parse(t, "json:"+s.URL+"#"+fuzzFilters[int(which)%len(fuzzFilters)])
		t.Cleanup(p.(*figure).CloseIdleConnections)
		got, err := read(t.Context(), t, p)
		if err != nil {
			told(t, err)
			return
		}
		if got.Count < 0 {
			t.Errorf("%d sessions", got.Count)
		}
		if n := len(got.IDs); got.IDs != nil && (n < got.Count || n > got.Count*len(idKeys)) {
			t.Errorf("%d sessions with %d ids", got.Count, n)
		}
	})
}

// FuzzGuess: whatever a usual place answers, what is guessed of it can be asked for.
func FuzzGuess(f *testing.F) {
	for _, body := range []string{
		`{"sessions": [{"id": 1}], "sse-active": {"in flight": 2, "": 1}}`, `[1, "a"]`, `{"names": ["chat.sessions", "a#b"]}`,
		"# TYPE open_streams gauge\nopen_streams{a=\"b\"} 1\nnodejs_active_handles{type=\"Socket\"} 2\n", "goroutine profile: total 3\n",
		"Reading: 0 Writing: 1 Waiting: 0\n", `[{"is_processing": true}]`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range pages {
			for _, g := range p.guess("http://host"+p.path, body) {
				made, err := Parse(string(g.role)+"="+g.spec, Access{})
				if err == nil {
					oneLined(t, made.Series()[0].Spec)
				} else if strings.HasPrefix(g.spec, "json:") { // Spring's names may be what no specification can have
					t.Errorf("%s: %q: %v", p.path, g.spec, err)
				}
			}
		}
	})
}
