package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// site VAR KIND: a small server of somebody else, in the test's own process. Its
// base URL goes into VAR, host and port into VAR_ADDR, the port into VAR_PORT.
func site(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "site VAR KIND")
	handler, ok := sites[args[1]]
	if !ok {
		ts.Fatalf("no site of kind %q", args[1])
	}
	srv := httptest.NewUnstartedServer(handler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that hangs up in the handshake is the test
	if args[1] == "tls" {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	ts.Defer(func() {
		srv.CloseClientConnections() // or Close waits for the streams
		srv.Close()
	})
	setURL(ts, args[0], srv.URL)
}

// free VAR: nothing listens at the base URL that goes into VAR.
func free(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "free VAR")
	address, err := unused()
	ts.Check(err)
	setURL(ts, args[0], "http://"+address)
}

// freeAddress is an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := unused()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// These ports are below those that systems take for the near end of a connection: of
// these a storm uses thousands, and a server could not listen there when its time comes.
const (
	firstPort = 10_000
	ports     = 22_000
)

var (
	nextPort  atomic.Int64
	firstOnce = sync.OnceFunc(func() { nextPort.Store(rand.Int64N(ports)) }) // tests of others may run beside us
)

// unused is an address at which nothing listens, another one each time.
func unused() (string, error) {
	firstOnce()
	for range ports {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+nextPort.Add(1)%ports)
		ln, err := net.Listen("tcp", address)
		if err == nil {
			return address, ln.Close()
		}
	}
	return "", errors.New("something listens at every port")
}

func setURL(ts *testscript.TestScript, name, url string) {
	ts.Setenv(name, url)
	_, addr, _ := strings.Cut(url, "://")
	ts.Setenv(name+"_ADDR", addr)
	ts.Setenv(name+"_PORT", addr[strings.LastIndex(addr, ":")+1:])
}

var sites = map[string]func() http.Handler{
	"html":   answers(http.StatusOK, "text/html", "<!doctype html><title>an app</title>\n"),
	"500":    answers(http.StatusInternalServerError, "text/plain", "it broke\n"),
	"404":    answers(http.StatusNotFound, "text/plain", "nothing here\n"),
	"text":   answers(http.StatusOK, "text/plain", "pong\n"),
	"count":  answers(http.StatusOK, "application/json", `{"active": 3}`+"\n"),
	"tls":    answers(http.StatusOK, "text/plain", "pong\n"),
	"sse":    func() http.Handler { return newForeign("") },
	"health": newHealth,
	"odd":    newOdd,
	"chat":   newModel,
	"field":  field,
	"feed":   newFeed,
	"locked": func() http.Handler { return locked(newForeign(""), "Basic dTpw") },
	"basic":  func() http.Handler { return newForeign("Basic dTpw") }, // u:p
}

// locked asks for authorization wherever it is asked.
func locked(h http.Handler, authorization string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != authorization {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// field shows its streams in every form that package probe reads, as servers in
// the field do: with the answers that its tests have captured.
func field() http.Handler {
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/metrics":                 "vllm.prom",
		"/slots":                   "llamacpp-slots.json",
		"/stats":                   "puma-cluster.json",
		"/health/backlog":          "litellm-backlog.json",
		"/actuator/metrics":        "spring-names.json",
		"/actuator/metrics/{name}": "spring-active.json",
		"/api/v1/query":            "prometheus-vector.json",
		"/debug/vars":              "expvar.json",
		"/debug/pprof/goroutine":   "goroutine-debug1.txt",
		"/stub_status":             "nginx-stub_status.txt",
		"/status":                  "php-fpm-status.txt",
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join("..", "leakcheck", "probe", "testdata", "answers", file))
		})
	}
	return mux
}

func answers(status int, contentType, body string) func() http.Handler {
	return func() http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			io.WriteString(w, body)
		})
	}
}

// answerTakes is longer than streams are held by default.
const answerTakes = 4 * time.Second

// newForeign is an SSE server that is not ours: it streams at /events, for ever,
// and at /answer, and counts its streams at /count. Where authorization is not empty it asks for it.
func newForeign(authorization string) http.Handler {
	var active atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active": %d}`, active.Load())
	})
	mux.HandleFunc("/answer", func(w http.ResponseWriter, r *http.Request) {
		active.Add(1)
		defer active.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		ctx, cancel := context.WithTimeout(r.Context(), answerTakes)
		defer cancel()
		_, _ = io.Copy(io.Discard, r.Body) // or net/http does not see that the client leaves
		stream(ctx, w)
	})
	mux.HandleFunc("/deaf", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: hello\n\n")
		w.(http.Flusher).Flush()
		time.Sleep(answerTakes) // whoever leaves meanwhile
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		if authorization != "" && r.Header.Get("Authorization") != authorization {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		active.Add(1)
		defer active.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.Copy(io.Discard, r.Body) // as at /answer
		stream(r.Context(), w)
	})
	return mux
}

// newHealth is the same server, with its count where servers usually have it.
func newHealth() http.Handler {
	foreign := newForeign("")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			r.URL.Path = "/count"
		}
		foreign.ServeHTTP(w, r)
	})
}

func stream(ctx context.Context, w http.ResponseWriter) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		fmt.Fprintf(w, "id: %d\ndata: hello\n\n: heartbeat\n\n", n)
		w.(http.Flusher).Flush()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// open N URL: N streams are open from here to the script's end.
func openStreams(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "open N URL")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	transport := &http.Transport{}
	ts.Defer(transport.CloseIdleConnections)
	for range n {
		resp, err := (&http.Client{Transport: transport}).Get(args[1])
		ts.Check(err)
		ts.Defer(func() { resp.Body.Close() })
		if resp.StatusCode != http.StatusOK {
			ts.Fatalf("%s answered %s", args[1], resp.Status)
		}
	}
}
