package probe

import (
	"context"
	"slices"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// Kind is a sort of place where sessions, or what they hold, can be read.
type Kind struct {
	// Name is the word before the first colon of a specification.
	Name string
	// Form is how a specification is written.
	Form string
	// About says in one line what is read.
	About string
	// Example is a specification as it may stand.
	Example string

	make func(rest string, a Access) (place, error)
}

// kinds are all of them.
var kinds = []Kind{
	{
		Name: "json", Form: "json:URL#JQ",
		About:   "a JSON answer, by a jq filter that gives a number, ids, or objects with ids",
		Example: "json:http://127.0.0.1:8080/sessions#.sessions",
		make:    newJSON,
	},
	{
		Name: "prometheus", Form: `prometheus:URL#metric{label="v"}`,
		About:   "a page of Prometheus metrics; several series that match are summed",
		Example: "prometheus:http://127.0.0.1:8000/metrics#vllm:num_requests_running",
		make:    newPrometheus,
	},
	{
		Name: "promql", Form: "promql:URL#QUERY",
		About:   "a query that a Prometheus server answers (as old as its last scrape)",
		Example: `promql:http://127.0.0.1:9090#sum(http_server_active_requests{job="chat"})`,
		make:    newPromQL,
	},
	{
		Name: "actuator", Form: "actuator:URL#metric?tag=k:v",
		About:   "a metric of Spring Boot's actuator",
		Example: "actuator:http://127.0.0.1:8080#http.server.requests.active?tag=uri:/chat",
		make:    newActuator,
	},
	{
		Name: "expvar", Form: "expvar:URL#name",
		About:   "a variable of Go's expvar; dots lead into maps",
		Example: "expvar:http://127.0.0.1:8080#sse.active",
		make:    newExpvar,
	},
	{
		Name: "goroutines", Form: "goroutines:URL",
		About:   "Go's goroutines by net/http/pprof, with the stacks that they wait in",
		Example: "goroutines:http://127.0.0.1:6060",
		make:    newGoroutines,
	},
	{
		Name: "nginx", Form: "nginx:URL",
		About:   "nginx's stub_status: the connections that are written to, less the poll",
		Example: "nginx:http://127.0.0.1:8080/stub_status",
		make:    newNginx,
	},
	{
		Name: "process", Form: "process:PID#fds|threads|sockets|rss",
		About:   "what a process on this machine holds (Linux)",
		Example: "process:4242#fds",
		make:    newProcess,
	},
	{
		Name: "regexp", Form: "regexp:URL#RE",
		About:   "any text, by a regular expression whose first group is a number",
		Example: `regexp:http://127.0.0.1:8080/status#(?m)^active connections: (\d+)$`,
		make:    newRegexp,
	},
	{
		Name: "exec", Form: "exec:COMMAND",
		About:   "a command for sh that prints a number, or ids one a line",
		Example: "exec:ls /run/chat/sessions",
		make:    newExec,
	},
}

// Kinds returns every kind of probe, in the order in which help texts list them.
func Kinds() []Kind { return slices.Clone(kinds) }

// place is where one figure is read.
type place struct {
	// where is the specification behind its kind, without secrets.
	where string
	// role is what is counted there, unless the specification says otherwise.
	role leakcheck.Role
	read func(context.Context) (leakcheck.Sample, error)
	// closeIdle, if it is not nil, closes what waits for the next reading.
	closeIdle func()
}

// figure is the probe of one place.
type figure struct {
	place
	series leakcheck.Series
}

// Series is the one figure.
func (f *figure) Series() []leakcheck.Series { return []leakcheck.Series{f.series} }

// Read asks the place once.
func (f *figure) Read(ctx context.Context) (leakcheck.Answer, error) {
	sample, err := f.read(ctx)
	if err != nil {
		return leakcheck.Answer{}, err
	}
	return leakcheck.Answer{Samples: []leakcheck.Sample{sample}}, nil
}

// CloseIdleConnections closes the connections on which the probe waits for the
// next reading. It can be read again afterwards.
func (f *figure) CloseIdleConnections() {
	if f.closeIdle != nil {
		f.closeIdle()
	}
}
