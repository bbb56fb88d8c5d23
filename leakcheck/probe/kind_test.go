package probe

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// captured are answers as real servers give them, in testdata/answers, where README.md
// says where they come from, each with the path and the type under which it is given.
var captured = map[string]struct{ path, contentType string }{
	"vllm.prom":              {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
	"llamacpp.prom":          {"/metrics", "text/plain; version=0.0.4"},
	"node.prom":              {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
	"llamacpp-slots.json":    {"/slots", "application/json; charset=utf-8"},
	"puma-stats.json":        {"/stats", ""},
	"puma-cluster.json":      {"/stats", ""},
	"litellm-backlog.json":   {"/health/backlog", "application/json"},
	"spring-active.json":     {"/actuator/metrics/http.server.requests.active", "application/vnd.spring-boot.actuator.v3+json"},
	"spring-gauge.json":      {"/actuator/metrics/chat.sessions", "application/vnd.spring-boot.actuator.v3+json"},
	"spring-timer.json":      {"/actuator/metrics/http.server.requests", "application/vnd.spring-boot.actuator.v3+json"},
	"prometheus-vector.json": {"/api/v1/query", "application/json"},
	"prometheus-scalar.json": {"/prom/api/v1/query", "application/json"},
	"prometheus-empty.json":  {"/api/v1/query", "application/json"},
	"expvar.json":            {"/debug/vars", "application/json; charset=utf-8"},
	"goroutine-debug1.txt":   {"/debug/pprof/goroutine", "text/plain; charset=utf-8"},
	"goroutine-debug2.txt":   {"/debug/pprof/goroutine", "text/plain; charset=utf-8"},
	"nginx-stub_status.txt":  {"/stub_status", "text/plain"},
	"php-fpm-status.txt":     {"/status", "text/plain;charset=UTF-8"},
}

func answer(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "answers", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// site is a server that gives a captured answer where its own server does, and 404
// elsewhere.
func site(t testing.TB, name string) string {
	t.Helper()
	given, ok := captured[name]
	if !ok {
		t.Fatalf("%s is under no path", name)
	}
	body := answer(t, name)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+given.path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", given.contentType)
		_, _ = w.Write(body)
	})
	return serve(t, mux.ServeHTTP)
}

func TestKindsReadRealAnswers(t *testing.T) {
	for _, c := range []struct {
		file string
		spec string // SITE stands for the server
		role leakcheck.Role
		want leakcheck.Sample
	}{
		{"llamacpp-slots.json", "json:SITE/slots#[.[] | select(.is_processing)] | length", "", leakcheck.Sample{Count: 2}},
		{"llamacpp-slots.json", "json:SITE/slots#[.[] | select(.is_processing)]", "", leakcheck.Sample{Count: 2, IDs: []string{"0", "1"}}},
		{"puma-stats.json", "json:SITE/stats#.busy_threads", "", leakcheck.Sample{Count: 7}},
		{"puma-stats.json", "workers=json:SITE/stats#.max_threads - .pool_capacity", leakcheck.Workers, leakcheck.Sample{Count: 7}},
		{"puma-cluster.json", "json:SITE/stats#.worker_status[].last_status.busy_threads", "", leakcheck.Sample{Count: 7}},
		{"litellm-backlog.json", "upstreams=json:SITE/health/backlog#.in_flight_requests", leakcheck.Upstreams, leakcheck.Sample{Count: 47}},

		{"vllm.prom", "prometheus:SITE/metrics#vllm:num_requests_running", "", leakcheck.Sample{Count: 13}},
		{"vllm.prom", "prometheus:SITE#vllm:num_requests_running", "", leakcheck.Sample{Count: 13}},
		{"vllm.prom", `upstreams=prometheus:SITE/metrics#vllm:num_requests_running{engine="1"}`, leakcheck.Upstreams, leakcheck.Sample{Count: 5}},
		{"vllm.prom", `prometheus:SITE/metrics#vllm:num_requests_running{engine=~"0|1", model_name!="gpt"}`, "", leakcheck.Sample{Count: 13}},
		{"vllm.prom", "prometheus:SITE/metrics#vllm:time_to_first_token_seconds_count", "", leakcheck.Sample{Count: 240}},
		{"vllm.prom", `prometheus:SITE/metrics#vllm:time_to_first_token_seconds_bucket{le="0.1"}`, "", leakcheck.Sample{Count: 211}},
		{"vllm.prom", "memory=prometheus:SITE/metrics#process_resident_memory_bytes", leakcheck.Memory, leakcheck.Sample{Count: 3517272064}},
		{"vllm.prom", "descriptors=prometheus:SITE/metrics#process_open_fds", leakcheck.Descriptors, leakcheck.Sample{Count: 94}},
		{"vllm.prom", `prometheus:SITE/metrics#starlette_requests_in_progress{path="/chat"}`, "", leakcheck.Sample{}}, // declared, and no series yet
		{"llamacpp.prom", "prometheus:SITE/metrics#llamacpp:requests_processing", "", leakcheck.Sample{Count: 3}},
		{"node.prom", `prometheus:SITE/metrics#nodejs_active_handles{type="Socket"}`, "", leakcheck.Sample{Count: 14}},
		{"node.prom", "prometheus:SITE/metrics#nodejs_active_handles_total", "", leakcheck.Sample{Count: 18}},

		{"prometheus-vector.json", `promql:SITE#http_server_active_requests{job="chat"}`, "", leakcheck.Sample{Count: 13}},
		{"prometheus-vector.json", "promql:SITE/api/v1/query#http_server_active_requests", "", leakcheck.Sample{Count: 13}},
		{"prometheus-scalar.json", "promql:SITE/prom/#scalar(sum(x))", "", leakcheck.Sample{Count: 13}},

		{"spring-active.json", "actuator:SITE#http.server.requests.active", "", leakcheck.Sample{Count: 13}},
		{"spring-active.json", "actuator:SITE/actuator#http.server.requests.active", "", leakcheck.Sample{Count: 13}},
		{"spring-active.json", "actuator:SITE/actuator/metrics/#http.server.requests.active?tag=uri:/chat", "", leakcheck.Sample{Count: 13}},
		{"spring-gauge.json", "actuator:SITE#chat.sessions", "", leakcheck.Sample{Count: 12}},
		{"spring-timer.json", "actuator:SITE#http.server.requests", "", leakcheck.Sample{Count: 254}},

		{"expvar.json", "expvar:SITE#active_streams", "", leakcheck.Sample{Count: 3}},
		{"expvar.json", "expvar:SITE/debug/vars#sse.active", "", leakcheck.Sample{Count: 12}},
		{"expvar.json", "expvar:SITE#sse.rooms.lobby", "", leakcheck.Sample{Count: 7}},
		{"expvar.json", "expvar:SITE#http.requests.active", "", leakcheck.Sample{Count: 5}},
		{"expvar.json", "memory=expvar:SITE#memstats.HeapAlloc", leakcheck.Memory, leakcheck.Sample{Count: 1506176}},

		{"nginx-stub_status.txt", "nginx:SITE/stub_status", "", leakcheck.Sample{Count: 3}},

		{"php-fpm-status.txt", `regexp:SITE/status#(?m)^active processes:\s+(\d+)$`, "", leakcheck.Sample{Count: 6}},
		{"php-fpm-status.txt", `regexp:SITE/status#(?m)^(?:idle|active) processes:\s+(\d+)$`, "", leakcheck.Sample{Count: 8}},
		{"php-fpm-status.txt", `regexp:SITE/status#processes`, "", leakcheck.Sample{Count: 4}},
		{"php-fpm-status.txt", `regexp:SITE/status#(?m)^(?P<id>\w+) processes:`, "", leakcheck.Sample{Count: 3, IDs: []string{"idle", "active", "total"}}},
		{"php-fpm-status.txt", `regexp:SITE/status#(?P<id>nothing)`, "", leakcheck.Sample{IDs: []string{}}},
	} {
		t.Run(c.spec, func(t *testing.T) {
			base := site(t, c.file)
			p := parse(t, strings.ReplaceAll(c.spec, "SITE", base))
			if want := max(c.role, leakcheck.Sessions); c.role == "" && p.Series()[0].Role != want || c.role != "" && p.Series()[0].Role != c.role {
				t.Errorf("its role is %s", p.Series()[0].Role)
			}
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

// What is wrong with a specification is answered with what is there.
func TestKindsTellWhatIsThere(t *testing.T) {
	for _, c := range []struct {
		file, spec string
		words      []string
	}{
		{"litellm-backlog.json", "json:SITE/health/backlog#.in_flight_request", []string{"gives null", "there is .in_flight_requests", "the answer's keys are in_flight_requests"}},
		{"puma-cluster.json", "json:SITE/stats#.busy_threads", []string{"gives null", "keys are booted_workers"}},
		{"expvar.json", "json:SITE/debug/vars#.lobby", []string{"there is .sse.rooms.lobby"}},
		{"vllm.prom", "prometheus:SITE#vllm:num_request_running", []string{`no metric "vllm:num_request_running" there`, "nearest there: vllm:num_requests_running"}},
		{"vllm.prom", "prometheus:SITE#vllm:time_to_first_token_seconds", []string{"nearest there: vllm:time_to_first_token_seconds_sum, vllm:time_to_first_token_seconds_count"}},
		{"vllm.prom", "prometheus:SITE#sse", []string{"there are http_requests_total, process_open_fds"}},
		{"vllm.prom", `prometheus:SITE#vllm:num_requests_waiting{engine="7"}`, []string{"no series of metric", `there are vllm:num_requests_waiting{engine="0",`}},
		{"vllm.prom", "prometheus:SITE#vllm:kv_cache_usage_perc", []string{"gives 0.0134, which counts nothing"}},
		{"litellm-backlog.json", "prometheus:SITE/health/backlog#x", []string{`no metric "x" there`, "there are none"}},
		{"prometheus-empty.json", "promql:SITE#http_server_active_request", []string{"http_server_active_request gives no series", "vector(0)"}},
		{"litellm-backlog.json", "promql:SITE/health/backlog#x", []string{"404"}},
		{"spring-timer.json", "actuator:SITE#chat.sessions", []string{"answered 404", "management.endpoints.web.exposure.include=metrics"}},
		{"spring-timer.json", "actuator:SITE#http.server.requests?tag=method:GET", []string{}},
		{"expvar.json", "expvar:SITE#active_stream", []string{`no variable "active_stream" there`, "nearest there: active_streams"}},
		{"expvar.json", "expvar:SITE#sse.aktive", []string{"nearest there: sse.active"}},
		{"expvar.json", "expvar:SITE#sse", []string{"variable sse gives an object without an id", "it is a map: there are sse.active, sse.opened"}},
		{"litellm-backlog.json", "nginx:SITE/health/backlog", []string{"no line", "stub_status on"}},
		{"litellm-backlog.json", "goroutines:SITE/health/backlog", []string{"no goroutine profile", "net/http/pprof"}},
		{"php-fpm-status.txt", `regexp:SITE/status#sessions: (\d+)`, []string{"matches nothing there", "the answer begins: \"pool:"}},
		{"php-fpm-status.txt", `regexp:SITE/status#process manager:\s+(\S+)`, []string{`finds "dynamic", no number`}},
	} {
		if len(c.words) == 0 {
			continue
		}
		t.Run(c.spec, func(t *testing.T) {
			got, err := read(t.Context(), t, parse(t, strings.ReplaceAll(c.spec, "SITE", site(t, c.file))))
			if err == nil {
				t.Fatalf("got %+v", got)
			}
			told(t, err, c.words...)
		})
	}
}

// Every kind that gets a URL tells a page, a refusal and a wrong path apart.
func TestKindsRefuse(t *testing.T) {
	page := answering(t, 200, "text/html; charset=utf-8", "<!doctype html><title>login</title>")
	locked := answering(t, 401, "text/plain", "who are you?")
	nothing := answering(t, 404, "text/plain", "404 page not found")
	for _, spec := range []string{
		"json:SITE/x#.a", "prometheus:SITE/x#a", "promql:SITE/x#a", "actuator:SITE/x#a", "expvar:SITE/x#a", "goroutines:SITE/x", "nginx:SITE/x",
	} {
		for base, word := range map[string]string{page: "answered HTML, not ", locked: "--probe-header", nothing: "404 Not Found"} {
			_, err := read(t.Context(), t, parse(t, strings.ReplaceAll(spec, "SITE", base)))
			text := told(t, err, word)
			if !strings.Contains(text, base) {
				t.Errorf("%s: %s does not say where", spec, text)
			}
		}
	}
}

// Every example is a specification, and tells no more than it says.
func TestKindExamples(t *testing.T) {
	for _, k := range Kinds() {
		p, err := Parse(k.Example, Access{})
		if err != nil {
			t.Errorf("%s: %v", k.Example, err)
			continue
		}
		if !strings.HasPrefix(k.Example, k.Name+":") || !strings.HasPrefix(k.Form, k.Name) || k.About == "" {
			t.Errorf("%+v", k)
		}
		if s := p.Series()[0]; !slices.Contains(leakcheck.Roles(), s.Role) || !strings.HasPrefix(s.Spec, k.Name+":") {
			t.Errorf("%s: %+v", k.Example, s)
		}
	}
}

// Where no role is named, the kind has one.
func TestKindRoles(t *testing.T) {
	for spec, want := range map[string]leakcheck.Role{
		"goroutines:http://h":             leakcheck.Workers,
		"sessions=goroutines:http://h":    leakcheck.Sessions,
		"process:1#fds":                   leakcheck.Descriptors,
		"process:1#sockets":               leakcheck.Descriptors,
		"sessions=process:1#sockets":      leakcheck.Sessions,
		"process:1#threads":               leakcheck.Workers,
		"process:1#rss":                   leakcheck.Memory,
		"prometheus:http://h#go_routines": leakcheck.Sessions,
		"memory=exec:true":                leakcheck.Memory,
	} {
		if s := parse(t, spec).Series()[0]; s.Role != want || s.Name != string(want) {
			t.Errorf("%s: %+v", spec, s)
		}
	}
}

// What was there once and is gone counts zero: many servers drop a figure that is
// zero. What never was there is an error.
func TestAbsentAfterwardsIsZero(t *testing.T) {
	body := "active 3\n"
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
	p := parse(t, "prometheus:"+base+"/metrics#active")
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	body = "other 1\n"
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 0 {
		t.Errorf("gone: %+v, %v", got, err)
	}
	_, err := read(t.Context(), t, parse(t, "prometheus:"+base+"/metrics#active"))
	told(t, err, "no metric")
}

func TestHeader(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" || r.Host != "chat.example" || len(r.Header["X-Twice"]) != 2 || r.UserAgent() != "me" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"n": 4}`))
	})
	a := Access{Header: http.Header{"Authorization": {"Bearer t"}, "Host": {"chat.example"}, "X-Twice": {"a", "b"}, "User-Agent": {"me"}}}
	p, err := Parse("json:"+base+"#.n", a)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(context.Background(), t, p); err != nil || got.Count != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = read(t.Context(), t, parse(t, "json:"+base+"#.n"))
	told(t, err, "403")
}
