package leakcheck

import (
	"fmt"
	"slices"
	"strings"
)

// Framework is what a server is written with, or what stands in front of it: the
// place where a defence is switched on. *Framework is a flag value.
type Framework string

// The frameworks.
const (
	// Spring is Spring MVC on a servlet container, or WebFlux.
	Spring Framework = "spring"
	// FastAPI is Starlette on an ASGI server.
	FastAPI Framework = "fastapi"
	// Node is Node's http module, and Express on top of it.
	Node Framework = "node"
	// Go is net/http.
	Go Framework = "go"
	// Nginx is a reverse proxy, most often in front of another one.
	Nginx Framework = "nginx"
)

// Frameworks returns every framework, in the order in which reports list them.
func Frameworks() []Framework { return []Framework{Spring, FastAPI, Node, Go, Nginx} }

// UnknownFrameworkError is the answer to the name of a framework that there is
// nothing to say of.
type UnknownFrameworkError struct{ Name string }

func (e *UnknownFrameworkError) Error() string { return fmt.Sprintf("unknown framework %q", e.Name) }

// Hint names those that there are.
func (*UnknownFrameworkError) Hint() string {
	names := make([]string, 0, len(Frameworks()))
	for _, f := range Frameworks() {
		names = append(names, string(f))
	}
	return "the frameworks are " + strings.Join(names, ", ")
}

// Set takes a framework by its name, or fails with an *UnknownFrameworkError.
func (f *Framework) Set(name string) error {
	if !slices.Contains(Frameworks(), Framework(name)) {
		return &UnknownFrameworkError{Name: name}
	}
	*f = Framework(name)
	return nil
}

func (f *Framework) String() string { return string(*f) }

// Type names the flag's kind in a help text.
func (*Framework) Type() string { return "name" }

// signs are the words by which a framework is known: in a header's field, in lower
// case, as the kind of a probe, and at the beginning of the metric that it reads.
var signs = []struct {
	framework               Framework
	headers, kinds, metrics []string
}{
	{Spring, []string{"coyote", "tomcat", "jetty", "undertow", "servlet"}, []string{"actuator"}, []string{"tomcat_", "jvm_"}},
	{FastAPI, []string{"uvicorn", "hypercorn", "granian", "daphne", "starlette"}, nil, []string{"starlette_", "vllm:"}},
	{Node, []string{"express", "next.js", "node.js"}, nil, []string{"nodejs_"}},
	{Go, nil, []string{"goroutines", "expvar"}, []string{"go_"}},
	{Nginx, []string{"nginx", "openresty"}, []string{"nginx"}, nil},
}

// frameworks are those of the server, as far as they are known: the one that was
// named, else what the probes and the response's head tell. A proxy that stands in
// front hides nothing, and is one of them in any case.
func (e *Evidence) frameworks() []Framework {
	header := strings.ToLower(e.Software.Server + " " + e.Software.PoweredBy + " " + e.Software.Via)
	var all []Framework
	for _, s := range signs {
		told := contains(header, s.headers)
		for _, t := range e.Tracks {
			kind, what, _ := strings.Cut(t.Spec, ":")
			_, what, _ = strings.Cut(what, "#")
			told = told || slices.Contains(s.kinds, kind) || slices.ContainsFunc(s.metrics, func(m string) bool { return strings.HasPrefix(what, m) })
		}
		if e.Framework != "" && s.framework != Nginx {
			told = false
		}
		if told || s.framework == e.Framework {
			all = append(all, s.framework)
		}
	}
	return all
}

func contains(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
