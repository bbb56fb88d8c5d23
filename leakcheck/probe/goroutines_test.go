package probe

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestGoroutinesOfACapturedProfile(t *testing.T) {
	want := map[string]int{
		"main.(*hub).heartbeat main.go:17":                    4,
		"main.stream main.go:26":                              4,
		"main.main main.go:51":                                1,
		"net/http.(*connReader).backgroundRead server.go:702": 4,
		"net/http.(*persistConn).readLoop transport.go:2450":  4,
		"net/http.(*persistConn).readLoop transport.go:2330":  1,
		"net/http.(*persistConn).writeLoop transport.go:2652": 5,
		"net/http.(*conn).serve server.go:2067":               1,
		"net/http.Serve server.go:2942":                       1,
	}
	for file, begins := range map[string]string{ // how the one is shown that has not run yet
		"goroutine-debug1.txt": "(no stack)",
		"goroutine-debug2.txt": "net/http.(*connReader).startBackgroundRead.gowrap2 server.go:698",
	} {
		got, err := read(t.Context(), t, parse(t, "goroutines:"+site(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		if got.Parts[begins] != 1 {
			t.Errorf("%s: no %s in %v", file, begins, got.Parts)
		}
		delete(got.Parts, begins)
		if got.Count != 26 || !reflect.DeepEqual(got.Parts, want) {
			t.Errorf("%s: %d goroutines: %v", file, got.Count, got.Parts)
		}
	}
}

// park is where the goroutines of the next test wait.
func park(c chan struct{}) { <-c }

const parked = "github.com/sse-tool/sse-tool/leakcheck/probe.park goroutines_test.go:44"

// A real profile names the stack that grew, in either form.
func TestGoroutinesThatGrow(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) { pprof.Handler("goroutine").ServeHTTP(w, r) })
	c := make(chan struct{})
	defer close(c)
	for _, query := range []string{"", "?debug=1", "?debug=2"} {
		p := parse(t, "goroutines:"+base+"/debug/pprof/goroutine"+query)
		before, err := read(t.Context(), t, p)
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			go park(c)
		}
		// Only those are counted: what earlier tests left may end meanwhile.
		var grown map[string]int
		for deadline := time.Now().Add(10 * time.Second); grown[parked] != 25 && time.Now().Before(deadline); { // until all of them wait
			after, err := read(t.Context(), t, p)
			if err != nil {
				t.Fatal(err)
			}
			grown = map[string]int{}
			for name, n := range after.Parts {
				if strings.Contains(name, "probe.park") {
					grown[name] = n - before.Parts[name]
				}
			}
		}
		if len(grown) != 1 || grown[parked] != 25 {
			t.Errorf("%q: %v", query, grown)
		}
	}
}

func TestGoroutinesKeepsTheLargest(t *testing.T) {
	var b strings.Builder
	for i := range 2 * mostParts {
		fmt.Fprintf(&b, "%d @ 0x1\n#\t0x1\tmain.f%d+0x1\t/x/main.go:1\n\n", i+1, i)
	}
	got, err := goroutines(t.Context(), []byte("goroutine profile: total 5050\n"+b.String()))
	if err != nil || got.Count != 5050 || len(got.Parts) != mostParts || got.Parts["main.f99 main.go:1"] != 100 || got.Parts["main.f1 main.go:1"] != 0 {
		t.Errorf("%d goroutines, %d parts, %v", got.Count, len(got.Parts), err)
	}
}
