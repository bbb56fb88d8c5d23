package leakcheck

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each code of the reference server's defects has something to say in every framework
// that an application is written with.
func TestRemediesOfDefects(t *testing.T) {
	for _, code := range []Code{
		NoTimeout, NoCallbacks, NoCompletionCallback, NoErrorCallback, NoHeartbeat, NoWriteDeadline, NoRemove, NoUpstreamCancel,
		WorkerLeak, FDLeak, MemoryLeak, SweepKillsLive, SweepNever, RefreshKillsSuccessor, EarlyAbort, SlowReclaim,
		ReconnectLoop, // no defect of the reference server's
	} {
		for _, f := range []Framework{Spring, FastAPI, Node, Go} {
			if remedy(code, f) == "" {
				t.Errorf("%s has nothing to say of %s", f, code)
			}
		}
	}
}

func TestRemediesAreWellFormed(t *testing.T) {
	source, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	var known []Code
	for _, m := range regexp.MustCompile(`Code += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		known = append(known, Code(m[1]))
	}
	seen := map[Code]bool{}
	for _, r := range remedies {
		for _, c := range r.codes {
			if seen[c] || !slices.Contains(known, c) {
				t.Errorf("%s stands twice, or is no code", c)
			}
			seen[c] = true
		}
		for f, text := range r.in {
			if !slices.Contains(Frameworks(), f) || text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%v in %s: %q", r.codes, f, text)
			}
		}
	}
}

// A finding has what to do in the frameworks that are known, in their order, and
// elsewhere nothing.
func TestFixes(t *testing.T) {
	s := newScene(10, 3, closing)
	s.keep(closing, never)
	e := s.see()
	if f := Judge(e).Findings[0]; f.Fixes != nil {
		t.Errorf("nobody knows what it is written with: %+v", f.Fixes)
	}
	e.Framework, e.Software.Server = Go, "nginx"
	f := Judge(e).Findings[0]
	if len(f.Fixes) != 2 || f.Fixes[0].Framework != Go || !strings.Contains(f.Fixes[0].Text, "r.Context()") ||
		f.Fixes[1].Framework != Nginx || !strings.Contains(f.Fixes[1].Text, "proxy_ignore_client_abort off") {
		t.Errorf("%s: %+v", f.Code, f.Fixes)
	}
}
