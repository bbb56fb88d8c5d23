package leakcheck

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestFrameworks(t *testing.T) {
	for _, tt := range []struct {
		name     string
		said     Framework
		software loadgen.Software
		specs    []string
		want     []Framework
	}{
		{"nothing is known", "", loadgen.Software{Server: "cloudflare"}, []string{"json:http://nginx:8080/health#.active"}, nil},
		{"it was said", Node, loadgen.Software{}, nil, []Framework{Node}},
		{"Server tells", "", loadgen.Software{Server: "uvicorn"}, nil, []Framework{FastAPI}},
		{"X-Powered-By tells", "", loadgen.Software{PoweredBy: "Express"}, nil, []Framework{Node}},
		{"a container", "", loadgen.Software{Server: "Jetty(12.0.7)"}, nil, []Framework{Spring}},
		{"a proxy in front of what X-Powered-By tells", "", loadgen.Software{Server: "nginx/1.26.2", PoweredBy: "Express"}, nil, []Framework{Node, Nginx}},
		{"a proxy hides nothing that a probe tells", "", loadgen.Software{Server: "openresty"}, []string{"actuator:http://a/actuator/metrics#http.server.requests.active"}, []Framework{Spring, Nginx}},
		{"a proxy is told besides what was said", Go, loadgen.Software{Server: "nginx"}, nil, []Framework{Go, Nginx}},
		{"what was said goes before what is told", Go, loadgen.Software{PoweredBy: "Express"}, []string{"actuator:http://a#m"}, []Framework{Go}},
		{"goroutines", "", loadgen.Software{}, []string{"goroutines:http://a/debug/pprof/goroutine?debug=1"}, []Framework{Go}},
		{"expvar", "", loadgen.Software{}, []string{"expvar:http://a/debug/vars#sse"}, []Framework{Go}},
		{"stub_status", "", loadgen.Software{}, []string{"nginx:http://a/stub_status"}, []Framework{Nginx}},
		{"a metric's name", "", loadgen.Software{}, []string{`prometheus:http://a/metrics#nodejs_active_handles{type="Socket"}`}, []Framework{Node}},
		{"a metric of nobody's", "", loadgen.Software{}, []string{"prometheus:http://a/metrics#active_go_streams"}, nil},
	} {
		e := &Evidence{Framework: tt.said, Software: tt.software}
		for _, spec := range tt.specs {
			e.Tracks = append(e.Tracks, Track{Series: Series{Name: "sessions", Role: Sessions, Spec: spec}})
		}
		if got := e.frameworks(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFrameworkIsAFlag(t *testing.T) {
	var f Framework
	for _, want := range Frameworks() {
		if err := f.Set(string(want)); err != nil || f != want || f.String() != string(want) {
			t.Errorf("%s: %v, %s", want, err, f)
		}
	}
	err := f.Set("rails")
	var unknown *UnknownFrameworkError
	if !errors.As(err, &unknown) || f != Nginx || !strings.Contains(unknown.Hint(), "spring, fastapi, node, go, nginx") {
		t.Errorf("%v, %s", err, f)
	}
}
