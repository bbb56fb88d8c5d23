//go:build interop

package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The packages are installed beside read.mjs, by npm, from the lock file: `.ci/run interop` does it.
const nodeFolder = "testdata/node"

// nodes are the EventSources of Node: the package, and its own, which versions before 20.18 do not have.
func nodes(t *testing.T, f func(t *testing.T, kind string, read func(url string) []string)) {
	if _, err := os.Stat(filepath.Join(nodeFolder, "node_modules", "eventsource")); err != nil {
		t.Fatalf("%v: run `npm ci` in %s", err, nodeFolder)
	}
	for kind, options := range map[string]string{"npm": "", "builtin": "--experimental-eventsource"} {
		t.Run(kind, func(t *testing.T) {
			if options != "" && exec.CommandContext(t.Context(), "node", options, "--version").Run() != nil {
				t.Skip("this Node has none")
			}
			f(t, kind, func(url string) []string { return readByNode(t, options, kind, url) })
		})
	}
}

// readByNode returns the lines of read.mjs.
func readByNode(t *testing.T, options, kind, url string) []string {
	t.Helper()
	args := slices.DeleteFunc([]string{options, "read.mjs", kind, url}, func(s string) bool { return s == "" })
	c := exec.CommandContext(t.Context(), "node", args...)
	c.Dir = nodeFolder
	kill := time.AfterFunc(6*patience, func() { _ = c.Process.Kill() })
	defer kill.Stop()
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s%s", err, out, &stderr)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// replyOf is the part of an event's id that is each reply's own.
var replyOf = regexp.MustCompile(` id=[0-9a-f]+-`)

// A whole reply, with its ids and past its comments, is to Node what it is to us.
func TestInteropNodeReadsReply(t *testing.T) {
	srv := beating(t)
	url := "http://" + srv.addr + beatenReply
	want, _ := ours(t, url)
	nodes(t, func(t *testing.T, _ string, read func(string) []string) {
		got := read(url)
		for i := range got {
			got[i] = replyOf.ReplaceAllString(got[i], " id=")
		}
		if !slices.Equal(got, want) {
			t.Errorf("\n got %q\nwant %q", got, want)
		}
	})
}

// A stream that the server ends at its timeout is asked for again, with the last id, after the time that retry names; 204
// ends it.
func TestInteropNodeReconnects(t *testing.T) {
	srv, err := New(Config{Timeout: 500 * time.Millisecond, Heartbeat: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	nodes(t, func(t *testing.T, _ string, read func(string) []string) {
		var visits []string
		ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			visits = append(visits, r.Header.Get("Last-Event-ID"))
			if len(visits) > 1 {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			srv.Handler().ServeHTTP(w, r)
		}))
		defer ts.Close()
		from := time.Now()
		got := read(ts.URL + chat("rate=20"))
		if took := time.Since(from); took < 2*time.Second {
			t.Errorf("it was back after %v, the server asks for 2 s", took)
		}
		if len(got) < 4 || !slices.Equal(got[len(got)-2:], []string{"reconnecting", "closed"}) {
			t.Fatalf("got %q", got)
		}
		_, id, _ := strings.Cut(got[len(got)-3], "} id=")
		if want := []string{"", id}; id == "" || !slices.Equal(visits, want) {
			t.Errorf("got %q, and asked with the ids %q, want %q", got, visits, want)
		}
	})
}
